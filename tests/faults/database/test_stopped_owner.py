"""An owner that is stopped at any point of its append loses its partitions in seconds, and stays fenced for good."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from actors.directory import Directory
from actors.line import HostUnreachable
from ledger import bootstrap, operators
from ledger.clocks import SystemClock
from ledger.messages.commands import (
    CommandAnswer,
    CommandRequest,
    Outcome,
    decode_answers,
    decode_requests,
    encode_answers,
    encode_requests,
)
from ledger.messages.envelope import PartitionId
from ledger.runtime.host import AggregateHost
from ledger.runtime.moving import Moved
from tests.support.host_load import HostLoad, Hosts, claim_command
from tests.support.host_stage import PARTITIONS, HostStage, opened_host, until
from tests.support.record import Claim
from tests.support.recoveries import note
from tests.support.server import ROOT
from tests.support.stopping_host import (
    AFTER_THE_COMMIT,
    BEFORE_THE_ADOPTION,
    BEFORE_THE_BUMP,
    BEFORE_THE_CALL,
    call,
)

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]

WHILE_IT_WAITS = "while its append waits for the lock"
TAKEN_OVER_WITHIN_S = 5.0
ALL = [PartitionId("medcard", number) for number in range(PARTITIONS)]


class Calls:
    """`HostCalls` to a host in another process and to one here."""

    def __init__(self, socket: str, here: AggregateHost) -> None:
        self._socket = socket
        self._here = here

    async def ready(self, host: str) -> bool:
        return True

    async def submit(self, host: str, requests: bytes) -> bytes:
        if host == "host-1":
            return encode_answers(await self._here.submit(decode_requests(requests)))
        try:
            return await call(self._socket, b"s", requests)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise HostUnreachable(str(error)) from error


class ByDirectory:
    """Clients behind one edge."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def submit(self, requests: Sequence[CommandRequest]) -> Sequence[CommandAnswer]:
        return [await self._directory.submit(request) for request in requests]


@contextmanager
def stopping_host(stage: HostStage, socket: Path) -> Iterator[psutil.Process]:
    own = {name: text for name, text in os.environ.items() if not name.startswith("HEALTHPAY_")}
    ours = {"HEALTHPAY_DATABASE_URL": stage.dsn, "HEALTHPAY_MASTER_KEY": base64.b64encode(bytes(32)).decode()}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.stopping_host", "host-0", str(socket)],
        cwd=ROOT,
        env={**own, **ours},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"owns ")
        yield psutil.Process(process.pid)
        process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def edge(stage: HostStage, socket: Path) -> AsyncIterator[Hosts]:
    """The way to `host-0` in its process and to `host-1`, which runs here and has nothing yet."""
    async with opened_host(stage.settings, "host-1") as here, bootstrap.open_projector(stage.settings, ()) as ports:
        directory = Directory(ports.log, Calls(str(socket), here), SystemClock())
        await directory.refresh()
        following = asyncio.create_task(directory.follow())
        try:
            yield ByDirectory(directory)
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def stop_at(point: str, stage: HostStage, owner: psutil.Process, socket: Path) -> None:
    if point == WHILE_IT_WAITS:
        connection = await asyncpg.connect(stage.dsn)
        try:
            async with connection.transaction():
                await connection.execute("SELECT 1 FROM ledger.partitions FOR UPDATE")
                await append_waits(stage)
                owner.suspend()
        finally:
            await connection.close()
    else:
        await call(str(socket), b"p", point.encode())
        if point == BEFORE_THE_ADOPTION:
            await move(stage, "host-0", wait=False)
    await until(lambda: owner.status() == psutil.STATUS_STOPPED)


async def append_waits(stage: HostStage) -> None:
    statement = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%ledger.append(%'"
    async with asyncio.timeout(5):
        while True:
            if await stage.query(statement):
                return
            await asyncio.sleep(0.01)


async def move(stage: HostStage, host: str, *, wait: bool = True) -> None:
    settings = stage.settings.model_copy(update={"hosts": 2})
    answers = await operators.move(settings, ALL, host, who="operator", hosts_run=wait)
    assert all(isinstance(answer, Moved) for answer in answers), answers


async def assert_fenced_for_good(stage: HostStage, owner: psutil.Process, socket: Path, point: str) -> None:
    """It goes on, and neither writes nor takes: all that it says is that the partitions are another's."""
    before = await stage.placement()
    owner.resume()
    requests = encode_requests([claim_command(Claim(card, f"zombie-{len(point)}")) for card in stage.cards])
    answers = decode_answers(await call(str(socket), b"s", requests))
    assert {answer.outcome for answer in answers} == {Outcome.FENCED}
    after = await stage.placement()
    for partition in ALL:
        assert (after[partition].host, after[partition].holder) == ("host-1", before[partition].holder)
        assert after[partition].epoch == before[partition].epoch
    statement = 'SELECT max(epoch) AS newest FROM ledger.events WHERE topic = $1 AND partition = $2 AND "offset" > $3'
    for partition in ALL:
        [row] = await stage.query(statement, partition.topic, partition.partition, before[partition].offset)
        assert row["newest"] in (None, before[partition].epoch)


async def taken_over(stage: HostStage, load: HostLoad, point: str) -> None:
    began = time.monotonic()
    await move(stage, "host-1")
    for partition in ALL:
        cards = stage.cards_in(partition)
        assert await load.since(began, lambda each, cards=cards: each.claim.card in cards) < TAKEN_OVER_WITHIN_S
    note(f"owner stopped {point}: its partitions taken over", load, time.monotonic() - began)


async def test_wherever_an_owner_is_stopped_its_partitions_are_taken_over_and_it_stays_fenced(
    stage: HostStage, tmp_path: Path
) -> None:
    socket = tmp_path / "host"
    with stopping_host(stage, socket) as owner:
        async with edge(stage, socket) as hosts, stage.load(hosts, "owner-stopped") as load:
            for point in (BEFORE_THE_CALL, WHILE_IT_WAITS, AFTER_THE_COMMIT, BEFORE_THE_BUMP, BEFORE_THE_ADOPTION):
                if point == BEFORE_THE_ADOPTION:
                    await move(stage, "host-1")
                await stop_at(point, stage, owner, socket)
                await taken_over(stage, load, point)
                await assert_fenced_for_good(stage, owner, socket, point)
                await load.more(20)
                await move(stage, "host-0")
                await load.more(20)
            assert owner.is_running()
