"""Read models in PostgreSQL: rows, checkpoints and dead letters in one transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

from ledger.following import AggregateKey, DeadLetter, ProjectionChanged, Standing
from ledger.messages.envelope import PartitionId
from ledger.ports import BadData, Changes, Checkpoint, CheckpointMove, CheckpointMoved, Row
from ledger.postgres.connections import borrowed
from ledger.postgres.errors import reading
from ledger.readstores.statements import LIVE, statement

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]


class RowsMissed(BadData):
    """A statement touched more or fewer rows than it was given: the read model and the log disagree. Never passes."""


class PostgresReadStore:
    """A `ReadStore` over a pool of the application's role.

    Each `Changes` is one round trip of its statement, however many rows it has; every row must touch exactly one.
    `schema` is where the tables stand that are written: `read`, or that of tables that are built beside them.
    """

    def __init__(self, pool: "Pool", schema: str = LIVE) -> None:
        self._pool = pool
        self._schema = schema

    async def standing(self, projection: str) -> Standing:
        """Raises `StoreUnavailable`, as the others do."""
        [row] = await self._fetch("standing", {"projection": projection})
        return Standing(row["generation"], row["paused"])

    async def checkpoints(self, projection: str) -> Mapping[PartitionId, Checkpoint]:
        """Partitions that the projection has never moved are missing."""
        return _checkpoints_of(await self._fetch("checkpoints", {"projection": projection}))

    async def dead_letters(self, projection: str) -> Sequence[DeadLetter]:
        return [_letter_of(row) for row in await self._fetch("dead_letters", {"projection": projection})]

    async def apply(
        self,
        projection: str,
        changes: Sequence[Changes],
        moves: Sequence[CheckpointMove],
        parked: Sequence[DeadLetter] = (),
        generation: int | None = None,
    ) -> None:
        """One transaction: the checkpoints first, so that a second copy of the projector waits there, and then stops.

        Where the connection was lost at the commit, the batch may have been written all the same: read the checkpoints
        before going on.
        """
        async with borrowed(self._pool) as connection, reading(), connection.transaction():
            await _move(connection, projection, moves, generation)
            if parked:
                await _park(connection, projection, parked)
            for change in changes:
                await _change(connection, change, self._schema)

    async def pause(self, projection: str, paused: bool) -> bool:
        return bool(await self._fetch("pause", {"projection": projection, "paused": paused}))

    @asynccontextmanager
    async def still(self, projection: str) -> AsyncIterator["_Still"]:
        """The transaction waits for a batch that is on its way; batches that come then wait for it, and are refused."""
        async with borrowed(self._pool) as connection, reading(), connection.transaction():
            await hold(connection, projection)
            yield _Still(connection, projection, self._schema)

    async def _fetch(self, name: str, values: Row) -> Sequence[Any]:
        wanted = statement(name)
        async with borrowed(self._pool) as connection, reading():
            return await connection.fetch(wanted.sql, *wanted.arguments(values))


class _Still:
    """`StillProjection`."""

    def __init__(self, connection: "Connection", projection: str, schema: str) -> None:
        self._connection = connection
        self._projection = projection
        self._schema = schema

    async def checkpoints(self) -> Mapping[PartitionId, Checkpoint]:
        return await checkpoints_on(self._connection, self._projection)

    async def unpark(self, letter: DeadLetter, changes: Sequence[Changes]) -> None:
        (topic, partition), aggregate_id = letter.key
        values = {"topic": topic, "partition": partition, "aggregate_id": aggregate_id}
        values |= {"projection": self._projection, "first_offset": letter.first_offset}
        wanted = statement("unpark")
        if not await self._connection.fetch(wanted.sql, *wanted.arguments(values)):
            raise ProjectionChanged(f"{aggregate_id} of {letter.key.partition} is no longer parked as it was")
        for change in changes:
            await _change(self._connection, change, self._schema)


async def hold(connection: Any, projection: str) -> None:
    """Keeps the projection's projector from moving until the connection's transaction ends."""
    wanted = statement("hold")
    await connection.execute(wanted.sql, *wanted.arguments({"projection": projection}))


async def checkpoints_on(connection: Any, projection: str) -> Mapping[PartitionId, Checkpoint]:
    """As its transaction sees them."""
    wanted = statement("checkpoints")
    return _checkpoints_of(await connection.fetch(wanted.sql, *wanted.arguments({"projection": projection})))


def _checkpoints_of(rows: Sequence[Any]) -> Mapping[PartitionId, Checkpoint]:
    return {PartitionId(row["topic"], row["partition"]): Checkpoint(row["offset"], row["digest"]) for row in rows}


def _letter_of(row: Any) -> DeadLetter:
    key = AggregateKey(PartitionId(row["topic"], row["partition"]), row["aggregate_id"])
    return DeadLetter(key, row["first_offset"], row["error"], row["count"])


async def _move(
    connection: "Connection", projection: str, moves: Sequence[CheckpointMove], generation: int | None
) -> None:
    wanted = statement("move_checkpoints")
    values = {
        "projection": projection,
        "generation": generation,
        "topics": [move.partition.topic for move in moves],
        "partitions": [move.partition.partition for move in moves],
        "from_offsets": [move.from_offset for move in moves],
        "to_offsets": [move.to.offset for move in moves],
        "digests": [move.to.digest for move in moves],
    }
    row = await connection.fetchrow(wanted.sql, *wanted.arguments(values))
    assert row is not None
    if generation is not None and row["generation"] != generation:
        raise ProjectionChanged(f"{projection}: generation {row['generation']}, and not {generation}")
    if row["moves"] != len(moves):
        raise CheckpointMoved(
            f"{projection}: {row['moves']} of {len(moves)} checkpoints stood where they were expected"
        )


async def _park(connection: "Connection", projection: str, letters: Sequence[DeadLetter]) -> None:
    wanted = statement("park")
    values = {
        "projection": projection,
        "topics": [letter.key.partition.topic for letter in letters],
        "partitions": [letter.key.partition.partition for letter in letters],
        "aggregate_ids": [letter.key.aggregate_id for letter in letters],
        "first_offsets": [letter.first_offset for letter in letters],
        "errors": [letter.error for letter in letters],
        "counts": [letter.count for letter in letters],
    }
    await connection.execute(wanted.sql, *wanted.arguments(values))


async def _change(connection: "Connection", change: Changes, schema: str) -> None:
    if not change.rows:
        return
    wanted = statement(change.statement, schema)
    try:
        # One JSON text: measured, it costs less on both sides together than an array a column.
        rows = msgspec.json.encode(change.rows).decode()
        done = await connection.execute(wanted.sql, *wanted.arguments({"rows": rows}))
    except (asyncpg.IntegrityConstraintViolationError, TypeError, ValueError) as error:
        raise BadData(f"{change.statement}: {type(error).__name__}: {error}") from error
    # "INSERT 0 5", "UPDATE 5"
    touched = int(done.rpartition(" ")[2])
    if touched != len(change.rows):
        raise RowsMissed(f"{change.statement} touched {touched} rows of {len(change.rows)}")
