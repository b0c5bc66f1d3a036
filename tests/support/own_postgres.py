"""A PostgreSQL of a test's own, which it may stop, kill and start again while a loop goes on."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

from ledger import bootstrap
from ledger.embedded import EmbeddedError, EmbeddedPostgres
from tests.support.host_stage import HostStage, opened_host, settings_on


def copy(data: Path, to: Path) -> None:
    """A folder, with the owners of its files."""
    to.parent.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", str(data), str(to)], check=True)


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
        """Laid out, with its cards made by a host that has ended. Starts the server."""
        await self.start()
        stage = HostStage(settings_on(self.server.dsn()), self.folder)
        await bootstrap.lay_out(stage.settings)
        async with opened_host(stage.settings) as host:
            await stage.make_cards(host)
        return stage

    async def back_up(self, to: Path) -> None:
        """A copy of the data at rest; the server runs before and after."""
        await self.stop()
        copy(self.data, to)
        await self.start()

    async def restore(self, backup: Path) -> None:
        await self.stop()
        shutil.rmtree(self.data)
        copy(backup, self.data)
        await self.start()

    def kill(self) -> None:
        """The postmaster alone; its children notice, and end by themselves."""
        os.kill(self.server.pid, signal.SIGKILL)

    async def supervise(self) -> None:
        """Starts the server again whenever it has ended, until it is cancelled. Where it cannot, it tries again."""
        while True:
            if self.server.ended or not self.server.started:
                with contextlib.suppress(EmbeddedError):
                    await self.start()
            await asyncio.sleep(0.05)
