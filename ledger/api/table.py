"""What a row of the command table is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ledger.domain.kinds import Refusal
from ledger.messages.commands import Caller, CommandRequest
from ledger.runtime.family import Malformed, NotYours, refusal_code


class NotAvailable(Refusal):
    """Understood, and not built yet; nothing is stored."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One form of a command's body, and the domain's command that it stands for."""

    input: type[msgspec.Struct]
    to_command: Callable[[Any, CommandRequest], Any | Malformed | NotYours]


def _anyone(_caller: Caller, _command: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Row:
    """A command. `own`: whether this caller may give it for the object it names, once the role allows it at all.

    `id_field`: GraphQL's name of the aggregate's id. `args`: what a request may name beside the aggregate (in REST's
    path, in GraphQL's input), each with the refusal of one that cannot exist; it must, unless there is `with_args`: the
    form of the body where it does. `asks_network`: the door tells the decider what the registry says of the command's
    pharmacy. `own_wallet`: the input's field that names a wallet which must belong to the user whom
    the caller is bound to, if it is. `terminal_only`: a message of terminals, which neither REST nor GraphQL spells.
    `beside`: what its form may be refused with, beside the refusals of its command.
    """

    name: str
    topic: str
    aggregate_type: str
    id_field: str
    shape: Shape
    answer: type[msgspec.Struct]
    missing: type[Refusal]
    refusals: tuple[type[Refusal], ...]
    own: Callable[[Caller, Any], bool] = _anyone
    new_id_prefix: str | None = None
    args: Mapping[str, type[Refusal]] = field(default_factory=dict)
    with_args: Shape | None = None
    asks_network: bool = False
    own_wallet: str | None = None
    terminal_only: bool = False
    beside: tuple[type[Refusal], ...] = ()

    @property
    def creates(self) -> bool:
        return self.new_id_prefix is not None

    @property
    def codes(self) -> tuple[str, ...]:
        """The refusals of this command, in the order in which they are checked."""
        return tuple(map(code_of, self.refusals))

    def shape_for(self, args: Mapping[str, str]) -> Shape:
        return self.with_args if self.with_args is not None and args else self.shape


def code_of(refusal: type[Refusal]) -> str:
    return refusal_code(refusal.__new__(refusal))
