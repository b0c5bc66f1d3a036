"""Read models `wallet_balances` and `wallet_balance_history`: what each wallet holds, and what it held when.

Neither reads the other's table: each can be built, moved to another store, or thrown away by itself.
"""

from collections.abc import Sequence
from typing import Any

from ledger.domain.wallet.events import EVENTS, WalletCreated
from ledger.ports import Changes
from projections.projection import Fact, Projection, names_of, present
from projections.wallet_money import MOVING, NOTHING, Movement, movement_of

_CREATED = WalletCreated.__name__


def fold_now(facts: Sequence[Fact]) -> list[Changes]:
    """One row a wallet: a new one with its sums, or differences for an earlier one."""
    created: dict[str, dict[str, Any]] = {}
    moved: dict[str, dict[str, Any]] = {}
    for fact in facts:
        envelope = fact.envelope
        wallet_id = envelope.aggregate_id
        if envelope.type == _CREATED:
            row = created[wallet_id] = {**_nothing(wallet_id), "currency": fact.fields.currency}
        else:
            row = created.get(wallet_id) or moved.setdefault(wallet_id, _nothing(wallet_id))
        movement = movement_of(fact)
        row["balance_minor"] += movement.balance_minor
        row["held_minor"] += movement.held_minor
        row.update(at=envelope.occurred_at, version=envelope.version)
    return present(
        [
            Changes("insert_wallet_balances", [*created.values()]),
            Changes("add_wallet_balances", [*moved.values()]),
        ]
    )


def _nothing(wallet_id: str) -> dict[str, Any]:
    return {"wallet_id": wallet_id, "balance_minor": 0, "held_minor": 0}


def fold_history(facts: Sequence[Fact]) -> list[Changes]:
    """One row an event, with what the batch has moved on its wallet so far."""
    sums: dict[str, Movement] = {}
    rows = []
    for fact in facts:
        envelope = fact.envelope
        before, movement = sums.get(envelope.aggregate_id, NOTHING), movement_of(fact)
        after = Movement(before.balance_minor + movement.balance_minor, before.held_minor + movement.held_minor)
        sums[envelope.aggregate_id] = after
        rows.append(
            {
                "wallet_id": envelope.aggregate_id,
                "version": envelope.version,
                "at": envelope.occurred_at,
                "currency": fact.fields.currency,
                "balance_minor": after.balance_minor,
                "held_minor": after.held_minor,
            }
        )
    return [Changes("add_wallet_balance_history", rows)]


# A balance bears its wallet's version, so that it can be named in `If-Match`: every event moves it.
WALLET_BALANCES = Projection("wallet_balances", names_of(*EVENTS), fold_now)
WALLET_BALANCE_HISTORY = Projection("wallet_balance_history", MOVING | {_CREATED}, fold_history)
