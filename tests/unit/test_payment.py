"""Payments: their life, and what gateways say of them: twice, late, out of order, and not always the truth."""

from dataclasses import replace

import pytest

from ledger.domain.kinds import Erased, Event
from ledger.domain.payment import refusals
from ledger.domain.payment.commands import CancelPayment, Command, RecordGatewayOutcome, RecordRefundOutcome
from ledger.domain.payment.events import (
    Gateway,
    OutcomeStatus,
    PaymentCancelled,
    PaymentDisputed,
    PaymentExpired,
    PaymentFailed,
    RefundOutcomeStatus,
)
from ledger.domain.payment.state import Status, evolve
from tests.support.payments import (
    ACCEPTED,
    COMPLETED,
    DISPUTED,
    EXPIRED,
    EXPIRES,
    FAILED,
    INITIATE,
    INITIATED,
    METHODS,
    OUTCOME,
    PAID,
    PENDING,
    REFUND,
    REFUNDED,
    REQUESTED,
    WAITING,
    happened,
    payment_after,
    when,
)

CANCELLED = PaymentCancelled("changed my mind")
FAILURE = RecordGatewayOutcome(OutcomeStatus.FAILED, "900000", None, None, 0, "d0", reason="declined")
EXPIRY = RecordGatewayOutcome(OutcomeStatus.EXPIRED, None, None, None, 0, "d9")
PARTLY = (*PAID, REQUESTED, REFUNDED)
WHOLLY = (*PAID, replace(REQUESTED, amount_minor=500_00), replace(REFUNDED, amount_minor=500_00))
PASTS: dict[Status, tuple[Event, ...]] = {
    Status.INITIATED: (INITIATED,),
    Status.PENDING: WAITING,
    Status.COMPLETED: PAID,
    Status.FAILED: (*WAITING, FAILED),
    Status.EXPIRED: (*WAITING, EXPIRED),
    Status.CANCELLED: (*WAITING, CANCELLED),
    Status.PARTIALLY_REFUNDED: PARTLY,
    Status.REFUNDED: WHOLLY,
}
OPEN = (Status.INITIATED, Status.PENDING)


def test_the_pasts_of_these_tests_lead_where_they_say() -> None:
    assert {status: payment_after(past).status for status, past in PASTS.items()} == {
        status: status for status in PASTS
    }
    assert set(PASTS) == set(Status)


def test_a_payment_is_initiated_with_what_was_asked() -> None:
    assert when([], INITIATE) == INITIATED
    payment = payment_after([INITIATED])
    assert (payment.status, payment.captured_minor, payment.disputed) == (Status.INITIATED, 0, False)


def test_the_same_payment_again_is_known_and_another_under_its_id_is_refused() -> None:
    for past in PASTS.values():
        assert when(past, INITIATE) == refusals.PaymentInitiatedBefore()
        assert when(past, replace(INITIATE, amount_minor=0)) == refusals.PaymentAlreadyExists()
    erased = (replace(INITIATED, customer=Erased()),)
    assert when(erased, INITIATE) == refusals.PaymentAlreadyExists()


def test_the_refusals_of_an_initiation_come_in_their_order() -> None:
    """Everything is wrong at once; each reason that is taken away uncovers the next."""
    bad = replace(INITIATE, amount_minor=0, gateway=Gateway.FAWRY, method="CASH")
    assert when([INITIATED], bad) == refusals.PaymentAlreadyExists()
    assert when([], bad) == refusals.AmountNotPositive()
    assert when([], replace(bad, amount_minor=-1)) == refusals.AmountNotPositive()
    bad = replace(bad, amount_minor=1)
    assert when([], bad) == refusals.GatewayNotConfigured("FAWRY")
    bad = replace(bad, gateway=Gateway.PAYMOB)
    assert when([], bad) == refusals.MethodNotSupported("CASH", ("CARD", "MWALLET"))
    for method in METHODS[Gateway.PAYMOB]:
        assert isinstance(when([], replace(bad, method=method)), Event)


@pytest.mark.parametrize(
    "command", [ACCEPTED, OUTCOME, CancelPayment("x"), REFUND], ids=lambda command: type(command).__name__
)
def test_what_does_not_exist_is_not_found(command: Command) -> None:
    assert when([], command) == refusals.PaymentNotFound()


