"""Snapshots in PostgreSQL."""

from collections.abc import Collection, Sequence
from typing import Any

import asyncpg

from ledger.messages.envelope import PartitionId
from ledger.postgres.connections import borrowed
from ledger.postgres.errors import reading
from ledger.postgres.statements import statement
from ledger.snapshots import Snapshot

_NEWEST = statement("ledger.store", "newest_snapshots")
_SAVE = statement("ledger.store", "save_snapshot")
_DISCARD = statement("ledger.store", "discard_snapshot")


class PostgresSnapshots:
    """`Snapshots` on a pool whose connections work as `healthpay_app` with time-outs set."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def newest(self, partition: PartitionId, aggregate_ids: Collection[str]) -> Sequence[Snapshot]:
        rows = await self._fetch(_NEWEST, partition.topic, partition.partition, list(aggregate_ids))
        return [
            Snapshot(partition, row["aggregate_id"], row["version"], row["digest"], row["schema_version"], row["state"])
            for row in rows
        ]

    async def save(self, snapshot: Snapshot) -> None:
        topic, number = snapshot.partition
        kept = (snapshot.aggregate_id, snapshot.version, snapshot.schema_version, snapshot.state, snapshot.digest)
        await self._fetch(_SAVE, topic, number, *kept)

    async def discard(self, snapshot: Snapshot) -> None:
        topic, number = snapshot.partition
        wrong = (snapshot.aggregate_id, snapshot.version, snapshot.schema_version, snapshot.digest)
        await self._fetch(_DISCARD, topic, number, *wrong)

    async def _fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        # Saving counts as reading here: it may be repeated, and to be left undone costs nothing but time.
        async with borrowed(self._pool) as connection, reading():
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return rows
