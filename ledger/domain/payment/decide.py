"""What a payment answers to its commands. Checks stand in the order in which they are made, which is the contract."""

from functools import singledispatch

from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.payment import outcomes, refunds, refusals
from ledger.domain.payment.commands import (
    CancelPayment,
    Command,
    InitiatePayment,
    RecordGatewayAccepted,
    RecordGatewayOutcome,
    RecordRefundOutcome,
    RequestRefund,
)
from ledger.domain.payment.events import PaymentCancelled, PaymentInitiated, PaymentPending
from ledger.domain.payment.state import OPEN, Payment, Status

Decision = Event | Refusal | Unchanged


def decide(payment: Payment | None, command: Command, context: Context) -> Decision:
    """The one event that the command brings about, or the refusal or known fact that answers it."""
    if isinstance(command, InitiatePayment):
        return _initiate(payment, command, context)
    if payment is None:
        return refusals.RefundNotFound() if isinstance(command, RecordRefundOutcome) else refusals.PaymentNotFound()
    return _decide(command, payment, context)


def _initiate(payment: Payment | None, command: InitiatePayment, context: Context) -> Decision:
    wanted = PaymentInitiated(
        wallet_id=command.wallet_id,
        user_id=command.user_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        gateway=command.gateway,
        method=command.method,
        customer=command.customer,
    )
    if payment is not None:
        return refusals.PaymentInitiatedBefore() if payment.origin == wanted else refusals.PaymentAlreadyExists()
    if command.amount_minor <= 0:
        return refusals.AmountNotPositive()
    offered = context.payment_methods.get(command.gateway)
    if offered is None:
        return refusals.GatewayNotConfigured(command.gateway)
    if command.method not in offered:
        return refusals.MethodNotSupported(command.method, tuple(sorted(offered)))
    return wanted


@singledispatch
def _decide(command: Command, _payment: Payment, _context: Context) -> Decision:
    raise AssertionError(f"no payment decides {type(command).__name__}")


@_decide.register
def _(command: RecordGatewayAccepted, payment: Payment, _context: Context) -> Decision:
    if payment.status is not Status.INITIATED:
        return refusals.InvalidState(payment.status)
    return PaymentPending(command.reference, command.integration_id, command.checkout_url, command.expires_at)


@_decide.register
def _(command: RecordGatewayOutcome, payment: Payment, _context: Context) -> Decision:
    return outcomes.record(payment, command)


@_decide.register
def _(command: CancelPayment, payment: Payment, _context: Context) -> Decision:
    if payment.status not in OPEN:
        return refusals.PaymentFinal(payment.status)
    return PaymentCancelled(command.reason)


@_decide.register
def _(command: RequestRefund, payment: Payment, context: Context) -> Decision:
    return refunds.request(payment, command, context)


@_decide.register
def _(command: RecordRefundOutcome, payment: Payment, _context: Context) -> Decision:
    return refunds.record(payment, command)
