"""The projector: follows a feed, and keeps read models and their checkpoints in step with it."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from ledger.following import LogReader, ProjectionChanged, ReadStore, Standing
from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import Clock, EventFeed, Head, StoreUnavailable
from projections.applier import PARKED_AGGREGATES_MAX, Applier, catch_up
from projections.chain import GapInFeed
from projections.projection import Group

BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 5.0
LOOK_INTERVAL_S = 1.0
"""How often the log's heads and the word of operators are looked at."""

STUCK_AFTER_S = 10.0
"""How long the log may be ahead with nothing coming before a projector says so: the feed has lost its tail."""

GAP_PAGE_EVENTS = 1_000

_log = logging.getLogger(__name__)


class Projector:
    """Applies every event of a feed once, in order, to the read models of its group: one transaction a batch.

    One projector may run under a group's name at a time, and a second one is stopped.
    """

    def __init__(
        self,
        group: Group,
        log: LogReader,
        feed: EventFeed,
        store: ReadStore,
        clock: Clock,
        parked_max: int = PARKED_AGGREGATES_MAX,
    ) -> None:
        self._group = group
        self._log = log
        self._feed = feed
        self._store = store
        self._clock = clock
        self._applier = Applier(group, store, parked_max=parked_max)
        self._standing = Standing()
        self._behind = 0
        self._behind_since: float | None = None
        self._looked = False
        self._lag_s = 0.0
        self._failures_in_a_row = 0
        self._applying = False
        self._stopping = False
        self._following: asyncio.Task[None] | None = None

    @property
    def positions(self) -> Mapping[PartitionId, int]:
        """The newest applied offset of each partition that has one."""
        return self._applier.positions

    @property
    def events_applied(self) -> int:
        """Since this projector was made; those of parked aggregates count as well."""
        return self._applier.events_applied

    @property
    def parked(self) -> int:
        """Aggregates whose events are not applied."""
        return self._applier.parked

    @property
    def paused(self) -> bool:
        """As an operator asked for."""
        return self._standing.paused

    @property
    def behind(self) -> int:
        """Events of the log that were not applied when it was last looked at."""
        return self._behind

    @property
    def well(self) -> bool:
        """Whether it has found the log to be the one it follows, and itself at its end or on the way there."""
        return self._looked and (self._behind == 0 or self.events_applied > 0)

    @property
    def stuck(self) -> bool:
        """Whether the log has been ahead for long, and nothing comes."""
        since = self._behind_since
        return since is not None and not self.paused and self._clock.monotonic() - since > STUCK_AFTER_S

    @property
    def lag_s(self) -> float:
        """From the commit of the newest event of the last batch until it could be read here."""
        return self._lag_s

    def lag_events(self, heads: Mapping[PartitionId, Head]) -> dict[PartitionId, int]:
        """How many events each of these partitions is ahead of its read models."""
        return {partition: head.offset - self._applier.chain.at(partition).offset for partition, head in heads.items()}

    async def run(self) -> None:
        """Runs until `stop`. While the store or the log is unavailable it waits and tries again, for ever.

        Raises `CheckpointMoved` where another copy runs, `Halted` in its kinds, and whatever else the feed and the
        store hold to be beyond repair: no event is ever skipped, and none but those of parked aggregates left out.
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
                self._standing = await self._applier.load(self._log)
                if self._standing.paused:
                    await self._look_on()
                else:
                    await _first_of(self._drain(), self._look_on())
            except ProjectionChanged as change:
                _log.info("projector %s begins anew: %s", self._group.name, change)
            except StoreUnavailable as error:
                await self._back_off(error)

    async def _drain(self) -> None:
        async for batch in self._feed.batches(self.positions):
            self._applying = True
            try:
                await self._apply(batch)
            finally:
                self._applying = False
            self._failures_in_a_row = 0
            if self._stopping:
                return

    async def _apply(self, batch: Sequence[Envelope]) -> None:
        try:
            applied = await self._applier.apply(batch)
        except GapInFeed as gap:
            _log.warning("the feed of projector %s leaves out events, which the log has to give: %s", self.name, gap)
            limits = {event.partition: event.offset for event in batch}
            await catch_up(self._applier, self._log, limits, GAP_PAGE_EVENTS)
            # Nothing is new in it any more, but it must be the log's own.
            applied = await self._applier.apply(batch)
        recorded_at = applied[-1].recorded_at if applied else None
        if recorded_at is not None:
            self._lag_s = (self._clock.now() - recorded_at).total_seconds()

    @property
    def name(self) -> str:
        """That of its checkpoints."""
        return self._applier.name

    async def _look_on(self) -> None:
        """Compares with the log's heads for ever. Raises `LogForked`, and `ProjectionChanged` when somebody speaks."""
        while True:
            before, applied = dict(self._applier.chain.checkpoints), self.events_applied
            heads = await self._log.heads()
            followed = {each: head for each, head in heads.items() if each.topic in self._group.topics}
            self._applier.chain.compare(before, followed)
            self._note_lag(followed)
            if await self._store.standing(self.name) != self._standing:
                raise ProjectionChanged("an operator has spoken")
            await asyncio.sleep(LOOK_INTERVAL_S)
            if self.events_applied > applied:
                self._behind_since = None

    def _note_lag(self, heads: Mapping[PartitionId, Head]) -> None:
        self._behind = sum(count for count in self.lag_events(heads).values() if count > 0)
        self._looked = True
        if self._behind == 0:
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = self._clock.monotonic()

    async def _back_off(self, error: StoreUnavailable) -> None:
        wait_s = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2**self._failures_in_a_row)
        self._failures_in_a_row = min(self._failures_in_a_row + 1, 16)
        _log.warning("projector %s waits %.1f s: %s", self.name, wait_s, error)
        await asyncio.sleep(wait_s)


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Ends with the first of them, in its way, and with none of the others left."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
