"""The followers' side of the ports: what a projector needs of the log and of its store, and what operators may do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import Changes, Checkpoint, CheckpointMove, Head


class LogReader(Protocol):
    """The part of `EventLog` that a follower reads, under its promises."""

    async def heads(self) -> Mapping[PartitionId, Head]: ...

    async def read_after(self, after: Mapping[PartitionId, int], events_max: int) -> Sequence[Envelope]: ...


async def read_ahead(
    log: LogReader, partition: PartitionId, after: int, until: int, page_events: int
) -> AsyncIterator[Sequence[Envelope]]:
    """A partition's events beyond an offset, up to another, in pages; the next page is on its way while one is used.

    Ends early where the log does. Raises what the log raises.
    """

    def page_after(offset: int) -> "asyncio.Future[Sequence[Envelope]]":
        return asyncio.ensure_future(log.read_after({partition: offset}, min(page_events, until - offset)))

    if after >= until:
        return
    coming = page_after(after)
    try:
        while page := await coming:
            if page[-1].offset >= until:
                yield page
                return
            coming = page_after(page[-1].offset)
            # Whoever uses the page may not let go of the loop for a while: the question must be out before.
            await asyncio.sleep(0)
            yield page
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


class Halted(Exception):
    """A follower may apply nothing more until somebody has looked. Its text names positions only, and may be shown."""


class GapInLog(Halted):
    """The log does not go on where it was left: an event is missing, or the log has become shorter. Never skipped."""


class ProjectionChanged(Exception):
    """Somebody else has paused the projection or touched what it keeps: read everything anew. Nothing was written."""


class AggregateKey(NamedTuple):
    """One aggregate, wherever its id came from."""

    partition: PartitionId
    aggregate_id: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An aggregate whose events from an offset on were not applied: `count` of them so far, the first for `error`."""

    key: AggregateKey
    first_offset: int
    error: str
    count: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What others have done to a projection: `generation` rises with each time."""

    generation: int = 0
    paused: bool = False


class StillProjection(Protocol):
    """A projection that its projector cannot move; what is done here goes in as one transaction."""

    async def checkpoints(self) -> Mapping[PartitionId, Checkpoint]: ...

    async def unpark(self, letter: DeadLetter, changes: Sequence[Changes]) -> None:
        """Applies what was left out, and forgets the dead letter.

        Raises `BadData`, and `ProjectionChanged` where it is not there any more, or begins elsewhere: nothing may be
        applied twice.
        """
        ...


class ReadStore(Protocol):
    """Read models: changes go in together with the checkpoints that they bring the projection to."""

    async def standing(self, projection: str) -> Standing: ...

    async def checkpoints(self, projection: str) -> Mapping[PartitionId, Checkpoint]: ...

    async def dead_letters(self, projection: str) -> Sequence[DeadLetter]:
        """By their first offset in each partition."""
        ...

    async def apply(
        self,
        projection: str,
        changes: Sequence[Changes],
        moves: Sequence[CheckpointMove],
        parked: Sequence[DeadLetter] = (),
        generation: int | None = None,
    ) -> None:
        """One transaction; the counts of dead letters that are there already are added to.

        With nothing written it raises `CheckpointMoved`, `BadData`, and `ProjectionChanged` where the generation is
        another one than given.
        """
        ...

    async def pause(self, projection: str, paused: bool) -> bool:
        """Nothing is applied once this has returned, until it is undone. False where it was so before."""
        ...

    def still(self, projection: str) -> AbstractAsyncContextManager[StillProjection]:
        """Keeps the projector from moving; it reads everything anew afterwards."""
        ...


class AlreadyAtWork(Exception):
    """The same tables are being built by somebody else."""


CaughtUp = Callable[[Mapping[PartitionId, Checkpoint]], Awaitable[None]]
"""Brings the tables that are built to these checkpoints at least, while the live ones stand still."""


class Shadow(Protocol):
    """Tables of a projection that are built beside those that queries read, by somebody who is alone in doing so.

    Its own projection (`name`) has checkpoints and dead letters like any other.
    """

    name: str

    async def make(self, durable: bool) -> None:
        """Empty tables, with no checkpoints; what was there before is gone."""
        ...

    async def made(self) -> bool:
        """Whether tables stand there that an earlier build has left."""
        ...

    async def take_place(self, caught_up: CaughtUp) -> None:
        """The live tables, checkpoints and dead letters are replaced by these, in one step that no reader notices.

        Raises `StoreUnavailable` where the tables cannot be had in time: nothing has changed then, and it may be
        tried again.
        """
        ...

    async def differences(self, caught_up: CaughtUp) -> Mapping[str, Sequence[tuple[str, str]]]:
        """By table: the keys of rows in which the live tables are not these, with what differs.

        Both are looked at as they are at one moment, to which the tables have been brought.
        """
        ...

    async def drop(self) -> None:
        """Nothing is left of it."""
        ...
