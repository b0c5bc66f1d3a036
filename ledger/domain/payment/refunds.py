"""Refunds: asked for, then completed or failed, as the gateway says."""

from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.payment import refusals
from ledger.domain.payment.commands import RecordRefundOutcome, RequestRefund
from ledger.domain.payment.events import (
    PaymentDisputed,
    RefundCompleted,
    RefundFailed,
    RefundOutcomeStatus,
    RefundRequested,
)
from ledger.domain.payment.outcomes import disputed_once
from ledger.domain.payment.state import PAID, Payment, Refund, RefundStatus


def request(payment: Payment, command: RequestRefund, context: Context) -> Event | Refusal:
    """An id is used once, also after its refund has ended."""
    refund_id = f"rfd_{context.command_id}" if command.refund_id is None else command.refund_id
    if payment.status not in PAID:
        return refusals.PaymentNotCompleted(payment.status)
    if refund_id in payment.refunds:
        return refusals.RefundAlreadyExists()
    if command.amount_minor <= 0:
        return refusals.AmountNotPositive()
    if command.amount_minor > payment.refundable_minor:
        return refusals.RefundExceedsCapture(payment.refundable_minor)
    return RefundRequested(
        refund_id=refund_id,
        wallet_id=payment.origin.wallet_id,
        gateway=payment.origin.gateway,
        amount_minor=command.amount_minor,
        currency=payment.origin.currency,
        source=command.source,
        reason=command.reason,
    )


def record(payment: Payment, command: RecordRefundOutcome) -> Event | Refusal | Unchanged:
    """The first outcome counts. Another one after it is for people to settle: wallet and gateway have parted."""
    refund = payment.refunds.get(command.refund_id)
    if refund is None:
        return refusals.RefundNotFound()
    if refund.status is RefundStatus(command.status.value):
        return refusals.RefundOutcomeRecordedBefore(command.refund_id)
    if refund.status is not RefundStatus.REQUESTED:
        return disputed_once(payment, _disputed(payment, command, refund))
    ended = RefundCompleted if command.status is RefundOutcomeStatus.COMPLETED else RefundFailed
    return ended(
        refund_id=command.refund_id,
        wallet_id=payment.origin.wallet_id,
        gateway=payment.origin.gateway,
        gateway_refund_id=command.gateway_refund_id,
        amount_minor=refund.amount_minor,
        currency=payment.origin.currency,
        source=refund.source,
    )


def _disputed(payment: Payment, command: RecordRefundOutcome, refund: Refund) -> PaymentDisputed:
    return PaymentDisputed(
        mismatches=("refund",),
        status=command.status,
        gateway_transaction_id=command.gateway_refund_id,
        reference=None,
        integration_id=None,
        refund_id=command.refund_id,
        amount_minor=refund.amount_minor,
        currency=payment.origin.currency,
        digest="",
    )
