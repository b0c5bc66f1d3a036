"""Read model `refunds`: what was asked to be given back of a payment, and what became of it."""

from collections.abc import Sequence
from typing import Any

from ledger.domain.payment.events import RefundCompleted, RefundFailed, RefundRequested
from ledger.domain.payment.state import RefundStatus
from ledger.ports import Changes
from projections.projection import Fact, Projection, names_of, present

_Key = tuple[str, str]
_STATUS = {
    RefundCompleted.__name__: RefundStatus.COMPLETED.value,
    RefundFailed.__name__: RefundStatus.FAILED.value,
}


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """New refunds as the batch leaves them, and how earlier ones ended."""
    requested: dict[_Key, dict[str, Any]] = {}
    ended: dict[_Key, dict[str, Any]] = {}
    for fact in facts:
        envelope, event = fact
        key = (envelope.aggregate_id, event.refund_id)
        if envelope.type == RefundRequested.__name__:
            requested[key] = _new_refund(fact)
            continue
        row = requested.get(key) or ended.setdefault(key, {"payment_id": key[0], "refund_id": key[1]})
        row.update(
            status=_STATUS[envelope.type], gateway_refund_id=event.gateway_refund_id, ended_at=envelope.occurred_at
        )
    return present([Changes("insert_refunds", [*requested.values()]), Changes("end_refunds", [*ended.values()])])


def _new_refund(fact: Fact) -> dict[str, Any]:
    envelope, event = fact
    return {
        "payment_id": envelope.aggregate_id,
        "refund_id": event.refund_id,
        "wallet_id": event.wallet_id,
        "amount_minor": event.amount_minor,
        "currency": event.currency,
        "source": event.source.value,
        "status": RefundStatus.REQUESTED.value,
        "reason": event.reason,
        "gateway_refund_id": None,
        "requested_at": envelope.occurred_at,
        "ended_at": None,
    }


REFUNDS = Projection("refunds", names_of(RefundRequested, RefundCompleted, RefundFailed), fold)
