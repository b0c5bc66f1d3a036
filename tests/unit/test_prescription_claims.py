"""Prescription claims and reversals: every edge of the adjudication, in its order."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ledger.domain.kinds import Event
from ledger.domain.medcard.commands import ClaimPrescription, ReverseClaim, ReversePrescription
from ledger.domain.medcard.events import (
    MedCardClosed,
    MedCardSuspended,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)
from ledger.domain.medcard.refusals import ClaimDuplicate, ClaimNotFound, ClaimReversedBefore, VoidPendingBefore
from ledger.domain.medcard.state import evolve
from tests.support.cards import ACTIVE, CLAIM, CREATED, NOW, PANADOL, TODAY, card_after, context, paid, when

REVERSED = PrescriptionClaimReversed(
    "clm_1", "rx-789", 0, "pharmacy-101", "user-123", "2026-11", "EGP", 350_00, 280_00, "returned", "default"
)
REVERSE = ReversePrescription("pharmacy-101", "rx-789", 0, "returned")


def reject_codes(given: tuple[Event, ...], claim: ClaimPrescription = CLAIM) -> tuple[str, ...]:
    answer = when(given, claim)
    assert isinstance(answer, PrescriptionClaimRejected), answer
    assert answer.total_minor == claim.total_minor
    return answer.reject_codes


def test_the_example_is_paid_280_by_the_plan_and_70_by_the_patient() -> None:
    assert when(ACTIVE, CLAIM) == paid()


def test_the_copayment_is_rounded_half_up_and_the_plan_pays_the_rest() -> None:
    card = (replace(CREATED, copayment_basis_points=12_50), *ACTIVE[1:])
    answer = when(card, replace(CLAIM, total_minor=1_00, items=()))
    assert isinstance(answer, PrescriptionClaimed)
    assert (answer.copay_minor, answer.covered_minor) == (13, 87)


def test_the_plan_covers_no_more_than_what_remains_and_the_patient_pays_the_difference() -> None:
    answer = when((*ACTIVE, paid(covered_minor=4_900_00)), replace(CLAIM, prescription_id="rx-2"))
    assert isinstance(answer, PrescriptionClaimed)
    assert (answer.covered_minor, answer.copay_minor) == (100_00, 70_00)


def test_a_claim_counts_in_the_month_of_its_service_date() -> None:
    full = (*ACTIVE, paid(covered_minor=5_000_00))
    assert reject_codes(full, replace(CLAIM, prescription_id="rx-2")) == ("limit_exhausted",)
    answer = when(full, replace(CLAIM, prescription_id="rx-2", service_date=date(2026, 10, 31)))
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.month == "2026-10"


def test_the_day_of_a_claim_is_cairos() -> None:
    # In summer Cairo is three hours ahead: half past nine in the evening of 31 July in UTC is August there.
    answer = when(ACTIVE, CLAIM, context(at=datetime(2026, 7, 31, 21, 30, tzinfo=UTC)))
    assert isinstance(answer, PrescriptionClaimed)
    assert (answer.service_date, answer.month) == (date(2026, 8, 1), "2026-08")


def test_the_same_prescription_again_is_a_duplicate_whatever_the_card_is_by_now() -> None:
    for later in ((), (MedCardSuspended("x"),), (MedCardClosed("x"),)):
        assert when((*ACTIVE, paid(), *later), CLAIM) == ClaimDuplicate("clm_1")


@pytest.mark.parametrize("other", [{"pharmacy_id": "pharmacy-2"}, {"prescription_id": "rx-2"}, {"fill_number": 1}])
def test_another_pharmacy_prescription_or_fill_is_no_duplicate(other: dict[str, object]) -> None:
    assert isinstance(when((*ACTIVE, paid()), replace(CLAIM, **other)), PrescriptionClaimed)  # type: ignore[arg-type]


def test_a_reversed_claim_may_be_claimed_again_with_its_pack() -> None:
    pack = replace(PANADOL, serial="S1")
    claimed = paid(items=(pack,))
    again = when((*ACTIVE, claimed, REVERSED), replace(CLAIM, items=(pack,)), context("2"))
    assert again == replace(claimed, claim_id="clm_2")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((CREATED,), "card_pending"),
        ((*ACTIVE, MedCardSuspended("x")), "card_suspended"),
        ((*ACTIVE, MedCardClosed("x")), "card_closed"),
    ],
)
def test_a_card_that_is_not_in_force_rejects(given: tuple[Event, ...], code: str) -> None:
    assert reject_codes(given) == (code,)


def test_cover_ends_with_the_expiry_date_at_the_service_date() -> None:
    card = (replace(CREATED, expiry_date=TODAY), ACTIVE[1])
    tomorrow = TODAY + timedelta(days=1)
    assert isinstance(when(card, CLAIM), PrescriptionClaimed)
    assert reject_codes(card, replace(CLAIM, service_date=tomorrow)) == ("card_expired",)
    later = context(at=NOW + timedelta(days=9))
    assert isinstance(when(card, replace(CLAIM, service_date=TODAY), later), PrescriptionClaimed)


def test_someone_else_is_not_covered() -> None:
    assert reject_codes(ACTIVE, replace(CLAIM, beneficiary_id="user-9")) == ("beneficiary_not_covered",)


def test_lines_add_up_and_items_stay_within_the_total() -> None:
    off = replace(PANADOL, total_price_minor=199_99)
    assert reject_codes(ACTIVE, replace(CLAIM, items=(off,))) == ("line_total_mismatch",)
    assert reject_codes(ACTIVE, replace(CLAIM, total_minor=199_99)) == ("items_exceed_total",)
    assert isinstance(when(ACTIVE, replace(CLAIM, total_minor=200_00)), PrescriptionClaimed)


def test_a_pack_is_dispensed_once() -> None:
    pack = replace(PANADOL, serial="S1")
    other = replace(CLAIM, prescription_id="rx-2", items=(pack,))
    assert reject_codes((*ACTIVE, paid(items=(pack,))), other) == ("serial_already_dispensed",)
    twice = replace(CLAIM, total_minor=400_00, items=(pack, pack))
    assert reject_codes(ACTIVE, twice) == ("serial_already_dispensed",)


def test_nothing_is_paid_once_a_limit_is_used_up() -> None:
    more = replace(CLAIM, prescription_id="rx-2")
    assert reject_codes((*ACTIVE, paid(covered_minor=5_000_00)), more) == ("limit_exhausted",)
    annual = (replace(CREATED, annual_limit_minor=280_00), *ACTIVE[1:], paid(month="2026-01"))
    assert reject_codes(annual, more) == ("limit_exhausted",)
    assert isinstance(when(annual, replace(more, service_date=date(2027, 1, 2))), PrescriptionClaimed)


def test_the_reasons_against_a_claim_come_in_their_order() -> None:
    """Everything is wrong with this claim at once; each reason that is taken away uncovers the next."""
    pack = replace(PANADOL, serial="S1")
    exhausted = paid(covered_minor=5_000_00, items=(pack,), prescription_id="rx-0")
    card: list[Event] = [replace(CREATED, expiry_date=TODAY), ACTIVE[1], exhausted]
    claim = replace(
        CLAIM,
        beneficiary_id="user-9",
        service_date=TODAY + timedelta(days=1),
        total_minor=1_00,
        items=(replace(pack, total_price_minor=3),),
    )
    void = PrescriptionVoidPending("rx-789", 0, "pharmacy-101", NOW + timedelta(days=1), "x")
    closed = MedCardClosed("x")
    assert when([*card, paid(), closed], claim) == ClaimDuplicate("clm_1")
    assert isinstance(when([*card, void, closed], claim), PrescriptionClaimVoided)
    assert reject_codes((*card, closed), claim) == ("card_closed",)
    assert reject_codes(tuple(card), claim) == ("card_expired",)
    claim = replace(claim, service_date=TODAY)
    assert reject_codes(tuple(card), claim) == ("beneficiary_not_covered",)
    claim = replace(claim, beneficiary_id="user-123")
    assert reject_codes(tuple(card), claim) == ("line_total_mismatch",)
    claim = replace(claim, items=(pack,))
    assert reject_codes(tuple(card), claim) == ("items_exceed_total",)
    claim = replace(claim, total_minor=200_00)
    assert reject_codes(tuple(card), claim) == ("serial_already_dispensed",)
    claim = replace(claim, items=())
    assert reject_codes(tuple(card), claim) == ("limit_exhausted",)


def test_a_reversal_gives_the_cover_back_to_the_month_of_the_claim() -> None:
    claimed = paid(month="2026-10", service_date=date(2026, 10, 31))
    answer = when((*ACTIVE, claimed), REVERSE)
    assert answer == replace(REVERSED, month="2026-10")
    card = card_after([*ACTIVE, claimed, replace(REVERSED, month="2026-10")])
    assert card is not None
    assert card.month_remaining_minor("2026-10") == card.month_remaining_minor("2026-11") == 5_000_00


def test_a_reversal_by_claim_id_needs_the_claim_and_its_pharmacy() -> None:
    given = (*ACTIVE, paid())
    assert when(given, ReverseClaim("clm_1", None, "returned")) == REVERSED
    assert when(given, ReverseClaim("clm_1", "pharmacy-101", "returned")) == REVERSED
    assert when(given, ReverseClaim("clm_1", "pharmacy-2", "returned")) == ClaimNotFound()
    assert when(given, ReverseClaim("clm_9", None, "returned")) == ClaimNotFound()


def test_a_reversal_again_changes_nothing() -> None:
    given = (*ACTIVE, paid(), REVERSED)
    assert when(given, REVERSE) == ClaimReversedBefore("clm_1")
    assert when(given, ReverseClaim("clm_1", None, "x")) == ClaimReversedBefore("clm_1")


def test_rejected_and_voided_claims_say_what_was_claimed() -> None:
    twice = replace(CLAIM, fill_number=2)
    claimed = ("clm_1", "rx-789", 2, "pharmacy-101", "user-123", TODAY, "2026-11", "EGP", 350_00)
    pending = PrescriptionClaimRejected(*claimed, ("card_pending",), (PANADOL,))
    assert when((CREATED,), twice) == pending
    void = PrescriptionVoidPending("rx-789", 2, "pharmacy-101", NOW + timedelta(days=1), "x")
    assert when((*ACTIVE, void), twice) == PrescriptionClaimVoided(*claimed)


def test_a_card_that_is_closed_still_takes_a_reversal() -> None:
    assert when((*ACTIVE, paid(), MedCardClosed("x")), REVERSE) == REVERSED


def test_a_reversal_that_comes_first_cancels_out_with_its_claim_for_thirty_days() -> None:
    waiting = when(ACTIVE, REVERSE)
    assert waiting == PrescriptionVoidPending("rx-789", 0, "pharmacy-101", NOW + timedelta(days=30), "returned")
    given = (*ACTIVE, waiting)
    assert when(given, REVERSE) == VoidPendingBefore()
    voided = when(given, CLAIM)
    assert isinstance(voided, PrescriptionClaimVoided)
    assert isinstance(when((*given, voided), CLAIM), PrescriptionClaimed)
    too_late = context(at=NOW + timedelta(days=30))
    assert isinstance(when(given, CLAIM, too_late), PrescriptionClaimed)


class CardMachine(RuleBasedStateMachine):
    """Claims and reversals at random, against sums over a list of what was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.card = card_after(ACTIVE)
        self.paid: dict[tuple[str, int], PrescriptionClaimed] = {}
        self.commands = 0

    @rule(
        prescription=st.sampled_from("abcdef"),
        fill=st.integers(0, 1),
        total=st.integers(1, 3_000_00),
        month=st.integers(10, 12),
    )
    def claim(self, prescription: str, fill: int, total: int, month: int) -> None:
        self.commands += 1
        command = replace(
            CLAIM,
            prescription_id=prescription,
            fill_number=fill,
            total_minor=total,
            items=(),
            service_date=date(2026, month, 5),
        )
        before = self.covered(f"2026-{month}")
        answer = when_card(self, command)
        if (prescription, fill) in self.paid:
            assert answer == ClaimDuplicate(self.paid[prescription, fill].claim_id)
        elif before == 5_000_00:
            assert isinstance(answer, PrescriptionClaimRejected)
        else:
            assert isinstance(answer, PrescriptionClaimed)
            assert 0 <= answer.covered_minor <= total - answer.copay_minor
            assert before + answer.covered_minor <= 5_000_00
            self.paid[prescription, fill] = answer

    @rule(prescription=st.sampled_from("abcdef"), fill=st.integers(0, 1))
    def reverse(self, prescription: str, fill: int) -> None:
        self.commands += 1
        if (prescription, fill) in self.paid:
            answer = when_card(self, ReversePrescription("pharmacy-101", prescription, fill, ""))
            assert isinstance(answer, PrescriptionClaimReversed)
            assert answer.covered_minor == self.paid.pop((prescription, fill)).covered_minor

    def covered(self, month: str) -> int:
        return sum(claim.covered_minor for claim in self.paid.values() if claim.month == month)

    @invariant()
    def what_remains_is_the_limit_less_what_was_covered(self) -> None:
        assert self.card is not None
        for month in ("2026-10", "2026-11", "2026-12"):
            assert self.card.month_remaining_minor(month) == 5_000_00 - self.covered(month)
        year = sum(claim.covered_minor for claim in self.paid.values())
        assert self.card.covered_by_year.get("2026", 0) == year


def when_card(machine: CardMachine, command: ClaimPrescription | ReversePrescription) -> object:
    from ledger.domain.medcard.decide import decide

    answer = decide(machine.card, command, context(str(machine.commands)))
    if isinstance(answer, Event):
        machine.card = evolve(machine.card, answer)
    return answer


TestCardMachine = CardMachine.TestCase
TestCardMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(total=st.integers(1, 10**12), copayment=st.integers(0, 100_00))
def test_nothing_is_lost_between_plan_and_patient(total: int, copayment: int) -> None:
    rich = replace(CREATED, copayment_basis_points=copayment, monthly_limit_minor=10**13)
    answer = when((rich, ACTIVE[1]), replace(CLAIM, total_minor=total, items=()))
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.covered_minor + answer.copay_minor == total
    assert abs(answer.copay_minor * 100_00 - total * copayment) <= 50_00
