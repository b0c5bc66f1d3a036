"""What a projection is: the event types that it handles, and a pure fold of a batch into changes of its read model."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from ledger.domain.kinds import Event
from ledger.messages.codec import CODECS, EventData, UnknownEvent
from ledger.messages.envelope import Envelope, canonical_json
from ledger.messages.sealing import Sealed
from ledger.ports import Changes
from projections.chain import SHARED_EVENTS_MAX


class Fact(NamedTuple):
    """An event with its fields as they are stored: upcast, personal ones still `Sealed`. Decoded once for everybody."""

    envelope: Envelope
    fields: Any


@dataclass(frozen=True, slots=True)
class Projection:
    """One read model.

    `fold` gets the facts of the types in `handles`, in the order of each partition, and folds them so far that no
    two rows of one `Changes` speak of the same row: its statement could not touch that twice. `tables`: those of
    schema `read` that its statements write, and nobody else's do; none named means the one of the projection's name.
    """

    name: str
    handles: frozenset[str]
    fold: Callable[[Sequence[Fact]], Sequence[Changes]]
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Read models behind one projector, with one set of checkpoints under the group's name.

    An event that cannot be applied parks its aggregate, and the rest goes on; where a group `halts`, nothing goes on.
    """

    name: str
    topics: frozenset[str]
    projections: tuple[Projection, ...]
    halts: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        """What is built anew and compared together."""
        return tuple(table for each in self.projections for table in each.tables or (each.name,))


def names_of(*event_classes: type[Event]) -> frozenset[str]:
    """The stored names of event classes."""
    return frozenset(event_class.__name__ for event_class in event_classes)


@lru_cache(SHARED_EVENTS_MAX)
def fact_of(envelope: Envelope) -> Fact:
    """Raises `UnknownEvent` for a type, schema version or aggregate type that this code does not know."""
    codec = CODECS.get(envelope.aggregate_type)
    if codec is None:
        raise UnknownEvent(f"{envelope.type} of aggregate type {envelope.aggregate_type} at {envelope.position}")
    return Fact(envelope, codec.fields(EventData(envelope.type, envelope.schema_version, envelope.data)))


def changes_of(projections: Sequence[Projection], facts: Sequence[Fact]) -> list[Changes]:
    """What a batch does to all read models.

    Raises `UnknownEvent` where no projection handles a type: whoever adds an event says what it means to a reader.
    """
    unknown = {fact.envelope.type for fact in facts}.difference(*(projection.handles for projection in projections))
    for fact in facts if unknown else ():
        if fact.envelope.type in unknown:
            raise UnknownEvent(f"no projection handles {fact.envelope.type} at {fact.envelope.position}")
    return [change for projection in projections for change in _folded(projection, facts)]


def _folded(projection: Projection, facts: Sequence[Fact]) -> Sequence[Changes]:
    handles = projection.handles
    handled = [fact for fact in facts if fact.envelope.type in handles]
    return projection.fold(handled) if handled else ()


def present(changes: Iterable[Changes]) -> list[Changes]:
    """The changes that have rows: each of them costs a round trip."""
    return [change for change in changes if change.rows]


def box_text(box: Sealed) -> str:
    """A sealed field as it stands in the event."""
    return canonical_json(box).decode()
