"""Read model `wallets`: each wallet as it stands after its newest event, without its money."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger.domain.wallet.events import (
    EVENTS,
    WalletActivated,
    WalletClosed,
    WalletCreated,
    WalletLimitsChanged,
    WalletSuspended,
)
from ledger.domain.wallet.state import Status
from ledger.ports import Changes
from projections.projection import Fact, Projection, names_of, present

_Columns = dict[str, Any]


def _status(status: Status) -> Callable[[Any], _Columns]:
    return lambda _event: {"status": status.value}


def _limits(event: Any) -> _Columns:
    return {"daily_limit_minor": event.daily_limit_minor, "monthly_limit_minor": event.monthly_limit_minor}


_COLUMNS: Mapping[str, Callable[[Any], _Columns]] = {
    WalletActivated.__name__: _status(Status.ACTIVE),
    WalletSuspended.__name__: _status(Status.SUSPENDED),
    WalletClosed.__name__: _status(Status.CLOSED),
    WalletLimitsChanged.__name__: _limits,
}


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """One row a wallet: a new wallet with all that happened to it in the batch, or what moved on an earlier one."""
    created: dict[str, _Columns] = {}
    moved: dict[str, _Columns] = {}
    for fact in facts:
        envelope = fact.envelope
        wallet_id = envelope.aggregate_id
        if envelope.type == WalletCreated.__name__:
            created[wallet_id] = _new_wallet(fact)
            continue
        row = created.get(wallet_id) or moved.setdefault(wallet_id, {"wallet_id": wallet_id})
        columns = _COLUMNS.get(envelope.type)
        row.update({} if columns is None else columns(fact.fields))
        row.update(version=envelope.version, updated_at=envelope.occurred_at)
    return present([Changes("insert_wallets", [*created.values()]), Changes("update_wallets", [*moved.values()])])


def _new_wallet(fact: Fact) -> _Columns:
    envelope, event = fact
    return {
        "wallet_id": envelope.aggregate_id,
        "user_id": event.user_id,
        "owner_class": event.owner_class.value,
        "currency": event.currency,
        "status": Status.PENDING.value,
        **_limits(event),
        "created_at": envelope.occurred_at,
        "updated_at": envelope.occurred_at,
        "version": envelope.version,
    }


# Every event of a wallet moves its version, whatever else it does.
WALLETS = Projection("wallets", names_of(*EVENTS), fold)
