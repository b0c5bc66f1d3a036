"""The patient's share from a wallet: cover is reserved, then paid or released, and whoever commits first decides."""

from dataclasses import replace

import pytest

from ledger.domain.kinds import Event
from ledger.domain.medcard.commands import ConfirmClaim, ReleaseClaim, ReverseClaim, ReversePrescription
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    BeneficiaryRemoved,
    MedCardClosed,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReleased,
    PrescriptionClaimReserved,
    PrescriptionClaimReversed,
)
from ledger.domain.medcard.refusals import (
    CardNotFound,
    ClaimConfirmedBefore,
    ClaimDuplicate,
    ClaimNotFound,
    ClaimPending,
    ClaimReleasedBefore,
    ClaimReversedBefore,
    InvalidState,
)
from ledger.domain.medcard.terms_events import CopaymentChanged, MonthlyLimitChanged
from tests.support.cards import ACTIVE, CLAIM, CREATED, HOLDER, PANADOL, TODAY, card_after, context, paid, when

FROM_WALLET = replace(CLAIM, wallet_id="wallet-1")
PAID = paid(wallet_id="wallet-1", wallet_minor=70_00)
RESERVED = PrescriptionClaimReserved(
    claim_id="clm_1",
    prescription_id="rx-789",
    fill_number=0,
    pharmacy_id="pharmacy-101",
    beneficiary_id="user-123",
    service_date=TODAY,
    month="2026-11",
    currency="EGP",
    total_minor=350_00,
    covered_minor=280_00,
    copay_minor=70_00,
    plan_id="default",
    wallet_id="wallet-1",
    wallet_minor=70_00,
    captured_at=None,
    sequence=None,
    items=(PANADOL,),
)
RELEASED = PrescriptionClaimReleased(
    claim_id="clm_1",
    prescription_id="rx-789",
    fill_number=0,
    pharmacy_id="pharmacy-101",
    beneficiary_id="user-123",
    month="2026-11",
    currency="EGP",
    total_minor=350_00,
    covered_minor=280_00,
    reject_codes=("copay_not_funded",),
    reason="insufficient_funds",
)
TAKEN_BACK = replace(RELEASED, reject_codes=(), reason="returned")
REVERSED = PrescriptionClaimReversed(
    "clm_1",
    "rx-789",
    0,
    "pharmacy-101",
    "user-123",
    "2026-11",
    "EGP",
    350_00,
    280_00,
    "returned",
    "default",
    "wallet-1",
    70_00,
)
HELD = (*ACTIVE, RESERVED)
RELEASE = ReleaseClaim("clm_1", "insufficient_funds")
REVERSE = ReversePrescription("pharmacy-101", "rx-789", 0, "returned")


def remaining(given: tuple[Event, ...]) -> int:
    card = card_after(given)
    assert card is not None
    return card.month_remaining_minor("2026-11")


def test_a_claim_from_a_wallet_takes_its_cover_and_waits() -> None:
    assert when(ACTIVE, FROM_WALLET) == RESERVED
    assert remaining(HELD) == 5_000_00 - 280_00


def test_a_claim_from_a_wallet_is_adjudicated_like_any_other() -> None:
    answer = when(ACTIVE, replace(FROM_WALLET, beneficiary_id="user-9"))
    assert isinstance(answer, PrescriptionClaimRejected)


def test_the_wallet_pays_all_of_the_patients_share_also_what_the_limit_left_over() -> None:
    answer = when((*ACTIVE, MonthlyLimitChanged(100_00, "x", None)), FROM_WALLET)
    assert isinstance(answer, PrescriptionClaimReserved)
    assert (answer.covered_minor, answer.copay_minor, answer.wallet_minor) == (100_00, 70_00, 250_00)


def test_where_the_plan_covers_all_no_wallet_is_asked() -> None:
    assert when((*ACTIVE, CopaymentChanged(0, "x")), FROM_WALLET) == paid(covered_minor=350_00, copay_minor=0)


def test_a_share_of_a_piastre_is_asked_of_the_wallet() -> None:
    answer = when(ACTIVE, replace(FROM_WALLET, total_minor=5, items=()))
    assert isinstance(answer, PrescriptionClaimReserved)
    assert (answer.covered_minor, answer.wallet_minor) == (4, 1)


def test_reservations_end_each_by_itself() -> None:
    other = replace(RESERVED, claim_id="clm_2", prescription_id="rx-2")
    third = replace(RESERVED, claim_id="clm_3", prescription_id="rx-3")
    given = (*HELD, other, third, RELEASED, replace(PAID, claim_id="clm_2", prescription_id="rx-2"))
    card = card_after(given)
    assert card is not None
    assert dict(card.reserved) == {"clm_3": third}
    assert {claim_id: claim.state for claim_id, claim in card.claims.items()} == {
        "clm_1": "RELEASED",
        "clm_2": "PAID",
        "clm_3": "RESERVED",
    }
    assert when(given, ConfirmClaim("clm_3")) == replace(PAID, claim_id="clm_3", prescription_id="rx-3")


@pytest.mark.parametrize("again", [FROM_WALLET, CLAIM])
def test_the_same_claim_while_it_is_reserved_is_pending_under_its_id(again: object) -> None:
    assert when((*HELD, MedCardClosed("x")), again) == ClaimPending("clm_1")  # type: ignore[arg-type]


