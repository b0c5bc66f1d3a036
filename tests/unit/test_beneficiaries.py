"""Holder and beneficiaries: every refusal, its order, and what their claims mean once they have left."""

from dataclasses import replace
from datetime import date

import pytest

from ledger.domain.kinds import Erased, Event
from ledger.domain.medcard.beneficiary_terms import Relation, beneficiaries_max_on
from ledger.domain.medcard.card import Beneficiary
from ledger.domain.medcard.commands import (
    AddBeneficiary,
    Command,
    RemoveBeneficiary,
    ReverseClaim,
    UpdateBeneficiary,
    UpdateHolder,
)
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    BeneficiaryRemoved,
    BeneficiaryUpdated,
    HolderUpdated,
    MedCardClosed,
    Person,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReversed,
)
from ledger.domain.medcard.refusals import (
    BeneficiariesMax,
    BeneficiaryAlreadyCovered,
    BeneficiaryNotFound,
    CardClosed,
    CardNotFound,
    LimitNotPositive,
    PrimaryHolderStays,
)
from tests.support.cards import ACTIVE, CLAIM, CREATED, HOLDER, TODAY, card_after, paid, when

CHILD = Person("30501011234567", "Mona Ahmed", date(2005, 1, 1), "+201234567891")
ADD = AddBeneficiary("child-1", Relation.CHILD, CHILD, 500_00)
ADDED = BeneficiaryAdded("child-1", "CHILD", 500_00, CHILD)
FAMILY = (*ACTIVE, ADDED)
CLOSED = MedCardClosed("left")
HER_CLAIM = replace(CLAIM, beneficiary_id="child-1")


def others(count: int) -> list[Event]:
    return [BeneficiaryAdded(f"other-{number}", "OTHER", None, CHILD) for number in range(count)]


def test_a_beneficiary_is_added_and_from_then_on_covered() -> None:
    assert when(ACTIVE, ADD) == ADDED
    assert isinstance(when(FAMILY, HER_CLAIM), PrescriptionClaimed)


@pytest.mark.parametrize(
    "command",
    [ADD, UpdateBeneficiary("child-1"), RemoveBeneficiary("child-1", "x"), UpdateHolder(name="A")],
)
def test_no_card_and_a_closed_card_come_before_everything_else(command: Command) -> None:
    assert when([], command) == CardNotFound()
    assert when((*FAMILY, CLOSED), command) == CardClosed()


def test_whom_the_card_covers_is_not_added_again_not_even_on_a_full_card() -> None:
    assert when([*ACTIVE, *others(8), ADDED], replace(ADD, monthly_limit_minor=0)) == BeneficiaryAlreadyCovered()
    assert when(ACTIVE, replace(ADD, beneficiary_id="user-123")) == BeneficiaryAlreadyCovered()


def test_a_card_covers_ten_persons_its_holder_among_them() -> None:
    assert beneficiaries_max_on(TODAY) == 10
    assert when([*ACTIVE, *others(8)], ADD) == ADDED
    assert when([*ACTIVE, *others(9)], replace(ADD, monthly_limit_minor=0)) == BeneficiariesMax(10)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_beneficiarys_own_limit_is_positive(limit: int) -> None:
    assert when(ACTIVE, replace(ADD, monthly_limit_minor=limit)) == LimitNotPositive()
    assert when(FAMILY, UpdateBeneficiary("child-1", monthly_limit_minor=limit)) == LimitNotPositive()


def test_a_beneficiarys_own_limit_may_be_a_piastre() -> None:
    assert when(ACTIVE, replace(ADD, monthly_limit_minor=1)) == replace(ADDED, monthly_limit_minor=1)


def test_all_claims_of_a_month_count_under_a_beneficiarys_own_limit_until_they_are_reversed() -> None:
    claims = [
        paid(claim_id=f"clm_{n}", prescription_id=f"rx-{n}", beneficiary_id="child-1", covered_minor=200_00)
        for n in (7, 8)
    ]
    answer = when((*FAMILY, *claims), HER_CLAIM)
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.covered_minor == 100_00
    reversal = when((*FAMILY, *claims), ReverseClaim("clm_7", None, "returned"))
    answer = when((*FAMILY, *claims, reversal), HER_CLAIM)
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.covered_minor == 280_00


def test_a_limit_of_the_primary_holders_own_counts_what_was_claimed_before_it_was_set() -> None:
    """Also where only the name changed in between: the holder is the same person throughout."""
    renamed = HolderUpdated("user-123", replace(HOLDER, name="B"))
    given = (*ACTIVE, paid(), renamed, BeneficiaryUpdated("user-123", "PRIMARY", 300_00, HOLDER), renamed)
    answer = when(given, replace(CLAIM, prescription_id="rx-2"))
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.covered_minor == 20_00
    card = card_after([CREATED])
    assert card is not None
    assert card.holder == Beneficiary("user-123", "PRIMARY", HOLDER)


def test_a_beneficiary_without_a_limit_shares_the_cards() -> None:
    given = (*ACTIVE, replace(ADDED, monthly_limit_minor=None))
    answer = when(given, replace(HER_CLAIM, total_minor=9_000_00))
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.covered_minor == 5_000_00


