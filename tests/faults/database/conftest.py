"""A stage on a fresh database for each fault, servers of a test's own, and the table of recoveries."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger import bootstrap
from ledger.embedded import EmbeddedPostgres
from ledger.store.migrate import migrate
from tests.support.host_stage import HostStage, opened_host, settings_on
from tests.support.own_postgres import OwnPostgres, copy
from tests.support.recoveries import RECOVERIES, table


@pytest.fixture
async def stage(database: str, tmp_path: Path) -> AsyncIterator[HostStage]:
    """With its cards made, by a host that has ended."""
    stage = HostStage(settings_on(database), tmp_path)
    await bootstrap.lay_out(stage.settings)
    async with opened_host(stage.settings) as host:
        await stage.make_cards(host)
    yield stage
    await stage.verify()


@pytest.fixture(scope="session")
def migrated_data() -> Iterator[Path]:
    """The data of a migrated server at rest, to be copied: making it takes seconds."""
    folder = Path(tempfile.mkdtemp(prefix="hp-own-"))
    server = EmbeddedPostgres(folder)
    try:
        server.start()
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, migrate(server.dsn())).result()
        server.stop()
        yield folder / "postgres"
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_postgres(migrated_data: Path) -> Iterator[OwnPostgres]:
    """A server at rest that a test may start, stop, kill and move; nobody else works on it."""
    folder = Path(tempfile.mkdtemp(prefix="hp-own-"))
    # The kernel signals a server when the thread that started it ends: this one lives as long as the server.
    with ThreadPoolExecutor(1) as thread:
        own = OwnPostgres(folder, thread)
        copy(migrated_data, own.data)
        try:
            yield own
        finally:
            thread.submit(own.server.stop).result()
            shutil.rmtree(folder, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if RECOVERIES:
        terminalreporter.section("recoveries from faults of the database and the clock")
        terminalreporter.write_line(table())