def test_of_a_payment_that_does_not_exist_no_refund_is_found() -> None:
    assert when([], RecordRefundOutcome("refund-1", RefundOutcomeStatus.COMPLETED)) == refusals.RefundNotFound()


def test_the_gateways_acceptance_makes_it_pending() -> None:
    assert when([INITIATED], ACCEPTED) == PENDING
    payment = payment_after(WAITING)
    assert (payment.reference, payment.integration_id, payment.expires_at) == ("700001", "1001", EXPIRES)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.INITIATED])
def test_the_gateway_accepts_once_and_first(status: Status) -> None:
    assert when(PASTS[status], ACCEPTED) == refusals.InvalidState(status)


@pytest.mark.parametrize("status", Status)
def test_only_what_has_not_ended_is_cancelled(status: Status) -> None:
    answer = CANCELLED if status in OPEN else refusals.PaymentFinal(status)
    assert when(PASTS[status], CancelPayment("changed my mind")) == answer


def test_a_payment_that_was_paid_completes_with_its_fees() -> None:
    assert when(WAITING, OUTCOME) == COMPLETED
    payment = payment_after(PAID)
    assert (payment.captured_minor, payment.refundable_minor, payment.paid_transaction_id) == (500_00, 500_00, "900001")


def test_a_callback_may_overtake_the_gateways_acceptance() -> None:
    assert when([INITIATED], OUTCOME) == COMPLETED
    # Its reference is the one that a refund will have to name.
    assert payment_after([INITIATED, COMPLETED]).reference == "700001"
    assert when([INITIATED, COMPLETED], ACCEPTED) == refusals.InvalidState("COMPLETED")


def test_money_that_comes_after_the_end_is_still_money() -> None:
    for status in (Status.FAILED, Status.EXPIRED, Status.CANCELLED):
        assert when(PASTS[status], OUTCOME) == COMPLETED
        assert payment_after((*PASTS[status], COMPLETED)).status is Status.COMPLETED


def test_failure_and_expiry_end_what_is_open() -> None:
    for status in OPEN:
        assert when(PASTS[status], FAILURE) == FAILED
        assert when(PASTS[status], EXPIRY) == EXPIRED


@pytest.mark.parametrize("status", [status for status in Status if status not in OPEN])
def test_late_bad_news_are_recorded_and_change_nothing(status: Status) -> None:
    before = payment_after(PASTS[status])
    for command, kind in ((FAILURE, PaymentFailed), (EXPIRY, PaymentExpired)):
        late = when(PASTS[status], replace(command, gateway_transaction_id="late"))
        assert isinstance(late, kind)
        assert late.late
        after = evolve(before, late)
        assert replace(after, outcomes=before.outcomes) == before
        assert when((*PASTS[status], late), replace(command, gateway_transaction_id="late")) == (
            refusals.OutcomeRecordedBefore()
        )


def test_a_repeat_changes_nothing_whatever_came_in_between() -> None:
    again = replace(OUTCOME, digest="another time stamp")
    for past in (PAID, (*PAID, replace(FAILED, late=True)), PARTLY, WHOLLY, (*PAID, DISPUTED)):
        assert when(past, again) == refusals.OutcomeRecordedBefore()
    assert when((*WAITING, FAILED), FAILURE) == refusals.OutcomeRecordedBefore()
    assert when((*WAITING, FAILED, COMPLETED), FAILURE) == refusals.OutcomeRecordedBefore()
    assert when((*WAITING, EXPIRED), EXPIRY) == refusals.OutcomeRecordedBefore()


def test_another_status_or_transaction_is_no_repeat() -> None:
    assert isinstance(when((*WAITING, FAILED), replace(FAILURE, gateway_transaction_id="900002")), PaymentFailed)
    assert isinstance(when((*WAITING, FAILED), replace(FAILURE, status=OutcomeStatus.EXPIRED)), PaymentExpired)
    assert when((*WAITING, FAILED), replace(OUTCOME, gateway_transaction_id="900000")) == replace(
        COMPLETED, gateway_transaction_id="900000"
    )


