"""The projector: follows a feed, and keeps read models and their checkpoints in step with it."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from ledger.following import LogReader
from ledger.messages.envelope import Envelope, PartitionId, chained_digest, position_text
from ledger.ports import (
    Checkpoint,
    CheckpointMove,
    Clock,
    EventFeed,
    Head,
    ReadStore,
    StoreUnavailable,
)
from projections.projection import Group, changes_of, fact_of

BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 5.0

_log = logging.getLogger(__name__)


class GapInFeed(Exception):
    """The feed left an event out: applying the next one would lose it."""


class LogForked(Exception):
    """An event does not chain to the one that was applied before it: the log is not the one followed so far."""


class Projector:
    """Applies every event of a feed once, in order, to all of its projections: one transaction a batch.

    `name` is that of its checkpoints; one projector may run under it at a time, and a second one is stopped.
    """

    def __init__(
        self,
        group: Group,
        log: LogReader,
        feed: EventFeed,
        store: ReadStore,
        clock: Clock,
    ) -> None:
        self._log = log
        self._feed = feed
        self._store = store
        self._projections = group.projections
        self._clock = clock
        self._name = group.name
        self._checkpoints: dict[PartitionId, Checkpoint] = {}
        self._lag_s = 0.0
        self._events_applied = 0
        self._failures_in_a_row = 0
        self._applying = False
        self._stopping = False
        self._following: asyncio.Task[None] | None = None

    @property
    def positions(self) -> Mapping[PartitionId, int]:
        """The newest applied offset of each partition that has one."""
        return {partition: checkpoint.offset for partition, checkpoint in self._checkpoints.items()}

    @property
    def events_applied(self) -> int:
        """Since this projector was made."""
        return self._events_applied

    @property
    def lag_s(self) -> float:
        """From the commit of the newest event of the last batch until it could be read here."""
        return self._lag_s

    def lag_events(self, heads: Mapping[PartitionId, Head]) -> dict[PartitionId, int]:
        """How many events each of these partitions is ahead of its read models."""
        return {
            partition: head.offset - self._checkpoints.get(partition, Checkpoint()).offset
            for partition, head in heads.items()
        }

    async def run(self) -> None:
        """Runs until `stop`. While the store or the log is unavailable it waits and tries again, for ever.

        Raises `CheckpointMoved` where another copy runs, `GapInFeed`, `LogForked`, `UnknownEvent`, and whatever else
        the feed and the store hold to be beyond repair: nothing is ever skipped.
        """
        if self._stopping:
            return
        self._following = asyncio.create_task(self._follow())
        try:
            await self._following
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._stopping or (task is not None and task.cancelling()):
                raise

    def stop(self) -> None:
        """Ends `run` soon, and never between the rows of a batch and its checkpoints."""
        self._stopping = True
        if self._following is not None and not self._applying:
            self._following.cancel()

    async def _follow(self) -> None:
        while not self._stopping:
            try:
                await self._follow_from_checkpoints()
            except StoreUnavailable as error:
                await self._back_off(error)

    async def _follow_from_checkpoints(self) -> None:
        """Begins with the store's own word: the last batch before a failure may or may not have gone in."""
        self._checkpoints = dict(await self._store.checkpoints(self._name))
        async for batch in self._feed.batches(self.positions):
            self._applying = True
            try:
                await self._apply(batch)
            finally:
                self._applying = False
            self._failures_in_a_row = 0
            if self._stopping:
                return

    async def _back_off(self, error: StoreUnavailable) -> None:
        wait_s = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2**self._failures_in_a_row)
        self._failures_in_a_row = min(self._failures_in_a_row + 1, 16)
        _log.warning("projector %s waits %.1f s: %s", self._name, wait_s, error)
        await asyncio.sleep(wait_s)

    async def _apply(self, batch: Sequence[Envelope]) -> None:
        fresh, reached = self._fresh(batch)
        if not fresh:
            return
        changes = changes_of(self._projections, [fact_of(envelope) for envelope in fresh])
        moves = [
            CheckpointMove(partition, self._checkpoints.get(partition, Checkpoint()).offset, to)
            for partition, to in reached.items()
        ]
        await self._store.apply(self._name, changes, moves)
        self._checkpoints.update(reached)
        self._events_applied += len(fresh)
        recorded_at = fresh[-1].recorded_at
        if recorded_at is not None:
            self._lag_s = (self._clock.now() - recorded_at).total_seconds()

    def _fresh(self, batch: Sequence[Envelope]) -> tuple[list[Envelope], dict[PartitionId, Checkpoint]]:
        """The events that are new here, and where they bring each partition."""
        fresh: list[Envelope] = []
        reached: dict[PartitionId, Checkpoint] = {}
        for envelope in batch:
            last = reached.get(envelope.partition) or self._checkpoints.get(envelope.partition, Checkpoint())
            if envelope.offset <= last.offset:
                continue
            if envelope.offset > last.offset + 1:
                raise GapInFeed(f"{envelope.position} came after {position_text(envelope.partition, last.offset)}")
            # Inside a batch the log speaks for itself; across batches it must still be the log that was followed.
            if envelope.partition not in reached and chained_digest(last.digest, envelope) != envelope.digest:
                raise LogForked(f"{envelope.position} does not follow from the event that was applied before it")
            fresh.append(envelope)
            reached[envelope.partition] = Checkpoint(envelope.offset, envelope.digest)
        return fresh, reached
