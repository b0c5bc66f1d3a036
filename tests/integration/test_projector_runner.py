"""What the projector's actor says of a group: halted, parked, paused, or nothing at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import pytest
from pydantic import SecretStr

from actors.projector_host import GroupRunner
from ledger import bootstrap, operators
from ledger.settings import Settings
from projections.registry import MEDCARD_GROUP
from tests.load.loader import Loader
from tests.support.feeds import until

pytestmark = pytest.mark.postgres


@pytest.fixture
async def settings(database: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("projections.projector.LOOK_INTERVAL_S", 0.05)
    monkeypatch.setattr("actors.projector_host.HALTED_LOOK_AGAIN_S", 0.1)
    settings = Settings(database_url=SecretStr(database), partitions=1)
    await bootstrap.lay_out(settings)
    return settings


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[GroupRunner]:
    runner = GroupRunner(partial(bootstrap.open_projector, settings), MEDCARD_GROUP)
    task = asyncio.create_task(runner.run())
    try:
        async with asyncio.timeout(20):
            yield runner
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def loaded(settings: Settings, loader: Loader | None, events: int) -> Loader:
    async with bootstrap.open_projector(settings, {"medcard"}) as ports:
        loader = Loader(ports.log, cards=2) if loader is None else loader.on(ports.log)
        await loader.load(events)
        return loader


async def test_it_halts_at_a_log_that_was_cut_and_goes_on_when_the_log_is_back(
    settings: Settings, database: str
) -> None:
    await loaded(settings, None, 10)
    owner = await asyncpg.connect(database)
    async with running(settings) as runner:
        await until(lambda: runner.applied == 10)
        assert runner.failure == ""
        await owner.execute("SET session_replication_role = replica")
        await owner.execute('CREATE TABLE cut AS SELECT * FROM ledger.events WHERE "offset" > 7')
        await owner.execute("CREATE TABLE heads AS SELECT * FROM ledger.partitions")
        await owner.execute('DELETE FROM ledger.events WHERE "offset" > 7')
        await owner.execute(
            "UPDATE ledger.partitions p SET head = 7, head_digest = e.digest FROM ledger.events e"
            ' WHERE e.topic = p.topic AND e."offset" = 7'
        )
        await until(lambda: runner.failure.startswith("halted: LogForked: "))
        await owner.execute("INSERT INTO ledger.events SELECT * FROM cut")
        await owner.execute(
            "UPDATE ledger.partitions p SET head = h.head, head_digest = h.head_digest FROM heads h"
            " WHERE (h.topic, h.partition) = (p.topic, p.partition)"
        )
        await until(lambda: runner.failure == "")
        assert runner.status()["behind"] == 0
    await owner.close()


async def test_it_names_how_many_aggregates_are_parked_and_that_it_is_paused(settings: Settings) -> None:
    loader = await loaded(settings, None, 4)
    async with bootstrap.open_projector(settings, {"medcard"}) as ports:
        await loader.on(ports.log).poison(loader.card_ids[0])
    async with running(settings) as runner:
        await until(lambda: runner.failure == "1 aggregates parked")
        assert runner.applied == 5
        await operators.pause(settings, "medcards", True)
        await until(lambda: runner.failure == "paused, 1 aggregates parked")
        status = runner.status()
        assert (status["paused"], status["parked"], status["positions"]) == (True, 1, {"medcard/0": 5})
    report = await operators.verify(settings, lambda _text: None, folds=False)
    named = {finding.check: finding.where for finding in report.findings}
    assert named["paused"] == "medcards"
    assert named["dead_letters"].startswith("medcards: card-000000 from medcard/0@")
