"""Read models built beside the live ones, which they replace or are compared with. Works as the owner of the schema."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from ledger.following import AlreadyAtWork, CaughtUp
from ledger.ports import Row
from ledger.postgres.errors import reading
from ledger.readstores.postgres_store import checkpoints_on, hold
from ledger.readstores.statements import LIVE, statement

NEXT = "read_next"
"""Where tables are built that will take the place of the live ones."""

CHECK = "read_check"
"""Where tables are built that the live ones are compared with."""

OUTGOING = "read_outgoing"
PATIENCE_MS = 5_000
"""How long to wait for locks that keep nobody from reading: a vacuum that is at work gives way after a second."""

STEP_MS = 300
"""How long readers may have to wait behind us for the tables themselves; then we step back, and try again."""

DIFFERENCES_MAX = 100


class PostgresShadow:
    """`Shadow` of a projection's tables in a schema of their own."""

    def __init__(self, connection: asyncpg.Connection, dsn: str, projection: str, tables: Sequence[str], schema: str):
        self.name = f"{projection}@{schema.removeprefix(LIVE + '_')}"
        self._connection = connection
        self._dsn = dsn
        self._projection = projection
        self._tables = list(tables)
        self._schema = schema

    async def make(self, durable: bool) -> None:
        async with reading(), self._connection.transaction():
            await self._forget(self.name, "checkpoints", "dead_letters", "projection")
            await self._do("make_shadow", {"schema": self._schema, "tables": self._tables, "durable": durable})

    async def made(self) -> bool:
        async with reading():
            [row] = await self._do("shadow_made", {"schema": self._schema, "tables": self._tables})
        return bool(row["made"])

    async def take_place(self, caught_up: CaughtUp) -> None:
        """Readers wait for the renaming alone; the projector waits from before the last events were caught up with."""
        async with reading():
            # Statistics go with the tables; without them the first queries might be planned badly.
            for table in self._tables:
                await self._connection.execute(f"ANALYZE {self._schema}.{table}")
            async with self._connection.transaction():
                await self._wait_at_most(PATIENCE_MS)
                await self._lock("SHARE UPDATE EXCLUSIVE")
                await hold(self._connection, self._projection)
                await caught_up(await checkpoints_on(self._connection, self._projection))
                await self._wait_at_most(STEP_MS)
                await self._lock("ACCESS EXCLUSIVE")
                await self._swap()
            await self._do("drop_shadow", {"schema": OUTGOING, "tables": self._tables})

    async def _swap(self) -> None:
        await self._do("swap_shadow", {"schema": self._schema, "tables": self._tables, "outgoing": OUTGOING})
        await self._forget(self._projection, "checkpoints", "dead_letters")
        for what in ("checkpoints", "dead_letters"):
            await self._do(f"rename_{what}", {"projection": self.name, "to": self._projection})
        await self._forget(self.name, "projection")

    async def differences(self, caught_up: CaughtUp) -> Mapping[str, Sequence[tuple[str, str]]]:
        async with reading(), _connected(self._dsn) as looking:
            still = self._connection.transaction()
            await still.start()
            try:
                await self._wait_at_most(PATIENCE_MS)
                await hold(self._connection, self._projection)
                await caught_up(await checkpoints_on(self._connection, self._projection))
                moment = looking.transaction(isolation="repeatable_read")
                await moment.start()
                await looking.execute("SELECT 1")
            finally:
                # The projector goes on, while the moment is kept for as long as the comparison takes.
                await still.rollback()
            return {table: await self._compared(looking, table) for table in self._tables}

    async def _compared(self, looking: Any, table: str) -> Sequence[tuple[str, str]]:
        wanted = statement("shadow_differences")
        values = {"schema": self._schema, "table": table, "rows_max": DIFFERENCES_MAX}
        rows = await looking.fetch(wanted.sql, *wanted.arguments(values))
        return [(row["place"], row["what"]) for row in rows]

    async def drop(self) -> None:
        async with reading(), self._connection.transaction():
            await self._do("drop_shadow", {"schema": self._schema, "tables": self._tables})
            await self._forget(self.name, "checkpoints", "dead_letters", "projection")

    async def _wait_at_most(self, milliseconds: int) -> None:
        await self._connection.execute(f"SET LOCAL lock_timeout = {milliseconds}")

    async def _lock(self, mode: str) -> None:
        names = [f"{schema}.{table}" for table in self._tables for schema in (LIVE, self._schema)]
        await self._connection.execute(f"LOCK TABLE {', '.join(names)} IN {mode} MODE")

    async def _forget(self, projection: str, *whats: str) -> None:
        for what in whats:
            await self._do(f"forget_{what}", {"projection": projection})

    async def _do(self, name: str, values: Row) -> Sequence[Any]:
        wanted = statement(name)
        return await self._connection.fetch(wanted.sql, *wanted.arguments(values))


@asynccontextmanager
async def open_shadow(dsn: str, projection: str, tables: Sequence[str], schema: str) -> AsyncIterator[PostgresShadow]:
    """For one process at a time. Raises `AlreadyAtWork`, `StoreUnavailable`."""
    async with reading(), _connected(dsn) as connection:
        shadow = PostgresShadow(connection, dsn, projection, tables, schema)
        wanted = statement("be_alone")
        if not await connection.fetchval(wanted.sql, *wanted.arguments({"name": shadow.name})):
            raise AlreadyAtWork(f"{shadow.name} is being built already, by another process")
        yield shadow


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    settings = {"application_name": "healthpay-ledger", "timezone": "UTC", "jit": "off", "statement_timeout": "0"}
    connection: asyncpg.Connection = await asyncpg.connect(dsn, timeout=10, server_settings=settings)
    try:
        yield connection
    finally:
        connection.terminate()
