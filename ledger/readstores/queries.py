"""What the queries of all read models share."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from ledger.messages.envelope import PartitionId
from ledger.ports import Row
from ledger.postgres.errors import reading
from ledger.reads import Page
from ledger.readstores.statements import statement

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]


async def fetch(pool: "Pool", name: str, values: Row) -> Sequence[Any]:
    """The rows of a statement by its name. Raises `StoreUnavailable`."""
    wanted = statement(name)
    async with reading():
        return await pool.fetch(wanted.sql, *wanted.arguments(values))


def of_page(page: Page) -> Row:
    """A part of a list as its statement's parameters."""
    after_at, after_id = (None, None) if page.after is None else page.after
    return {"after_at": after_at, "after_id": after_id, "limit": page.limit}


class PostgresReadProgress:
    """`ReadProgress` over the checkpoints."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def caught_up(self, projection: str, positions: Mapping[PartitionId, int]) -> bool:
        """Whether the projection has applied all of these positions. Raises `StoreUnavailable`."""
        values = {
            "projection": projection,
            "topics": [partition.topic for partition in positions],
            "partitions": [partition.partition for partition in positions],
            "offsets": list(positions.values()),
        }
        [row] = await fetch(self._pool, "caught_up", values)
        return bool(row["caught_up"])
