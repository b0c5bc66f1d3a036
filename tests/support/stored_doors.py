"""The edge in one process, its read models in a real PostgreSQL, kept up with the log by real projectors."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from ledger.bootstrap import reads_of
from ledger.clocks import ManualClock
from ledger.following import DeadLetter
from ledger.ports import Changes, CheckpointMove
from ledger.readstores.postgres_store import PostgresReadStore
from ledger.store.memory_log import MemoryEventLog
from ledger.stream.log_feed import LogFeed
from ledger.trail.memory_trail import MemoryTrail
from projections.projector import Projector
from projections.registry import GROUPS
from tests.support.doors import NOON, Bench, edge_over

POLL_S, BATCH_EVENTS_MAX = 0.005, 100


class SlowStore(PostgresReadStore):
    """Takes its time over every batch."""

    def __init__(self, pool: asyncpg.Pool, pauses_s: Sequence[float]) -> None:
        super().__init__(pool)
        self._pauses_s = itertools.cycle(pauses_s)

    async def apply(
        self,
        projection: str,
        changes: Sequence[Changes],
        moves: Sequence[CheckpointMove],
        parked: Sequence[DeadLetter] = (),
        generation: int | None = None,
    ) -> None:
        await asyncio.sleep(next(self._pauses_s))
        await super().apply(projection, changes, moves, parked, generation)


@asynccontextmanager
async def stored_edge(
    pool: asyncpg.Pool,
    *,
    trail_records_max: int = 1_000,
    slow_batches_s: Sequence[float] = (),
    **settings: Any,
) -> AsyncIterator[Bench]:
    """Read your writes by `Min-Position`, as every client does. `slow_batches_s`: so long each batch of the projectors
    takes more, one after the other and from the first again."""
    settings.setdefault("min_position_wait_ms", 10_000)
    clock = ManualClock(NOON)
    log = MemoryEventLog(clock)
    trail = MemoryTrail(trail_records_max)
    async with edge_over(log, clock, reads_of(pool), trail, **settings) as bench:
        store = SlowStore(pool, slow_batches_s) if slow_batches_s else PostgresReadStore(pool)
        feeds = [LogFeed(log, POLL_S, BATCH_EVENTS_MAX, group.topics) for group in GROUPS]
        projectors = [Projector(group, log, feed, store, clock) for group, feed in zip(GROUPS, feeds, strict=True)]
        running = [asyncio.create_task(projector.run()) for projector in projectors]
        try:
            yield bench
        finally:
            for projector in projectors:
                projector.stop()
            await asyncio.gather(*running)