def test_a_beneficiarys_own_limit_ends_before_the_cards() -> None:
    answer = when(FAMILY, replace(HER_CLAIM, total_minor=9_000_00))
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.covered_minor == 500_00


def test_an_update_says_the_whole_and_changes_what_it_was_given() -> None:
    assert when(FAMILY, UpdateBeneficiary("child-1")) == BeneficiaryUpdated("child-1", "CHILD", 500_00, CHILD)
    older = replace(CHILD, name="Mona A.")
    assert when(FAMILY, UpdateBeneficiary("child-1", Relation.OTHER, older, 600_00)) == BeneficiaryUpdated(
        "child-1", "OTHER", 600_00, older
    )
    free = when(FAMILY, UpdateBeneficiary("child-1", without_monthly_limit=True))
    assert free == BeneficiaryUpdated("child-1", "CHILD", None, CHILD)
    card = card_after([*FAMILY, free])
    assert card is not None
    assert card.beneficiaries["child-1"].monthly_limit_minor is None


def test_who_is_not_covered_is_neither_updated_nor_removed() -> None:
    assert when(ACTIVE, UpdateBeneficiary("child-1", monthly_limit_minor=0)) == BeneficiaryNotFound()
    assert when(ACTIVE, RemoveBeneficiary("child-1", "x")) == BeneficiaryNotFound()


def test_the_primary_holder_stays_who_and_what_they_are() -> None:
    assert when(ACTIVE, RemoveBeneficiary("user-123", "x")) == PrimaryHolderStays()
    assert when(ACTIVE, UpdateBeneficiary("user-123", Relation.OTHER, None, 0)) == PrimaryHolderStays()
    assert when(ACTIVE, UpdateBeneficiary("user-123", None, CHILD)) == PrimaryHolderStays()


def test_the_primary_holder_may_have_a_limit_of_their_own() -> None:
    updated = when(ACTIVE, UpdateBeneficiary("user-123", monthly_limit_minor=100_00))
    assert updated == BeneficiaryUpdated("user-123", "PRIMARY", 100_00, HOLDER)
    answer = when((*ACTIVE, updated), CLAIM)
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.covered_minor == 100_00


def test_a_removed_beneficiary_claims_no_more_and_earlier_claims_stay() -> None:
    removed = when(FAMILY, RemoveBeneficiary("child-1", "of age"))
    assert removed == BeneficiaryRemoved("child-1", "of age")
    given = (*FAMILY, paid(beneficiary_id="child-1"), removed)
    answer = when(given, replace(HER_CLAIM, prescription_id="rx-2"))
    assert isinstance(answer, PrescriptionClaimRejected)
    assert answer.reject_codes == ("beneficiary_not_covered",)
    card = card_after(given)
    assert card is not None
    assert card.month_remaining_minor("2026-11") == 5_000_00 - 280_00


def test_the_claim_of_a_removed_beneficiary_can_still_be_reversed() -> None:
    given = (*FAMILY, paid(beneficiary_id="child-1"), BeneficiaryRemoved("child-1", "x"))
    assert isinstance(when(given, ReverseClaim("clm_1", None, "returned")), PrescriptionClaimReversed)


def test_who_comes_back_finds_the_month_as_used_as_they_left_it() -> None:
    given = (*FAMILY, paid(beneficiary_id="child-1", covered_minor=450_00), BeneficiaryRemoved("child-1", "x"))
    assert when(given, ADD) == ADDED
    answer = when((*given, ADDED), replace(HER_CLAIM, prescription_id="rx-2"))
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.covered_minor == 50_00


def test_the_holder_is_updated_in_what_was_given() -> None:
    phone = when(ACTIVE, UpdateHolder(phone_number="+201000000000"))
    assert phone == HolderUpdated("user-123", replace(HOLDER, phone_number="+201000000000"))
    both = when((*ACTIVE, phone), UpdateHolder(name="Ahmed M."))
    assert both == HolderUpdated("user-123", replace(HOLDER, phone_number="+201000000000", name="Ahmed M."))


def test_an_update_of_the_holder_keeps_the_limit_of_the_person() -> None:
    limited = BeneficiaryUpdated("user-123", "PRIMARY", 100_00, HOLDER)
    card = card_after([*ACTIVE, limited, HolderUpdated("user-123", replace(HOLDER, name="B"))])
    assert card is not None
    assert card.holder.monthly_limit_minor == 100_00
    assert card.holder.person == replace(HOLDER, name="B")


def test_who_was_erased_stays_erased() -> None:
    gone = (replace(CREATED, holder=Erased()), *ACTIVE[1:])
    assert when(gone, UpdateHolder(name="A")) == HolderUpdated("user-123", Erased())
    updated = when((*ACTIVE, replace(ADDED, person=Erased())), UpdateBeneficiary("child-1", monthly_limit_minor=1))
    assert updated == BeneficiaryUpdated("child-1", "CHILD", 1, Erased())
