"""Renewal moves the last day of cover."""

from dataclasses import replace
from datetime import date, timedelta

from ledger.domain.medcard.commands import RenewMedCard
from ledger.domain.medcard.events import MedCardClosed, MedCardRenewed, PrescriptionClaimed, PrescriptionClaimRejected
from ledger.domain.medcard.refusals import CardClosed, CardNotFound, ExpiryNotLater
from tests.support.cards import ACTIVE, CLAIM, CREATED, NOW, TODAY, context, when

END = CREATED.expiry_date


def test_a_card_is_renewed_to_a_later_day() -> None:
    assert when(ACTIVE, RenewMedCard(END + timedelta(days=1))) == MedCardRenewed(END + timedelta(days=1))


def test_the_refusals_of_a_renewal_come_in_their_order() -> None:
    same = RenewMedCard(END)
    assert when([], same) == CardNotFound()
    assert when((*ACTIVE, MedCardClosed("x")), same) == CardClosed()
    assert when(ACTIVE, same) == ExpiryNotLater(END)
    assert when(ACTIVE, RenewMedCard(END - timedelta(days=1))) == ExpiryNotLater(END)


def test_a_renewal_counts_from_the_last_one() -> None:
    renewed = (*ACTIVE, MedCardRenewed(date(2029, 1, 1)))
    assert when(renewed, RenewMedCard(date(2028, 6, 1))) == ExpiryNotLater(date(2029, 1, 1))


def test_a_card_that_has_expired_covers_again_once_it_is_renewed() -> None:
    late = context(at=NOW.replace(year=2030))
    rejected = when(ACTIVE, CLAIM, late)
    assert isinstance(rejected, PrescriptionClaimRejected)
    assert rejected.reject_codes == ("card_expired",)
    renewed = when(ACTIVE, RenewMedCard(TODAY.replace(year=2030)), late)
    assert isinstance(when((*ACTIVE, renewed), CLAIM, late), PrescriptionClaimed)
    tomorrow = replace(CLAIM, service_date=TODAY.replace(year=2030) + timedelta(days=1))
    assert isinstance(when((*ACTIVE, renewed), tomorrow, late), PrescriptionClaimRejected)
