"""A PostgreSQL of a test's own, which it may stop, kill and start again while a loop goes on."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

from ledger import bootstrap
from ledger.embedded import EmbeddedError, EmbeddedPostgres
from ledger.store.migrate import migrate
from tests.support.host_stage import HostStage, opened_host, settings_on


class OwnPostgres:
    """`server` is called in the one thread of `thread` only."""

    def __init__(self, folder: Path, thread: Executor) -> None:
        self.folder = folder
        self.server = EmbeddedPostgres(folder / "data")
        self._thread = thread

    async def run(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def start(self) -> None:
        await self.run(self.server.start)

    async def stop(self) -> None:
        await self.run(self.server.stop)

    @property
    def data(self) -> Path:
        return self.folder / "data" / "postgres"

    async def stage(self) -> HostStage:
        """Migrated, laid out, with its cards made by a host that has ended. The server runs."""
        await migrate(self.server.dsn())
        stage = HostStage(settings_on(self.server.dsn()), self.folder)
        await bootstrap.lay_out(stage.settings)
        async with opened_host(stage.settings) as host:
            await stage.make_cards(host)
        return stage

    def kill(self) -> None:
        """The postmaster alone; its children notice, and end by themselves."""
        os.kill(self.server.pid, signal.SIGKILL)

    async def supervise(self) -> None:
        """Starts the server again whenever it has ended, until it is cancelled. Where it cannot, it tries again."""
        while True:
            if self.server.ended:
                with contextlib.suppress(EmbeddedError):
                    await self.start()
            await asyncio.sleep(0.05)
