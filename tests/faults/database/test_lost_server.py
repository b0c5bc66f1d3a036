"""A PostgreSQL that is killed, or has no room left: nothing is acknowledged that is not durable, and hosts live on."""

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from ledger.messages.commands import Outcome
from tests.support.host_load import HostLoad
from tests.support.host_stage import HostStage, opened_host
from tests.support.own_postgres import OwnPostgres
from tests.support.recoveries import note

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(150)]

BACK_WITHIN_S = 20.0
FULL_FOR_S = 2.0
DATA_MB = 64
WAL_MB = 72
CHUNK = bytes(1 << 16)


@asynccontextmanager
async def supervised(own: OwnPostgres) -> AsyncIterator[None]:
    """As the supervisor does, the server is started again when it has ended."""
    supervising = asyncio.create_task(own.supervise())
    try:
        yield
    finally:
        supervising.cancel()
        await asyncio.gather(supervising, return_exceptions=True)


@contextmanager
def small_disk(at: Path, size_mb: int) -> Iterator[None]:
    """A file system of its own; skips the test where none may be mounted."""
    at.mkdir(mode=0o700, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0700", "healthpay-test", str(at)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


def move_onto(folder: Path, small: Path) -> None:
    """All of a folder's content, with its owners; the folder becomes a link."""
    subprocess.run(["cp", "-a", f"{folder}/.", str(small)], check=True)
    shutil.rmtree(folder)
    folder.symlink_to(small)


def fill(disk: Path) -> Path:
    """Takes every last byte."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(CHUNK)
    with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0")
    return ballast


async def assert_back(fault: str, load: HostLoad, ended_at: float) -> None:
    back_s = await load.since(ended_at)
    await load.more(100)
    note(fault, load, back_s)
    assert back_s < BACK_WITHIN_S


async def test_a_killed_server_comes_back_and_its_host_goes_on(own_postgres: OwnPostgres) -> None:
    """One backend: the postmaster ends all the others, and recovers by itself. The postmaster: it is started again."""
    stage = await own_postgres.stage()
    async with supervised(own_postgres), opened_host(stage.settings) as host:
        async with stage.load(host, "server-killed") as load:
            statement = "SELECT pid FROM pg_stat_activity WHERE application_name = 'healthpay-ledger'"
            row = (await stage.query(statement))[0]
            postmaster = own_postgres.server.pid
            psutil.Process(row["pid"]).kill()
            await assert_back("kill -9 of one backend", load, time.monotonic())
            assert own_postgres.server.pid == postmaster
            own_postgres.kill()
            await assert_back("kill -9 of the postmaster, started again", load, time.monotonic())
            assert own_postgres.server.pid != postmaster
        assert await host.owns_its_partitions()
    await stage.verify()


async def test_a_full_disk_of_data_refuses_appends_until_there_is_room_again(own_postgres: OwnPostgres) -> None:
    """PostgreSQL refuses what needs room, and runs on; its WAL is elsewhere and has room."""
    disk = own_postgres.folder / "small"
    with small_disk(disk, DATA_MB):
        move_onto(own_postgres.data / "base", disk)
        stage = await own_postgres.stage()
        postmaster = own_postgres.server.pid
        async with opened_host(stage.settings) as host:
            async with stage.load(host, "data-full", clients=40) as load:
                ballast = await asyncio.to_thread(fill, disk)
                async with asyncio.timeout(40):
                    await expired(load)
                before = len(load.acknowledged)
                await asyncio.sleep(FULL_FOR_S)
                assert len(load.acknowledged) - before < before, "some pages have room left, most appends have none"
                ballast.unlink()
                await assert_back("disk of the data full", load, time.monotonic())
                assert set(load.troubles) == {Outcome.EXPIRED}
            assert await host.owns_its_partitions()
        assert own_postgres.server.pid == postmaster
        assert not own_postgres.server.ended
        await stage.verify()
        await own_postgres.stop()


async def test_a_full_disk_of_the_wal_ends_the_server_until_there_is_room_again(own_postgres: OwnPostgres) -> None:
    """PostgreSQL panics, and cannot recover without room: it is gone, and its host waits for it."""
    disk = own_postgres.folder / "small"
    with small_disk(disk, WAL_MB):
        move_onto(own_postgres.data / "pg_wal", disk)
        stage = await own_postgres.stage()
        async with opened_host(stage.settings) as host:
            async with stage.load(host, "wal-full") as load:
                ballast = await asyncio.to_thread(fill, disk)
                async with asyncio.timeout(40):
                    await switched_until_it_ends(stage, own_postgres)
                before = len(load.acknowledged)
                async with supervised(own_postgres):
                    await asyncio.sleep(FULL_FOR_S)
                    assert len(load.acknowledged) == before
                    ballast.unlink()
                    await assert_back("disk of the WAL full", load, time.monotonic())
                assert load.troubles.keys() <= {Outcome.EXPIRED, Outcome.UNKNOWN}
            assert await host.owns_its_partitions()
        await stage.verify()
        await own_postgres.stop()


async def expired(load: HostLoad) -> None:
    while True:
        if load.troubles[Outcome.EXPIRED]:
            return
        await asyncio.sleep(0.01)


async def switched_until_it_ends(stage: HostStage, own: OwnPostgres) -> None:
    """Begins one segment of the WAL after the other, until there is no room for the next."""
    while not own.server.ended:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await stage.query("SELECT pg_switch_wal()")
        await asyncio.sleep(0.02)
