"""Read models in PostgreSQL: rows and checkpoints in one transaction."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import asyncpg
import msgspec

from ledger.messages.envelope import PartitionId
from ledger.ports import Changes, Checkpoint, CheckpointMove, CheckpointMoved
from ledger.postgres.connections import borrowed
from ledger.postgres.errors import reading
from ledger.readstores.statements import statement

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]


class RowsMissed(Exception):
    """A statement touched more or fewer rows than it was given: the read model and the log disagree. Never passes."""


class PostgresReadStore:
    """A `ReadStore` over a pool of the application's role.

    Each `Changes` is one round trip of its statement, however many rows it has; every row must touch exactly one.
    """

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def checkpoints(self, projection: str) -> Mapping[PartitionId, Checkpoint]:
        """Partitions that the projection has never moved are missing. Raises `StoreUnavailable`."""
        found = statement("checkpoints")
        async with borrowed(self._pool) as connection, reading():
            rows = await connection.fetch(found.sql, *found.arguments({"projection": projection}))
        return {PartitionId(row["topic"], row["partition"]): Checkpoint(row["offset"], row["digest"]) for row in rows}

    async def apply(self, projection: str, changes: Sequence[Changes], moves: Sequence[CheckpointMove]) -> None:
        """One transaction: the checkpoints first, so that a second copy of the projector waits there, and then stops.

        Raises `CheckpointMoved` or `RowsMissed`, with nothing written, and `StoreUnavailable`. Where the connection
        was lost at the commit, the batch may have been written all the same: read the checkpoints before going on.
        """
        async with borrowed(self._pool) as connection, reading(), connection.transaction():
            await _move(connection, projection, moves)
            for change in changes:
                await _change(connection, change)


async def _move(connection: "Connection", projection: str, moves: Sequence[CheckpointMove]) -> None:
    wanted = statement("move_checkpoints")
    values = {
        "projection": projection,
        "topics": [move.partition.topic for move in moves],
        "partitions": [move.partition.partition for move in moves],
        "from_offsets": [move.from_offset for move in moves],
        "to_offsets": [move.to.offset for move in moves],
        "digests": [move.to.digest for move in moves],
    }
    moved = await connection.fetchval(wanted.sql, *wanted.arguments(values))
    if moved != len(moves):
        raise CheckpointMoved(f"{projection}: {moved} of {len(moves)} checkpoints stood where they were expected")


async def _change(connection: "Connection", change: Changes) -> None:
    if not change.rows:
        return
    wanted = statement(change.statement)
    # One JSON text: measured, it costs less on both sides together than an array a column.
    rows = msgspec.json.encode(change.rows).decode()
    done = await connection.execute(wanted.sql, *wanted.arguments({"rows": rows}))
    # "INSERT 0 5", "UPDATE 5"
    touched = int(done.rpartition(" ")[2])
    if touched != len(change.rows):
        raise RowsMissed(f"{change.statement} touched {touched} rows of {len(change.rows)}")
