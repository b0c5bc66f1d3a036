"""Refunds: no more is given back than was captured, whatever is in flight."""

from dataclasses import replace

import pytest

from ledger.domain.kinds import Event
from ledger.domain.payment import refusals
from ledger.domain.payment.commands import RecordRefundOutcome
from ledger.domain.payment.events import (
    PaymentDisputed,
    RefundCompleted,
    RefundOutcomeStatus,
    RefundRequested,
    RefundSource,
)
from ledger.domain.payment.state import Status
from tests.support.payments import (
    EXPIRED,
    FAILED,
    INITIATED,
    NOT_REFUNDED,
    PAID,
    REFUND,
    REFUNDED,
    REQUESTED,
    WAITING,
    context,
    happened,
    payment_after,
    when,
)

DONE = RecordRefundOutcome("refund-1", RefundOutcomeStatus.COMPLETED, "g-1")
NOT_DONE = RecordRefundOutcome("refund-1", RefundOutcomeStatus.FAILED, "g-1")
ASKED = (*PAID, REQUESTED)


def test_a_refund_is_asked_for_and_its_amount_is_no_longer_refundable() -> None:
    assert when(PAID, REFUND) == REQUESTED
    payment = payment_after(ASKED)
    assert (payment.status, payment.refundable_minor, payment.refunded_minor) == (Status.COMPLETED, 300_00, 0)


def test_two_refunds_in_flight_cannot_give_back_more_than_was_captured() -> None:
    second = replace(REFUND, refund_id="refund-2", amount_minor=300_01)
    assert when(ASKED, second) == refusals.RefundExceedsCapture(300_00)
    assert isinstance(when(ASKED, replace(second, amount_minor=300_00)), RefundRequested)


def test_a_refund_without_an_id_gets_one_from_its_command() -> None:
    answer = when(PAID, replace(REFUND, refund_id=None), context("77"))
    assert answer == replace(REQUESTED, refund_id="rfd_77")
    assert when((*PAID, answer), replace(REFUND, refund_id=None), context("77")) == refusals.RefundAlreadyExists()


def test_a_refund_of_a_refused_credit_is_paid_from_suspense() -> None:
    asked = replace(REFUND, source=RefundSource.SUSPENSE)
    requested = happened(PAID, asked)
    assert requested == replace(REQUESTED, source=RefundSource.SUSPENSE)
    assert when((*PAID, requested), DONE) == replace(REFUNDED, source=RefundSource.SUSPENSE)


@pytest.mark.parametrize("past", [(INITIATED,), WAITING, (*WAITING, FAILED), (*WAITING, EXPIRED)])
def test_what_was_never_paid_is_not_refunded(past: tuple[Event, ...]) -> None:
    assert when(past, REFUND) == refusals.PaymentNotCompleted(payment_after(past).status)


def test_the_refusals_of_a_refund_come_in_their_order() -> None:
    """Everything is wrong at once; each reason that is taken away uncovers the next."""
    assert when([], replace(REFUND, amount_minor=0)) == refusals.PaymentNotFound()
    assert when(WAITING, replace(REFUND, amount_minor=0)) == refusals.PaymentNotCompleted("PENDING")
    assert when(ASKED, replace(REFUND, amount_minor=0)) == refusals.RefundAlreadyExists()
    assert when(ASKED, replace(REFUND, amount_minor=10**9)) == refusals.RefundAlreadyExists()
    other = replace(REFUND, refund_id="refund-2")
    for amount in (0, -1):
        assert when(ASKED, replace(other, amount_minor=amount)) == refusals.AmountNotPositive()
    assert when(ASKED, replace(other, amount_minor=10**9)) == refusals.RefundExceedsCapture(300_00)


def test_refunds_in_part_add_up_to_a_payment_refunded() -> None:
    assert when(ASKED, DONE) == REFUNDED
    part = (*ASKED, REFUNDED)
    payment = payment_after(part)
    assert (payment.status, payment.refunded_minor, payment.refundable_minor) == (
        Status.PARTIALLY_REFUNDED,
        200_00,
        300_00,
    )
    rest = happened(part, replace(REFUND, refund_id="refund-2", amount_minor=300_00))
    done = happened((*part, rest), replace(DONE, refund_id="refund-2"))
    payment = payment_after((*part, rest, done))
    assert (payment.status, payment.refundable_minor) == (Status.REFUNDED, 0)
    third = replace(REFUND, refund_id="refund-3", amount_minor=1)
    assert when((*part, rest, done), third) == refusals.RefundExceedsCapture(0)


def test_a_refund_that_failed_may_be_asked_for_again_under_another_id() -> None:
    assert when(ASKED, NOT_DONE) == NOT_REFUNDED
    given = (*ASKED, NOT_REFUNDED)
    payment = payment_after(given)
    assert (payment.status, payment.refundable_minor, payment.disputed) == (Status.COMPLETED, 500_00, False)
    assert when(given, REFUND) == refusals.RefundAlreadyExists()
    assert isinstance(when(given, replace(REFUND, refund_id="refund-2", amount_minor=500_00)), RefundRequested)


def test_an_unknown_refund_has_no_outcome() -> None:
    assert when(PAID, DONE) == refusals.RefundNotFound()
    assert when(WAITING, DONE) == refusals.RefundNotFound()


def test_a_repeat_of_a_refunds_outcome_changes_nothing() -> None:
    known = refusals.RefundOutcomeRecordedBefore("refund-1")
    assert when((*ASKED, REFUNDED), replace(DONE, gateway_refund_id="g-2")) == known
    assert when((*ASKED, NOT_REFUNDED), NOT_DONE) == known


@pytest.mark.parametrize(("first", "then"), [(NOT_REFUNDED, DONE), (REFUNDED, NOT_DONE)])
def test_a_refund_that_ends_otherwise_after_all_is_disputed_once(first: Event, then: RecordRefundOutcome) -> None:
    given = (*ASKED, first)
    disputed = happened(given, then)
    assert disputed == PaymentDisputed(
        ("refund",), then.status, "g-1", None, None, "refund-1", 200_00, "EGP", digest=""
    )
    before, after = payment_after(given), payment_after((*given, disputed))
    assert replace(after, disputed=False, disputes=before.disputes) == before
    assert when((*given, disputed), then) == refusals.OutcomeRecordedBefore()


def test_the_outcome_of_a_refund_names_its_amount_and_wallet() -> None:
    answer = when((*PAID, replace(REQUESTED, amount_minor=123_45)), DONE)
    assert isinstance(answer, RefundCompleted)
    assert (answer.amount_minor, answer.wallet_id, answer.currency) == (123_45, "wallet-1", "EGP")
