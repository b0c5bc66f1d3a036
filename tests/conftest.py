"""Real servers for the tests: one PostgreSQL for the session, a fresh migrated database for each test that asks."""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from ledger.embedded import EmbeddedPostgres
from ledger.postgres.connections import open_pool
from ledger.store.migrate import migrate

_TEMPLATE = "healthpay_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL server of the test session, with a migrated template database."""
    data_dir = Path(tempfile.mkdtemp(prefix="hp-test-"))
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        _hurry(server)
        server.createdb(_TEMPLATE)
        # A thread of its own: a test's loop may be running when the first of them asks for the server.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, migrate(server.dsn(_TEMPLATE))).result()
        yield server
    finally:
        # A kill: in peace it would first write down the many databases of the session, which are thrown away here.
        server.stop(lambda: True)
        shutil.rmtree(data_dir, ignore_errors=True)


def _hurry(server: EmbeddedPostgres) -> None:
    """Without waiting for the disk: what is tested here outlives killed processes, no machine without power."""

    async def switch() -> None:
        connection = await asyncpg.connect(server.dsn("postgres"))
        try:
            for name in ("fsync", "full_page_writes"):
                await connection.execute(f"ALTER SYSTEM SET {name} = off")
            await connection.execute("SELECT pg_reload_conf()")
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, switch()).result()


@pytest.fixture
async def database(postgres: EmbeddedPostgres) -> str:
    """The DSN of a fresh, migrated database, as its owner."""
    name = f"test_{next(_numbers)}"
    await _made(postgres, name)
    return postgres.dsn(name)


@pytest.fixture
async def database_pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on a fresh database, working as the role of the server."""
    pool = await open_pool(database, 4, 5_000, 2_000)
    yield pool
    await pool.close()


@pytest.fixture(scope="module")
def shared_database(postgres: EmbeddedPostgres) -> str:
    """The DSN of one migrated database for all tests of a module: a fresh one costs a second or two when the server
    ends, which nobody pays for gladly who only needs empty read models."""
    name = f"shared_{next(_numbers)}"
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _made(postgres, name)).result()
    return postgres.dsn(name)


async def _made(postgres: EmbeddedPostgres, name: str) -> None:
    connection = await asyncpg.connect(postgres.dsn("postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    finally:
        await connection.close()


@pytest.fixture
async def emptied_pool(shared_database: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on the module's database, working as the role of the server; read models and checkpoints are empty."""
    owner = await asyncpg.connect(shared_database)
    try:
        tables = await owner.fetch("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'read'")
        names = ["ledger.checkpoints", *(f'read."{table["relname"]}"' for table in tables)]
        await owner.execute("; ".join(f"DELETE FROM {name}" for name in names))
    finally:
        await owner.close()
    pool = await open_pool(shared_database, 4, 5_000, 2_000)
    yield pool
    await pool.close()