@pytest.mark.parametrize(
    ("lie", "mismatch"),
    [
        ({"amount_minor": 500_01}, "amount"),
        ({"amount_minor": None}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"currency": None}, "currency"),
        ({"reference": "700002"}, "reference"),
        ({"reference": None}, "reference"),
        ({"integration_id": "1002"}, "integration"),
        ({"integration_id": None}, "integration"),
        ({"fees_minor": -1}, "fees"),
    ],
)
def test_money_that_does_not_fit_our_record_is_disputed_and_never_taken(lie: dict[str, object], mismatch: str) -> None:
    told = replace(OUTCOME, **lie)  # type: ignore[arg-type]
    disputed = happened(WAITING, told)
    assert disputed == PaymentDisputed(
        (mismatch,),
        "PAID",
        "900001",
        told.reference,
        told.integration_id,
        None,
        told.amount_minor,
        told.currency,
        "d1",
    )
    payment = payment_after((*WAITING, disputed))
    assert (payment.status, payment.captured_minor, payment.disputed) == (Status.PENDING, 0, True)


def test_all_that_differs_is_named() -> None:
    lie = RecordGatewayOutcome(OutcomeStatus.PAID, "2", 1, "USD", -1, "d", "x", "y")
    disputed = happened(PAID, lie)
    assert isinstance(disputed, PaymentDisputed)
    assert disputed.mismatches == ("amount", "currency", "reference", "integration", "transaction", "fees")


def test_bad_news_may_leave_things_out_but_not_differ() -> None:
    assert when(WAITING, FAILURE) == FAILED
    for lie in ({"amount_minor": 1}, {"currency": "USD"}, {"reference": "7"}, {"integration_id": "8"}):
        disputed = happened(WAITING, replace(FAILURE, **lie))
        assert isinstance(disputed, PaymentDisputed)
        assert payment_after((*WAITING, disputed)).status is Status.PENDING


def test_a_gateway_without_integrations_needs_to_name_none() -> None:
    waiting = (INITIATED, replace(PENDING, integration_id=None))
    assert when(waiting, replace(OUTCOME, integration_id=None)) == COMPLETED


def test_a_dispute_does_not_keep_the_true_message_out() -> None:
    """Digits can be moved between fields under one valid signature: who does so must not stop the payer's money."""
    given = (*WAITING, DISPUTED)
    assert when(given, OUTCOME) == COMPLETED
    payment = payment_after((*given, COMPLETED))
    assert (payment.status, payment.disputed) == (Status.COMPLETED, True)


def test_the_same_dispute_is_recorded_once_whatever_its_time_stamp() -> None:
    lie = replace(OUTCOME, amount_minor=50_00)
    assert when(WAITING, lie) == DISPUTED
    assert when((*WAITING, DISPUTED), replace(lie, digest="another")) == refusals.OutcomeRecordedBefore()
    for other in ({"amount_minor": 50_01}, {"gateway_transaction_id": "2"}, {"status": OutcomeStatus.FAILED}):
        assert isinstance(when((*WAITING, DISPUTED), replace(lie, **other)), PaymentDisputed)


def test_a_message_that_differs_is_no_repeat_of_the_one_before() -> None:
    assert when(PAID, replace(OUTCOME, amount_minor=50_00)) == DISPUTED


def test_a_payment_that_was_paid_twice_is_disputed_and_completes_once() -> None:
    for status in (Status.COMPLETED, Status.PARTIALLY_REFUNDED, Status.REFUNDED):
        disputed = happened(PASTS[status], replace(OUTCOME, gateway_transaction_id="900002"))
        assert isinstance(disputed, PaymentDisputed)
        assert disputed.mismatches == ("transaction",)
        payment = payment_after((*PASTS[status], disputed))
        assert (payment.status, payment.captured_minor) == (status, 500_00)


def test_a_disputed_payment_can_still_be_cancelled() -> None:
    assert when((*WAITING, DISPUTED), CancelPayment("changed my mind")) == CANCELLED


def test_a_payment_begins_with_its_initiation_and_knows_only_its_own_events_and_commands() -> None:
    class Stranger(Event):
        pass

    with pytest.raises(AssertionError, match="a payment's first event is PaymentInitiated"):
        evolve(None, PENDING)
    with pytest.raises(AssertionError, match="Stranger"):
        evolve(payment_after(PAID), Stranger())
    with pytest.raises(AssertionError, match="Stranger"):
        when(PAID, Stranger())  # type: ignore[arg-type]