def test_a_confirmed_claim_is_paid_with_the_amounts_and_the_cover_of_its_reservation() -> None:
    assert when(HELD, ConfirmClaim("clm_1")) == PAID
    assert remaining((*HELD, PAID)) == 5_000_00 - 280_00
    assert when((*HELD, PAID), CLAIM) == ClaimDuplicate("clm_1")


@pytest.mark.parametrize(
    "later",
    [MedCardClosed("x"), MonthlyLimitChanged(1, "x", None), CopaymentChanged(90_00, "x")],
)
def test_what_happens_to_the_card_meanwhile_does_not_change_the_reservation(later: Event) -> None:
    assert when((*HELD, later), ConfirmClaim("clm_1")) == PAID


def test_the_reservation_of_a_beneficiary_who_is_removed_meanwhile_goes_its_way() -> None:
    hers = replace(RESERVED, beneficiary_id="child")
    given = (*ACTIVE, BeneficiaryAdded("child", "CHILD", None, HOLDER), hers, BeneficiaryRemoved("child", "x"))
    assert when(given, ConfirmClaim("clm_1")) == replace(PAID, beneficiary_id="child")


def test_a_released_claim_gives_its_cover_back_and_may_be_claimed_again() -> None:
    assert when(HELD, RELEASE) == RELEASED
    assert remaining((*HELD, RELEASED)) == 5_000_00
    assert when((*HELD, RELEASED), CLAIM, context("2")) == paid(claim_id="clm_2")
    assert when((*HELD, RELEASED), FROM_WALLET, context("2")) == replace(RESERVED, claim_id="clm_2")


def test_a_reserved_pack_is_dispensed_until_it_is_released() -> None:
    pack = (replace(PANADOL, serial="S1"),)
    held = (*ACTIVE, replace(RESERVED, items=pack))
    other = replace(CLAIM, prescription_id="rx-2", items=pack)
    answer = when(held, other)
    assert isinstance(answer, PrescriptionClaimRejected)
    assert answer.reject_codes == ("serial_already_dispensed",)
    assert isinstance(when((*held, RELEASED), other), PrescriptionClaimed)


def test_reserved_cover_counts_under_every_limit() -> None:
    tight = (replace(CREATED, annual_limit_minor=280_00), ACTIVE[1], RESERVED)
    answer = when(tight, replace(CLAIM, prescription_id="rx-2"))
    assert isinstance(answer, PrescriptionClaimRejected)
    assert answer.reject_codes == ("limit_exhausted",)


def test_a_claim_that_nobody_reserved_is_neither_confirmed_nor_released() -> None:
    for command in (ConfirmClaim("clm_9"), ReleaseClaim("clm_9", "x")):
        assert when([], command) == CardNotFound()
        assert when(HELD, command) == ClaimNotFound()


def test_the_process_may_repeat_itself() -> None:
    assert when((*HELD, PAID), ConfirmClaim("clm_1")) == ClaimConfirmedBefore("clm_1")
    assert when((*HELD, RELEASED), RELEASE) == ClaimReleasedBefore("clm_1")


def test_who_commits_first_decides() -> None:
    assert when((*HELD, RELEASED), ConfirmClaim("clm_1")) == ClaimReleasedBefore("clm_1")
    assert when((*HELD, PAID), RELEASE) == InvalidState("PAID")
    assert when((*HELD, PAID, REVERSED), RELEASE) == InvalidState("REVERSED")
    assert when((*HELD, PAID, REVERSED), ConfirmClaim("clm_1")) == ClaimConfirmedBefore("clm_1")


def test_a_claim_paid_in_cash_has_nothing_to_confirm() -> None:
    assert when((*ACTIVE, paid()), ConfirmClaim("clm_1")) == ClaimConfirmedBefore("clm_1")
    assert when((*ACTIVE, paid()), RELEASE) == InvalidState("PAID")


def test_a_reversal_of_a_paid_claim_names_what_is_due_to_the_wallet() -> None:
    assert when((*HELD, PAID), REVERSE) == REVERSED
    assert remaining((*HELD, PAID, REVERSED)) == 5_000_00


@pytest.mark.parametrize("reversal", [REVERSE, ReverseClaim("clm_1", "pharmacy-101", "returned")])
def test_a_reversal_of_a_reserved_claim_releases_it_before_the_wallet_pays(reversal: object) -> None:
    assert when(HELD, reversal) == TAKEN_BACK  # type: ignore[arg-type]
    assert remaining((*HELD, TAKEN_BACK)) == 5_000_00
    assert when((*HELD, TAKEN_BACK), ConfirmClaim("clm_1")) == ClaimReleasedBefore("clm_1")


@pytest.mark.parametrize("end", [RELEASED, TAKEN_BACK])
def test_a_reversal_of_a_released_claim_changes_nothing_and_voids_no_later_claim(end: Event) -> None:
    assert when((*HELD, end), REVERSE) == ClaimReversedBefore("clm_1")
    assert isinstance(when((*HELD, end), CLAIM, context("2")), PrescriptionClaimed)
