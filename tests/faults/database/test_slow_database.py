"""PostgreSQL that does not answer in time: callers are told the truth, and afterwards the same host goes on."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import psutil
import pytest

from ledger.embedded import EmbeddedPostgres
from ledger.messages.commands import Outcome
from ledger.messages.envelope import PartitionId
from tests.support.host_load import TRY_TIMEOUT_MS, HostLoad
from tests.support.host_stage import HostStage, opened_host
from tests.support.recoveries import note

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(90)]

SLOW_FOR_S = 2.5
BACK_WITHIN_S = 3.0
ANSWERED_LATE_MAX_S = 2.0
"""How long past its own time a command may wait for its answer: a statement on its way is not given up."""


PATIENT_LOCKS = {"lock_timeout_ms": 2_000, "statement_timeout_ms": 500}
_ROWS = "SELECT 1 FROM ledger.partitions FOR UPDATE"
_RESULTS = "LOCK TABLE ledger.command_results IN SHARE ROW EXCLUSIVE MODE"
"""What an append comes to when it holds its rows already."""


@asynccontextmanager
async def held(stage: HostStage, lock: str) -> AsyncIterator[None]:
    """A second session holds a lock, as a stuck transaction of an operator's would."""
    connection = await asyncpg.connect(stage.dsn)
    try:
        async with connection.transaction():
            await connection.execute(lock)
            yield
    finally:
        await connection.close()


async def waiting_for_a_lock(stage: HostStage) -> int:
    """The process of an append that waits for a lock."""
    statement = """
        SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%ledger.append(%'
    """
    async with asyncio.timeout(5):
        while True:
            for row in await stage.query(statement):
                pid: int = row["pid"]
                return pid
            await asyncio.sleep(0.01)


async def epochs(stage: HostStage) -> dict[PartitionId, int]:
    return {partition: head.epoch for partition, head in (await stage.placement()).items()}


async def assert_back(fault: str, load: HostLoad, ended_at: float) -> None:
    back_s = await load.since(ended_at)
    await load.more(100)
    note(fault, load, back_s)
    assert back_s < BACK_WITHIN_S


@pytest.mark.parametrize(
    ("kind", "lock_timeout_ms", "statement_timeout_ms"), [("lock", 300, 5_000), ("statement", 5_000, 400)]
)
async def test_rows_that_somebody_else_holds_cost_time_and_nothing_else(
    stage: HostStage, kind: str, lock_timeout_ms: int, statement_timeout_ms: int
) -> None:
    """Both time-outs roll the append back: what is told then is `expired`, which means not executed."""
    timeouts = {"lock_timeout_ms": lock_timeout_ms, "statement_timeout_ms": statement_timeout_ms}
    async with opened_host(stage.settings.model_copy(update=timeouts)) as host:
        async with stage.load(host, f"rows-held-{kind}") as load:
            async with held(stage, _ROWS):
                began, before = time.monotonic(), len(load.acknowledged)
                await asyncio.sleep(SLOW_FOR_S)
                during = len(load.acknowledged) - before
            await assert_back(
                f"rows held by another session for {SLOW_FOR_S} s, past the {kind} timeout", load, time.monotonic()
            )
            assert during <= 12, "only what was committed before the lock"
            assert load.not_executed
            assert set(load.troubles) == {Outcome.EXPIRED}
            waited = [each.answered_at - each.sent_at for each in load.acknowledged if each.sent_at > began]
            assert max(waited) < TRY_TIMEOUT_MS / 1000 + ANSWERED_LATE_MAX_S
        assert await host.owns_its_partitions()


async def test_an_append_that_stands_still_before_it_has_its_row_is_overtaken_and_fenced(stage: HostStage) -> None:
    """Its client gives up and bumps the epoch: service is back before the stray append has ended."""
    settings = stage.settings.model_copy(update={**PATIENT_LOCKS, "append_lanes": 1})
    async with opened_host(settings) as host, stage.load(host, "waiting-append-stopped") as load:
        async with held(stage, _ROWS):
            stopped = psutil.Process(await waiting_for_a_lock(stage))
            stopped.suspend()
            before = await epochs(stage)
        ended_at = time.monotonic()
        try:
            await assert_back("an appending backend stopped before it has its row lock (SIGSTOP)", load, ended_at)
            after = await epochs(stage)
            assert sum(after.values()) > sum(before.values())
        finally:
            stopped.resume()
        await load.more(100)
        assert await epochs(stage) == after


async def test_an_append_that_stands_still_with_its_rows_is_waited_for(stage: HostStage) -> None:
    """Its client gives up, and nobody can overtake it: nobody is answered but with `unknown` until it has ended."""
    settings = stage.settings.model_copy(update={**PATIENT_LOCKS, "lock_timeout_ms": 300, "append_lanes": 1})
    async with opened_host(settings) as host, stage.load(host, "locking-append-stopped") as load:
        async with held(stage, _RESULTS):
            stopped = psutil.Process(await waiting_for_a_lock(stage))
            stopped.suspend()
        try:
            before = len(load.acknowledged)
            await asyncio.sleep(2 * SLOW_FOR_S)
            assert len(load.acknowledged) == before
        finally:
            stopped.resume()
        await assert_back("an appending backend stopped with its row locks (SIGSTOP)", load, time.monotonic())
        assert load.troubles[Outcome.UNKNOWN] > 0


async def test_a_server_that_stands_still_as_a_whole_goes_on(stage: HostStage, postgres: EmbeddedPostgres) -> None:
    timeouts = {"lock_timeout_ms": 300, "statement_timeout_ms": 400}
    settings = stage.settings.model_copy(update=timeouts)
    async with opened_host(settings) as host, stage.load(host, "server-stopped") as load:
        stopped = [psutil.Process(postgres.pid), *psutil.Process(postgres.pid).children()]
        for process in stopped:
            process.suspend()
        try:
            await asyncio.sleep(SLOW_FOR_S)
        finally:
            for process in stopped:
                process.resume()
        await assert_back("all of PostgreSQL stopped (SIGSTOP)", load, time.monotonic())
        assert load.troubles[Outcome.UNKNOWN] > 0
        assert await host.owns_its_partitions()
