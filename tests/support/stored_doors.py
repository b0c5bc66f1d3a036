"""The edge in one process, its read models in a real PostgreSQL, kept up with the log by real projectors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from ledger.bootstrap import reads_of
from ledger.clocks import ManualClock
from ledger.readstores.postgres_store import PostgresReadStore
from ledger.store.memory_log import MemoryEventLog
from ledger.stream.log_feed import LogFeed
from ledger.trail.memory_trail import MemoryTrail
from projections.projector import Projector
from projections.registry import GROUPS
from tests.support.doors import NOON, Bench, edge_over

POLL_S, BATCH_EVENTS_MAX = 0.005, 100


@asynccontextmanager
async def stored_edge(
    pool: asyncpg.Pool, *, trail_records_max: int = 1_000, min_position_wait_ms: int = 10_000
) -> AsyncIterator[Bench]:
    """Read your writes by `Min-Position`, as every client does."""
    clock = ManualClock(NOON)
    log = MemoryEventLog(clock)
    trail = MemoryTrail(trail_records_max)
    async with edge_over(log, clock, reads_of(pool), trail, min_position_wait_ms=min_position_wait_ms) as bench:
        store = PostgresReadStore(pool)
        feeds = [LogFeed(log, POLL_S, BATCH_EVENTS_MAX, group.topics) for group in GROUPS]
        projectors = [Projector(group, log, feed, store, clock) for group, feed in zip(GROUPS, feeds, strict=True)]
        running = [asyncio.create_task(projector.run()) for projector in projectors]
        try:
            yield bench
        finally:
            for projector in projectors:
                projector.stop()
            await asyncio.gather(*running)
