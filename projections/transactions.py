"""Read model `transactions`: money that came into a wallet or left it, and whether it was turned round."""

from collections.abc import Sequence
from typing import Any

from ledger.domain.wallet.events import (
    Direction,
    HoldCaptured,
    Owner,
    TransactionReversed,
    WalletCredited,
    WalletDebited,
)
from ledger.ports import Changes
from projections.projection import Fact, Projection, names_of, present

_Key = tuple[str, str]


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """New transactions, with their reversals where those came in the batch; and reversals of earlier ones."""
    posted: dict[_Key, dict[str, Any]] = {}
    reversed_: dict[_Key, dict[str, Any]] = {}
    for fact in facts:
        envelope, event = fact
        row = _transaction(fact)
        posted[envelope.aggregate_id, event.transaction_id] = row
        if row["reverses"] is not None:
            key = (envelope.aggregate_id, row["reverses"])
            mark = {"reversed_by": event.transaction_id, "reversed_at": envelope.occurred_at}
            if key in posted:
                posted[key].update(mark)
            else:
                reversed_[key] = {"wallet_id": key[0], "transaction_id": key[1], **mark}
    return present(
        [
            Changes("insert_transactions", [*posted.values()]),
            Changes("reverse_transactions", [*reversed_.values()]),
        ]
    )


def _transaction(fact: Fact) -> dict[str, Any]:
    envelope, event = fact
    return {
        "wallet_id": envelope.aggregate_id,
        "transaction_id": event.transaction_id,
        "amount_minor": event.amount_minor,
        "currency": event.currency,
        "reference": "",
        "owner": Owner.PUBLIC.value,
        "hold_id": None,
        "reverses": None,
        "reason": "",
        "reversed_by": None,
        "reversed_at": None,
        "posted_at": envelope.occurred_at,
        "position": envelope.position,
        **_of_kind(envelope.type, event),
    }


def _of_kind(event_type: str, event: Any) -> dict[str, Any]:
    """A reversal goes the other way than what it turns round."""
    credit, debit = Direction.CREDIT.value, Direction.DEBIT.value
    match event_type:
        case WalletCredited.__name__:
            kind = {"kind": "CREDIT", "direction": credit, "source": event.source}
            return {**kind, "reference": event.reference, "owner": event.owner.value}
        case WalletDebited.__name__:
            return {"kind": "DEBIT", "direction": debit, "source": event.purpose, "reference": event.reference}
        case HoldCaptured.__name__:
            kind = {"kind": "CAPTURE", "direction": debit, "source": event.purpose}
            return {**kind, "hold_id": event.hold_id, "owner": event.owner.value}
        case _:
            way_back = debit if event.direction is Direction.CREDIT else credit
            kind = {"kind": "REVERSAL", "direction": way_back, "source": event.source}
            return {**kind, "reverses": event.reverses, "reason": event.reason, "owner": event.owner.value}


TRANSACTIONS = Projection(
    "transactions", names_of(WalletCredited, WalletDebited, HoldCaptured, TransactionReversed), fold
)
