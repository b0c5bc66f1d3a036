"""The outside world on one page. Every promise here is held by a contract suite over all adapters of its port."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from ledger.messages.commands import CommandAnswer, CommandRequest
from ledger.messages.envelope import DIGEST_OF_NOTHING, Envelope, PartitionId

# --- the log ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """A partition's end: the offset and digest of its newest event, its epoch, the host that the placement names, and
    which start of that host has taken it (none yet: empty)."""

    offset: int = 0
    digest: bytes = DIGEST_OF_NOTHING
    epoch: int = 0
    host: str = ""
    holder: str = ""

    def moved_to(self, offset: int, digest: bytes) -> "Head":
        """The same partition after another newest event."""
        return Head(offset, digest, self.epoch, self.host, self.holder)


@dataclass(frozen=True, slots=True)
class HeadMove:
    """A partition that an append touches: what its row must say, and where its head goes."""

    partition: PartitionId
    epoch: int
    from_offset: int
    to_offset: int
    to_digest: bytes


class ResultKey(NamedTuple):
    """What an idempotency key is scoped to."""

    partition: PartitionId
    aggregate_id: str
    caller: str
    key: str


class CommandResult(Struct, frozen=True):
    """The stored answer of a command. `result` is the answer's JSON, kept byte for byte; `accepted` or refused."""

    key: ResultKey
    request_hash: bytes
    accepted: bool
    result: bytes
    position: int


@dataclass(frozen=True, slots=True)
class Append:
    """One append: heads to move, results to keep, events numbered and chained by the caller."""

    moves: Sequence[HeadMove]
    results: Sequence[CommandResult]
    events: Sequence[Envelope]


@dataclass(frozen=True, slots=True)
class Committed:
    """All of it is durable. `recorded_at` was taken under the locks."""

    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Fenced:
    """Nothing was written: these partitions have another epoch or head than expected."""

    partitions: frozenset[PartitionId]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Nothing was written: these keys have stored answers."""

    results: Mapping[ResultKey, CommandResult]


Verdict = Committed | Fenced | Duplicates


class BadData(Exception):
    """The store refuses some member's data; nothing was written."""


class OutcomeUnknown(Exception):
    """The append may or may not be durable: its answer was lost or late."""


class StoreUnavailable(Exception):
    """The store cannot be reached now; nothing was written by this call."""


class LayoutMismatch(Exception):
    """The database was made with another number of partitions than the settings name."""


class EventLog(Protocol):
    """The numbered, append-only log. One append is one transaction; readers see whole appends only."""

    async def append(self, append: Append) -> Verdict:
        """Raises `BadData`, `OutcomeUnknown`, or `StoreUnavailable`."""
        ...

    async def results(self, keys: Collection[ResultKey]) -> Mapping[ResultKey, CommandResult]:
        """The stored answers among `keys`."""
        ...

    async def heads(self) -> Mapping[PartitionId, Head]:
        """Every partition."""
        ...

    async def read_after(self, after: Mapping[PartitionId, int], events_max: int) -> Sequence[Envelope]:
        """Events beyond the given offsets, each partition in offset order without gaps, `events_max` in all."""
        ...

    async def read_aggregates(
        self, partition: PartitionId, after: Mapping[str, int], events_max: int
    ) -> Sequence[Envelope]:
        """Events of these aggregates beyond the given versions, `events_max` in all.

        One aggregate after the other in the order of `after`, each by version: those before the last one are complete.
        """
        ...

    async def lay_out(self, topics: Iterable[str], partitions: int, hosts: Sequence[str]) -> None:
        """Makes the partitions of new topics and places them on hosts in turn; leaves the others where they are.

        Raises `LayoutMismatch` where a topic exists with another number of partitions: that number is for ever.
        """
        ...

    async def take_ownership(self, host: str, holder: str) -> Mapping[PartitionId, Head]:
        """Bumps the epoch of every partition whose row names this host: once, when a host starts.

        `holder` is unique to that start, so that two processes under one name are told apart; later starts sort later.
        """
        ...

    async def adopt(self, host: str, holder: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, Head]:
        """Takes those of the partitions whose row names this host and that no later start of it holds. Safe to repeat.

        What is missing in the answer is another's.
        """
        ...

    async def place(self, partition: PartitionId, host: str, epoch: int) -> Head | None:
        """Names another host for a partition, held by nobody until that host adopts it; fences the owner that it had.

        Nothing is changed, and the answer is None, where the partition has another epoch than the caller knows.
        """
        ...

    async def bump(self, host: str, holder: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, Head]:
        """Bumps the epoch of those that still name this host and holder; waits for stray appends. Safe to repeat.

        A partition that is missing in the answer is lost to another owner.
        """
        ...

    async def time(self) -> datetime:
        """What the store's own clock says, UTC."""
        ...

    async def hint(self) -> None:
        """Tells followers that something was appended; best effort, never part of an append."""
        ...

    async def wait_for_hint(self, timeout_s: float) -> None:
        """Returns at the next hint, or after the timeout."""
        ...


# --- following the log -----------------------------------------------------------------------------------------------


class EventFeed(Protocol):
    """Batches of events for projectors, by partition and in order, from given offsets."""

    def batches(self, after: Mapping[PartitionId, int]) -> AsyncIterator[Sequence[Envelope]]:
        """Endless. Every batch continues where the last one ended; wakes on a hint, and polls anyway."""
        ...


class CheckpointMoved(Exception):
    """Another copy of the projector moved the checkpoint: this one must stop."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a projection has come in a partition, and the digest of the event there."""

    offset: int = 0
    digest: bytes = DIGEST_OF_NOTHING


@dataclass(frozen=True, slots=True)
class CheckpointMove:
    partition: PartitionId
    from_offset: int
    to: Checkpoint


Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a batch of events does to one read model: parameters of its named statement, in log order."""

    statement: str
    rows: Sequence[Row]


# --- commands --------------------------------------------------------------------------------------------------------


Deliver = Callable[[CommandRequest, CommandAnswer], None]
"""Takes a command's answer, in the loop of whoever sent it. Quick; never raises."""


class CommandDoor(Protocol):
    """The way to the hosts of aggregates."""

    async def submit(self, request: CommandRequest) -> CommandAnswer:
        """Answers when the command's outcome is durable. Never raises for what a host or the network does:
        the answer is then EXPIRED (not executed), OVERLOADED, or UNKNOWN."""
        ...

    def send(self, requests: Sequence[CommandRequest], deliver: Deliver) -> None:
        """As `submit`, for many that have one `timeout_ms`, at less cost each. `deliver` gets each one's answer once,
        as it comes, perhaps before this returns; those of one aggregate are sent in their order."""
        ...


# --- keys, time, chance ----------------------------------------------------------------------------------------------


class KeyRing(Protocol):
    """Data keys of persons, wrapped by a master key and kept apart from the log."""

    async def ensure(self, persons: Collection[str]) -> Mapping[str, AESGCM]:
        """The keys of these persons, made and durable where there was none.

        A person whose key was destroyed gets no key and is missing in the answer.
        """
        ...

    async def find(self, persons: Collection[str]) -> Mapping[str, AESGCM]:
        """The keys that exist; the erased and the unknown are missing."""
        ...

    async def destroy(self, person: str) -> bool:
        """Erases a person for ever; True where there was a key."""
        ...

    async def pepper(self) -> bytes:
        """The secret of this database that request hashes are keyed with, so that they give away no content."""
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for time-outs and durations."""
        ...


class Ids(Protocol):
    def random_bytes(self, count: int) -> bytes: ...

    def new_id(self) -> str:
        """Unique, URL-safe, 22 characters or more."""
        ...
