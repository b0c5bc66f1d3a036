"""Read model `payments`: each payment as it stands after its newest event."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger.domain.payment.events import (
    EVENTS,
    PaymentCancelled,
    PaymentCompleted,
    PaymentDisputed,
    PaymentExpired,
    PaymentFailed,
    PaymentInitiated,
    PaymentPending,
    RefundCompleted,
)
from ledger.domain.payment.state import Status
from ledger.ports import Changes
from projections.projection import Fact, Projection, box_text, names_of, present

_Columns = dict[str, Any]


def _pending(event: Any) -> _Columns:
    return {
        "status": Status.PENDING.value,
        "reference": event.reference,
        "checkout_url": event.checkout_url,
        "expires_at": event.expires_at,
    }


def _completed(event: Any) -> _Columns:
    """Also of a payment that had failed, expired or been cancelled before: the money is there."""
    return {
        "status": Status.COMPLETED.value,
        "reference": event.reference,
        "gateway_transaction_id": event.gateway_transaction_id,
        "captured_minor": event.amount_minor,
        "fees_minor": event.fees_minor,
    }


def _ended(status: Status) -> Callable[[Any], _Columns]:
    """Late news of a payment that had ended already changes nothing."""
    return lambda event: {} if event.late else {"status": status.value}


_COLUMNS: Mapping[str, Callable[[Any], _Columns]] = {
    PaymentPending.__name__: _pending,
    PaymentCompleted.__name__: _completed,
    PaymentFailed.__name__: _ended(Status.FAILED),
    PaymentExpired.__name__: _ended(Status.EXPIRED),
    PaymentCancelled.__name__: lambda _event: {"status": Status.CANCELLED.value},
    PaymentDisputed.__name__: lambda _event: {"disputed": True},
}


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """One row a payment: a new one with all that happened to it in the batch, or what moved on an earlier one."""
    created: dict[str, _Columns] = {}
    moved: dict[str, _Columns] = {}
    for fact in facts:
        envelope = fact.envelope
        payment_id = envelope.aggregate_id
        if envelope.type == PaymentInitiated.__name__:
            created[payment_id] = _new_payment(fact)
            continue
        row = created.get(payment_id) or moved.setdefault(payment_id, {"payment_id": payment_id, "refunded_minor": 0})
        _move(row, fact)
    for row in created.values():
        if row["refunded_minor"]:
            all_of_it = row["refunded_minor"] == row["captured_minor"]
            row["status"] = (Status.REFUNDED if all_of_it else Status.PARTIALLY_REFUNDED).value
    return present([Changes("insert_payments", [*created.values()]), Changes("update_payments", [*moved.values()])])


def _move(row: _Columns, fact: Fact) -> None:
    """What is not said (None) leaves what is known as it is."""
    envelope, event = fact
    columns = _COLUMNS.get(envelope.type)
    said = {} if columns is None else columns(event)
    row.update({name: value for name, value in said.items() if value is not None})
    if envelope.type == RefundCompleted.__name__:
        row["refunded_minor"] += event.amount_minor
    row.update(version=envelope.version, updated_at=envelope.occurred_at)


def _new_payment(fact: Fact) -> _Columns:
    envelope, event = fact
    return {
        "payment_id": envelope.aggregate_id,
        "wallet_id": event.wallet_id,
        "user_id": event.user_id,
        "amount_minor": event.amount_minor,
        "currency": event.currency,
        "gateway": event.gateway.value,
        "method": event.method,
        "customer": box_text(event.customer),
        "status": Status.INITIATED.value,
        "disputed": False,
        "reference": None,
        "checkout_url": None,
        "expires_at": None,
        "gateway_transaction_id": None,
        "captured_minor": 0,
        "refunded_minor": 0,
        "fees_minor": 0,
        "created_at": envelope.occurred_at,
        "updated_at": envelope.occurred_at,
        "version": envelope.version,
    }


# Every event of a payment moves its version, whatever else it does.
PAYMENTS = Projection("payments", names_of(*EVENTS), fold)
