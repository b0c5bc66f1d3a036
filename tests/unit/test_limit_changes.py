"""Monthly limits under four eyes, and copayments: every refusal in its order."""

from dataclasses import replace

import pytest

from ledger.domain.context import Context
from ledger.domain.medcard.commands import (
    ApproveLimitChange,
    ChangeCopayment,
    Command,
    RejectLimitChange,
    RequestLimitChange,
)
from ledger.domain.medcard.events import MedCardClosed, PrescriptionClaimed, PrescriptionClaimRejected
from ledger.domain.medcard.refusals import (
    ApproverIsRequester,
    CardClosed,
    CardNotFound,
    CopaymentOutOfRange,
    LimitNotPositive,
    RequestNotFound,
)
from ledger.domain.medcard.terms_events import (
    CopaymentChanged,
    MonthlyLimitChanged,
    MonthlyLimitChangeRejected,
    MonthlyLimitChangeRequested,
    TierDowngraded,
)
from ledger.domain.tiers import CardType
from tests.support.cards import ACTIVE, CLAIM, NOW, card_after, paid, when

CLOSED = (*ACTIVE, MedCardClosed("x"))
ABOVE = RequestLimitChange(5_000_01, "chronic")
REQUESTED = MonthlyLimitChangeRequested("lim_1", 5_000_01, "olga", "chronic")
WAITING = (*ACTIVE, REQUESTED)


def by(principal: str, command_id: str = "1") -> Context:
    return Context(NOW, principal, "ADMIN", command_id)


def test_up_to_the_tiers_default_a_limit_changes_at_once() -> None:
    assert when(ACTIVE, RequestLimitChange(5_000_00, "x")) == MonthlyLimitChanged(5_000_00, "x", None)
    assert when(ACTIVE, RequestLimitChange(1, "x")) == MonthlyLimitChanged(1, "x", None)


def test_above_the_tiers_default_it_waits_for_other_eyes_whoever_asks() -> None:
    assert when(ACTIVE, ABOVE, by("olga")) == REQUESTED


def test_the_default_is_that_of_the_tier_that_the_card_has_by_now() -> None:
    lower = (*ACTIVE, TierDowngraded(CardType.BRONZE, CardType.GOLD, 5_000_00, 20_00, "x"))
    assert when(lower, RequestLimitChange(1_000_00, "x")) == MonthlyLimitChanged(1_000_00, "x", None)
    assert isinstance(when(lower, RequestLimitChange(1_000_01, "x")), MonthlyLimitChangeRequested)


@pytest.mark.parametrize("limit", [0, -1])
def test_the_refusals_of_a_request_come_in_their_order(limit: int) -> None:
    wrong = RequestLimitChange(limit, "x")
    assert when([], wrong) == CardNotFound()
    assert when(CLOSED, wrong) == CardClosed()
    assert when(ACTIVE, wrong) == LimitNotPositive()


@pytest.mark.parametrize("command", [ApproveLimitChange("lim_1"), RejectLimitChange("lim_1", "no")])
def test_the_refusals_of_an_answer_come_in_their_order(command: Command) -> None:
    assert when([], command, by("olga")) == CardNotFound()
    assert when((*WAITING, MedCardClosed("x")), command, by("olga")) == CardClosed()
    assert when(ACTIVE, command, by("olga")) == RequestNotFound()
    assert when(WAITING, command, by("olga")) == ApproverIsRequester()


def test_another_pair_of_eyes_approves_or_rejects() -> None:
    approved = when(WAITING, ApproveLimitChange("lim_1"), by("peter"))
    assert approved == MonthlyLimitChanged(5_000_01, "chronic", "lim_1")
    assert when(WAITING, RejectLimitChange("lim_1", "no"), by("peter")) == MonthlyLimitChangeRejected("lim_1", "no")


@pytest.mark.parametrize(
    "answer", [MonthlyLimitChanged(5_000_01, "chronic", "lim_1"), MonthlyLimitChangeRejected("lim_1", "no")]
)
def test_a_request_is_answered_once(answer: MonthlyLimitChanged | MonthlyLimitChangeRejected) -> None:
    for command in (ApproveLimitChange("lim_1"), RejectLimitChange("lim_1", "no")):
        assert when((*WAITING, answer), command, by("peter")) == RequestNotFound()


def test_each_request_is_answered_by_itself() -> None:
    second = replace(REQUESTED, request_id="lim_2", monthly_limit_minor=8_000_00)
    given = (*WAITING, second, MonthlyLimitChangeRejected("lim_1", "no"))
    assert when(given, ApproveLimitChange("lim_2"), by("peter")) == MonthlyLimitChanged(8_000_00, "chronic", "lim_2")
    at_once = (*WAITING, MonthlyLimitChanged(100_00, "x", None))
    assert isinstance(when(at_once, ApproveLimitChange("lim_1"), by("peter")), MonthlyLimitChanged)


def test_a_changed_limit_is_in_force_for_the_next_claim_of_any_month() -> None:
    answer = when((*ACTIVE, MonthlyLimitChanged(100_00, "x", None)), CLAIM)
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.covered_minor == 100_00


def test_a_limit_below_what_was_used_pays_nothing_more_and_takes_nothing_back() -> None:
    given = (*ACTIVE, paid(), MonthlyLimitChanged(100_00, "x", None))
    assert isinstance(when(given, replace(CLAIM, prescription_id="rx-2")), PrescriptionClaimRejected)
    card = card_after(given)
    assert card is not None
    assert card.month_remaining_minor("2026-11") == 0
    assert card.covered_by_month["2026-11"] == 280_00


def test_the_refusals_of_a_copayment_come_in_their_order() -> None:
    wrong = ChangeCopayment(100_01, "x")
    assert when([], wrong) == CardNotFound()
    assert when(CLOSED, wrong) == CardClosed()
    assert when(ACTIVE, wrong) == CopaymentOutOfRange()
    assert when(ACTIVE, ChangeCopayment(-1, "x")) == CopaymentOutOfRange()


@pytest.mark.parametrize("copayment", [0, 12_50, 100_00])
def test_a_changed_copayment_holds_for_the_next_claim(copayment: int) -> None:
    changed = when(ACTIVE, ChangeCopayment(copayment, "x"))
    assert changed == CopaymentChanged(copayment, "x")
    answer = when((*ACTIVE, changed), replace(CLAIM, total_minor=1000_00))
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.copay_minor == copayment * 10
