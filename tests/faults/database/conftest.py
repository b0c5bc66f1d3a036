"""A stage on a fresh database for each fault, servers of a test's own, and the table of recoveries."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger import bootstrap
from tests.support.host_stage import HostStage, opened_host, settings_on
from tests.support.own_postgres import OwnPostgres
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


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    """A server that a test may stop, kill and move; nobody else works on it."""
    folder = Path(tempfile.mkdtemp(prefix="hp-own-"))
    # The kernel signals a server when the thread that started it ends: this one lives as long as the server.
    with ThreadPoolExecutor(1) as thread:
        own = OwnPostgres(folder, thread)
        try:
            yield own
        finally:
            thread.submit(own.server.stop).result()
            shutil.rmtree(folder, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if RECOVERIES:
        terminalreporter.section("recoveries from faults of the database and the clock")
        terminalreporter.write_line(table())
