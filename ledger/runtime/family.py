"""What the runtime knows of a family of aggregates: nothing of the business, only this seam."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.messages.codec import EventCodec
from ledger.messages.commands import CommandRequest
from ledger.messages.snapshots import StateCodec


@dataclass(frozen=True, slots=True)
class Malformed:
    """The body is no such command. Each error: `code`, `path` (a JSON pointer), `detail`."""

    errors: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class NotYours:
    """The caller may not give this command for this object."""

    detail: str


@dataclass(frozen=True, slots=True)
class Moment:
    """The host's time and the identity of one command."""

    at: datetime
    command_id: str
    request: CommandRequest


@dataclass(frozen=True, slots=True)
class Answered:
    """What an accepted command's answer names: the aggregate, the position, and the aggregate's version after it."""

    aggregate_id: str
    position: str
    version: int


class Family(Protocol):
    """One kind of aggregate. Every method is pure and quick."""

    @property
    def topic(self) -> str: ...

    @property
    def aggregate_type(self) -> str: ...

    @property
    def codec(self) -> EventCodec: ...

    @property
    def states(self) -> StateCodec: ...

    @property
    def commands(self) -> Collection[str]:
        """The names of its commands."""
        ...

    def parse(self, request: CommandRequest) -> Any | Malformed | NotYours:
        """The domain's command, with equality by content: its fields are what the request hash covers."""
        ...

    def hides(self, state: Any, command: Any, request: CommandRequest) -> bool:
        """Whether this caller may not know that the aggregate exists: it is then answered as if there were none.

        Never for a command that creates.
        """
        ...

    def decide(self, state: Any, command: Any, moment: Moment) -> Event | Refusal | Unchanged: ...

    def evolve(self, state: Any, event: Event) -> Any: ...

    def refuse_foreign(self, command: Any) -> Refusal:
        """The answer where the id belongs to an aggregate of another kind."""
        ...

    def facts(self, state: Any, command: Any, refusal: Refusal) -> Mapping[str, Any]:
        """A refusal's figures as its answer holds them, plain values."""
        ...

    def reply(self, state: Any, command: Any, outcome: Event | Unchanged, answered: Answered) -> bytes:
        """The accepted command's answer as JSON; `state` is the state after it."""
        ...


Families = Mapping[str, Family]
"""By aggregate type."""


def refusal_code(refusal: Refusal) -> str:
    """`CardAlreadyExists` -> `card_already_exists`."""
    name = type(refusal).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
