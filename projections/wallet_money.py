"""What an event of a wallet does to its balance and to what is set aside of it: shared by both models of balances."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ledger.domain.wallet.events import (
    Direction,
    HoldCaptured,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    TransactionReversed,
    WalletCredited,
    WalletDebited,
)
from projections.projection import Fact


class Movement(NamedTuple):
    """Differences, in minor units of the wallet's currency."""

    balance_minor: int
    held_minor: int


NOTHING = Movement(0, 0)


def _freed(event: Any) -> Movement:
    return Movement(0, -event.amount_minor)


def _reversed(event: Any) -> Movement:
    """`direction` is that of the transaction that is turned round."""
    return Movement(-event.amount_minor if event.direction is Direction.CREDIT else event.amount_minor, 0)


_MOVEMENTS: Mapping[str, Callable[[Any], Movement]] = {
    WalletCredited.__name__: lambda event: Movement(event.amount_minor, 0),
    WalletDebited.__name__: lambda event: Movement(-event.amount_minor, 0),
    HoldPlaced.__name__: lambda event: Movement(0, event.amount_minor),
    HoldCaptured.__name__: lambda event: Movement(-event.amount_minor, -event.amount_minor - event.released_minor),
    HoldReleased.__name__: _freed,
    HoldExpired.__name__: _freed,
    TransactionReversed.__name__: _reversed,
}
MOVING = frozenset(_MOVEMENTS)
"""The types of events that move money."""


def movement_of(fact: Fact) -> Movement:
    moves = _MOVEMENTS.get(fact.envelope.type)
    return NOTHING if moves is None else moves(fact.fields)
