"""The edge in one process, its read models in a real PostgreSQL, brought up with the log before a command is answered.

For tests that ask what the read models say, and not when: see `stored_doors` for real projectors.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from ledger.bootstrap import reads_of
from ledger.clocks import ManualClock
from ledger.messages.envelope import PartitionId
from ledger.ports import Checkpoint, CheckpointMove, EventLog
from ledger.readstores.postgres_store import PostgresReadStore
from ledger.store.memory_log import MemoryEventLog
from ledger.trail.memory_trail import MemoryTrail
from projections.projection import Group, changes_of, fact_of
from projections.registry import GROUPS
from tests.support.doors import NOON, Bench, edge_over


@asynccontextmanager
async def followed_edge(pool: asyncpg.Pool, *, trail_records_max: int = 1_000, **settings: Any) -> AsyncIterator[Bench]:
    """An edge whose queries see every command that was answered."""
    clock = ManualClock(NOON)
    log = MemoryEventLog(clock)
    async with edge_over(log, clock, reads_of(pool), MemoryTrail(trail_records_max), **settings) as bench:
        bench.door.after = _Follower(log, pool).follow
        yield bench


class _Follower:
    """Brings all read models to the heads of the log, through the real projections and store."""

    def __init__(self, log: EventLog, pool: asyncpg.Pool) -> None:
        self._log = log
        self._store = PostgresReadStore(pool)
        self._alone = asyncio.Lock()
        self._reached: dict[str, dict[PartitionId, Checkpoint]] = {group.name: {} for group in GROUPS}

    async def follow(self) -> None:
        async with self._alone:
            for group in GROUPS:
                await self._follow(group)

    async def _follow(self, group: Group) -> None:
        topics = [partition for partition in await self._log.heads() if partition.topic in group.topics]
        reached = self._reached[group.name]
        before = {partition: reached.get(partition, Checkpoint()) for partition in topics}
        events = await self._log.read_after({each: at.offset for each, at in before.items()}, 1_000_000)
        if not events:
            return
        ends = {event.partition: Checkpoint(event.offset, event.digest) for event in events}
        moves = [CheckpointMove(partition, before[partition].offset, to) for partition, to in ends.items()]
        changes = changes_of(group.projections, [fact_of(event) for event in events])
        await self._store.apply(group.name, changes, moves)
        reached.update(ends)
