"""What a REST route is: a path for a row of the command table, or for a query."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from ledger.api.edge import Edge
from ledger.api.rest.exchange import Exchange
from ledger.messages.commands import Caller

AGGREGATE = "id"
"""The path parameter that names the aggregate."""

Ask = Callable[[Edge, Caller, Exchange, Any], Awaitable[msgspec.Struct]]


@dataclass(frozen=True, slots=True)
class CommandRoute:
    """A method and path for a row of the command table. `args`: path parameters that the command gets, by its names."""

    method: str
    path: str
    command: str
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class QueryRoute:
    """A path for a query. `codes`: what it may refuse beside what every query may.

    `projection`: the one that it stands behind, where that is not its topic's own.
    `other_answer`: what it answers instead, asked in another way.
    """

    path: str
    query: str
    input: type[msgspec.Struct]
    answer: type[msgspec.Struct]
    ask: Ask
    codes: tuple[str, ...] = ("card_not_found",)
    projection: str | None = None
    other_answer: type[msgspec.Struct] | None = None
