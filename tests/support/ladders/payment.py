"""Ladders of a payment's commands."""

from dataclasses import replace

from ledger.domain.kinds import Event
from ledger.domain.payment.commands import CancelPayment, Command, RecordRefundOutcome
from ledger.domain.payment.events import Gateway, PaymentCancelled, PaymentCompleted, RefundOutcomeStatus
from tests.support.ladders import Case, Ladder, after, commanding, instead, without_event
from tests.support.payments import ACCEPTED, INITIATE, INITIATED, OUTCOME, PAID, REFUND, REQUESTED, WAITING, context

NOT_FOUND = instead("payment_not_found")


def case(given: tuple[Event, ...], command: Command) -> Case:
    return Case(given, command, context())


LADDERS = (
    Ladder(
        case((), INITIATE),
        (
            after("payment_already_exists", replace(INITIATED, user_id="user-9")),
            commanding("amount_not_positive", amount_minor=0),
            commanding("gateway_not_configured", gateway=Gateway.FAWRY),
            commanding("method_not_supported", method="CASH"),
        ),
    ),
    Ladder(
        case((INITIATED,), ACCEPTED),
        (NOT_FOUND, after("invalid_state", PaymentCancelled("x"), alone="payment_not_found")),
    ),
    Ladder(case(WAITING, OUTCOME), (NOT_FOUND,)),
    Ladder(
        case(WAITING, CancelPayment("x")),
        (NOT_FOUND, after("payment_final", PaymentCancelled("x"), alone="payment_not_found")),
    ),
    Ladder(
        case(PAID, REFUND),
        (
            NOT_FOUND,
            without_event("payment_not_completed", PaymentCompleted, alone="payment_not_found"),
            after("refund_already_exists", replace(REQUESTED, amount_minor=1), alone="payment_not_found"),
            commanding("amount_not_positive", amount_minor=0, alone="refund_exceeds_capture"),
            commanding("refund_exceeds_capture", amount_minor=500_01),
        ),
    ),
    Ladder(
        case((*PAID, REQUESTED), RecordRefundOutcome("refund-1", RefundOutcomeStatus.COMPLETED)),
        (commanding("refund_not_found", refund_id="refund-9"),),
    ),
)
