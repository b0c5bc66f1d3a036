"""What the queries of all read models share."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from ledger.messages.envelope import PartitionId
from ledger.ports import Row
from ledger.postgres.connections import borrowed
from ledger.postgres.errors import reading
from ledger.reads import DEAD_LETTERS_COUNTED_MAX, Page, ProjectionRow
from ledger.readstores.statements import statement

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]


async def fetch(pool: "Pool", name: str, values: Row) -> Sequence[Any]:
    """The rows of a statement by its name. Raises `StoreUnavailable`, also where no connection comes free in time."""
    wanted = statement(name)
    async with borrowed(pool) as connection, reading():
        return await connection.fetch(wanted.sql, *wanted.arguments(values))


def of_page(page: Page) -> Row:
    """A part of a list as its statement's parameters."""
    after_at, after_id, after_within, *_ = (*(page.after or ()), None, None, None)
    names = {"after_at": after_at, "after_id": after_id, "after_within": after_within}
    return {**names, "limit": page.limit, "walk_max": page.walk_max}


class PostgresReadProgress:
    """`ReadProgress` over the checkpoints."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def applied(self, projection: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, int]:
        """Raises `StoreUnavailable`."""
        values = {
            "projection": projection,
            "topics": [partition.topic for partition in partitions],
            "partitions": [partition.partition for partition in partitions],
        }
        rows = await fetch(self._pool, "applied", values)
        return {PartitionId(row["topic"], row["partition"]): row["offset"] for row in rows}


class PostgresProjectionReads:
    """`ProjectionReads` in one statement."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def projections(self) -> Sequence[ProjectionRow]:
        """Raises `StoreUnavailable`."""
        found: dict[str, ProjectionRow] = {}
        applied: dict[str, dict[PartitionId, int]] = {}
        for row in await fetch(self._pool, "projections", {"most": DEAD_LETTERS_COUNTED_MAX}):
            name = row["projection"]
            offsets = applied.setdefault(name, {})
            found.setdefault(name, ProjectionRow(name, row["paused"], row["dead_letters"], offsets))
            if row["topic"] is not None:
                offsets[PartitionId(row["topic"], row["partition"])] = row["offset"]
        return list(found.values())
