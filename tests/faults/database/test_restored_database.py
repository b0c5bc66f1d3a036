"""An older copy of the database under a running host and follower: neither takes it for the one that it knew."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from ledger import bootstrap, by_hand, operators
from ledger.audit.kept_heads import parse_heads
from ledger.clocks import SystemClock
from ledger.messages.commands import Outcome
from ledger.readstores.postgres_store import PostgresReadStore
from ledger.runtime.host import AggregateHost
from projections.chain import LogForked
from projections.projector import Projector
from projections.registry import MEDCARD_GROUP
from tests.support.doors import CARD
from tests.support.host_load import HostLoad, ask, claim_command, command, settled
from tests.support.host_stage import HostStage, opened_host, until
from tests.support.own_postgres import OwnPostgres
from tests.support.record import Acknowledged, Record

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]

HALTED_WITHIN_S = 20.0
NEW = {**CARD, "id": "card-new", "userId": "user-new"}
NEW_CARD = command("medcard", "card-new", "createMedCard", NEW, "createMedCard of card-new")


@asynccontextmanager
async def follower_elsewhere(stage: HostStage, pool: asyncpg.Pool) -> AsyncIterator[asyncio.Task[None]]:
    """Its read models and checkpoints are in another database; it has followed the log to its end when this begins."""
    async with bootstrap.open_projector(stage.settings, MEDCARD_GROUP.topics) as ports:
        projector = Projector(MEDCARD_GROUP, ports.log, ports.feed, PostgresReadStore(pool), SystemClock())
        running = asyncio.create_task(projector.run())
        try:
            await until(lambda: running.done() or (projector.well and not projector.behind))
            yield running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def assert_halted(running: asyncio.Task[None]) -> None:
    async with asyncio.timeout(HALTED_WITHIN_S):
        with pytest.raises(LogForked, match=r"the log ends at|is not in the log|is not the event"):
            await running


async def claim(stage: HostStage, host: AggregateHost, name: str, count: int) -> Record:
    """A client's own record of so many claims and more."""
    record = Record(stage.folder / f"{name}.jsonl")
    async with HostLoad(host, record, name, stage.cards) as load:
        await load.more(count)
    record.close()
    return record


@pytest.mark.parametrize("backed_up", ["before the host started", "while the host ran"])
async def test_a_host_and_a_follower_that_outlive_a_restore_stop_and_the_next_start_goes_on_from_the_older_log(
    own_postgres: OwnPostgres, database_pool: asyncpg.Pool, backed_up: str
) -> None:
    stage = await own_postgres.stage()
    older = own_postgres.folder / "older"
    async with opened_host(stage.settings) as first:
        kept = await claim(stage, first, "kept", 60)
    if backed_up == "before the host started":
        await own_postgres.back_up(older)
    async with opened_host(stage.settings) as host:
        if backed_up == "while the host ran":
            await settled(host, command("medcard", "card-0", "activateMedCard", {}, "again"))
            await own_postgres.back_up(older)
        lost = await claim(stage, host, "lost", 60)
        assert (await settled(host, NEW_CARD)).outcome is Outcome.ACCEPTED
        heads = await by_hand.heads(stage.settings)
        async with follower_elsewhere(stage, database_pool) as follower:
            await own_postgres.restore(older)
            restored_at = time.monotonic()
            await assert_answers_nothing_of_the_lost_future(host, lost)
            print(f"host fenced after a restore: {time.monotonic() - restored_at:.2f} s")
            await assert_halted(follower)
            print(f"follower halted after a restore: {time.monotonic() - restored_at:.2f} s")
        assert not await host.owns_its_partitions()
    async with opened_host(stage.settings) as next_start:
        _, acknowledged = kept.read()
        await stage.ask_again(next_start, list(acknowledged.values()))
        await assert_executed_anew(stage, next_start, lost)
    report = await operators.verify(stage.settings, lambda _: None, parse_heads(heads), folds=False)
    assert {finding.check for finding in report.findings} == {"kept_heads", "lag"}
    await stage.verify()


async def assert_answers_nothing_of_the_lost_future(host: AggregateHost, lost: Record) -> None:
    """Neither an answer that is gone, nor a decision on a state that is gone; in the end, only that it owns nothing."""
    _, acknowledged = lost.read()
    outcomes: set[Outcome] = set()
    async with asyncio.timeout(HALTED_WITHIN_S):
        while outcomes != {Outcome.FENCED}:
            requests = [NEW_CARD, *(claim_command(each.claim) for each in acknowledged.values())]
            outcomes = {answer.outcome for answer in await host.submit(requests)}
            assert outcomes <= {Outcome.FENCED, Outcome.EXPIRED, Outcome.UNKNOWN}


async def assert_executed_anew(stage: HostStage, host: AggregateHost, lost: Record) -> None:
    """The older log never had them: under their keys they happen once, as new."""
    now = {}
    for each in lost.read()[1].values():
        answer = await ask(host, claim_command(each.claim))
        assert (answer.outcome, answer.replayed) == (Outcome.ACCEPTED, False)
        now[each.claim.key] = Acknowledged(each.claim, answer.body.decode(), answer.position, 0.0, 0.0)
    await stage.check_log(set(now), now)
