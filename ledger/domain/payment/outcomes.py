"""What gateways say of a payment: twice, late and out of order, and not always what our record says."""

from ledger.domain.kinds import Event, Unchanged
from ledger.domain.payment.commands import RecordGatewayOutcome
from ledger.domain.payment.events import (
    OutcomeStatus,
    PaymentCompleted,
    PaymentDisputed,
    PaymentExpired,
    PaymentFailed,
)
from ledger.domain.payment.refusals import OutcomeRecordedBefore
from ledger.domain.payment.state import OPEN, PAID, Payment, dispute_key


def record(payment: Payment, command: RecordGatewayOutcome) -> Event | Unchanged:
    """A verified message is never refused: it is recorded once, and disputed where it differs from our record.

    The differences come first, because a message that differs is no repeat: the true one may still come after it.
    """
    mismatches = _mismatches(payment, command)
    if mismatches:
        return disputed_once(payment, _disputed(command, mismatches))
    if (command.gateway_transaction_id, command.status) in payment.outcomes:
        return OutcomeRecordedBefore()
    if command.status is OutcomeStatus.PAID:
        return _completed(payment, command)
    late = payment.status not in OPEN
    if command.status is OutcomeStatus.FAILED:
        return PaymentFailed(command.gateway_transaction_id, command.reason, late, command.digest)
    return PaymentExpired(command.gateway_transaction_id, late, command.digest)


def disputed_once(payment: Payment, disputed: PaymentDisputed) -> PaymentDisputed | OutcomeRecordedBefore:
    """The dispute, or the known fact that it is recorded already."""
    return OutcomeRecordedBefore() if dispute_key(disputed) in payment.disputes else disputed


def _mismatches(payment: Payment, command: RecordGatewayOutcome) -> tuple[str, ...]:
    """What differs from our record, as far as that knows it: a callback may overtake the gateway's acceptance."""
    paid = command.status is OutcomeStatus.PAID
    origin = payment.origin
    second = paid and payment.status in PAID and command.gateway_transaction_id != payment.paid_transaction_id
    differs = {
        "amount": _differs(origin.amount_minor, command.amount_minor, paid),
        "currency": _differs(origin.currency, command.currency, paid),
        "reference": _differs(payment.reference, command.reference, paid),
        "integration": _differs(payment.integration_id, command.integration_id, paid),
        "transaction": second,
        "fees": command.fees_minor < 0,
    }
    return tuple(name for name, does in differs.items() if does)


def _differs(known: str | int | None, stated: str | int | None, paid: bool) -> bool:
    """Money must come with everything that we know of it; other news may leave things out."""
    if known is None or (stated is None and not paid):
        return False
    return stated != known


def _disputed(command: RecordGatewayOutcome, mismatches: tuple[str, ...]) -> PaymentDisputed:
    return PaymentDisputed(
        mismatches=mismatches,
        status=command.status,
        gateway_transaction_id=command.gateway_transaction_id,
        reference=command.reference,
        integration_id=command.integration_id,
        refund_id=None,
        amount_minor=command.amount_minor,
        currency=command.currency,
        digest=command.digest,
    )


def _completed(payment: Payment, command: RecordGatewayOutcome) -> PaymentCompleted:
    origin = payment.origin
    return PaymentCompleted(
        wallet_id=origin.wallet_id,
        gateway=origin.gateway,
        gateway_transaction_id=command.gateway_transaction_id,
        reference=command.reference or payment.reference,
        amount_minor=origin.amount_minor,
        currency=origin.currency,
        fees_minor=command.fees_minor,
        digest=command.digest,
    )
