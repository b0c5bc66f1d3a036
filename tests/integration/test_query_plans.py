"""Every query of the doors goes by its index and looks at few rows, however many there are.

Here on 100,000 rows a table; on a million by hand: `python -m tests.load.plans`.
"""

import ast
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from ledger.bootstrap import open_edge
from ledger.readstores.queries import PostgresReadProgress
from ledger.settings import Settings
from tests.support.query_plans import TABLES, fill_all, plan_of, queries, wrong_with

pytestmark = pytest.mark.postgres

ROWS = 100_000
QUERIES = queries(ROWS)
ROOM = Path(__file__).resolve().parents[2] / "ledger" / "readstores"
# One row for each projection and partition; and the sum of all accounts, which has to read all of them.
WITHOUT_INDEX = {"applied", "projections", "trial_balance"}
# Of a name with a statement that is the projector's alone.
COLUMN = {"dead_letters"}


@pytest.fixture(scope="module")
def filled(shared_database: str) -> str:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    async def fill_half(tables: tuple[str, ...]) -> None:
        connection = await asyncpg.connect(shared_database)
        try:
            await fill_all(connection, tables, ROWS)
        finally:
            await connection.close()

    async def fill_both() -> None:
        await asyncio.gather(fill_half(TABLES[::2]), fill_half(TABLES[1::2]))

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, fill_both()).result()
    return shared_database


@pytest.fixture
async def connection(filled: str) -> AsyncIterator[asyncpg.Connection]:
    connected = await asyncpg.connect(filled, server_settings={"role": "healthpay_app", "timezone": "UTC"})
    yield connected
    await connected.close()


@pytest.mark.parametrize("name", QUERIES)
async def test_every_query_goes_by_its_index_and_looks_at_few_rows(connection: asyncpg.Connection, name: str) -> None:
    query = QUERIES[name]
    for asked in query.asked:
        plan = await plan_of(connection, name, asked)
        assert not wrong_with(query, asked, plan), f"{name}, {dict(asked.values)}\n{plan.text}"


def test_no_query_of_the_doors_is_missing_here() -> None:
    statements = {path.stem for path in (ROOM / "sql").glob("*.sql")}
    of_doors: set[str] = set()
    elsewhere: set[str] = set()
    for path in [*ROOM.glob("*.py"), *ROOM.parents[1].joinpath("projections").glob("*.py")]:
        named = {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        doors = path.name.endswith("_reads.py") or path.name == "queries.py"
        (of_doors if doors else elsewhere).update(named & statements)
    assert of_doors - COLUMN == QUERIES.keys() - {"audit_newest"} | WITHOUT_INDEX
    trail = ROOM.parent / "trail" / "sql"
    assert {path.stem for path in trail.glob("*.sql") if not path.stem.startswith("insert_")} == {"audit_newest"}


async def test_the_edge_plans_each_query_once(shared_database: str) -> None:
    master_key = SecretStr(base64.b64encode(bytes(32)).decode())
    settings = Settings(database_url=SecretStr(shared_database), jwt_secret=SecretStr("x" * 32), master_key=master_key)
    async with open_edge(settings) as ports:
        assert isinstance(ports.reads.progress, PostgresReadProgress)
        assert await ports.reads.progress._pool.fetchval("SHOW plan_cache_mode") == "force_generic_plan"


async def test_a_query_without_its_index_is_found_out(connection: asyncpg.Connection, filled: str) -> None:
    owner = await asyncpg.connect(filled)
    try:
        await owner.execute("ALTER TABLE read.journal DROP CONSTRAINT journal_of_account")
    finally:
        await owner.close()
    query = QUERIES["journal_of_account"]
    plan = await plan_of(connection, "journal_of_account", query.asked[0])
    assert "does not use journal_of_account" in wrong_with(query, query.asked[0], plan)
