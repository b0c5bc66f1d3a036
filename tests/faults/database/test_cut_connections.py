"""Connections that are cut at a known point of an append: before it lands, after it has, and where nobody can know."""

import time
from collections.abc import AsyncIterator

import asyncpg
import pytest
from pydantic import SecretStr

from ledger.messages.commands import Outcome
from ledger.messages.envelope import PartitionId, partition_of
from tests.support.cutting_proxy import AFTER, AMID, BEFORE, CuttingProxy
from tests.support.host_load import ask, claim_command
from tests.support.host_stage import PARTITIONS, HostStage, opened_host, until
from tests.support.record import Claim
from tests.support.recoveries import note

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(90)]

CUTS_OF_EACH = 15
BACK_WITHIN_S = 3.0


@pytest.fixture
async def proxy(stage: HostStage) -> AsyncIterator[CuttingProxy]:
    async with CuttingProxy(stage.dsn).open() as proxy:
        yield proxy


@pytest.mark.parametrize(("fate", "landed"), [(BEFORE, False), (AFTER, True)])
async def test_a_caller_whose_append_is_cut_gets_the_answer_of_the_one_that_landed(
    stage: HostStage, proxy: CuttingProxy, fate: str, landed: bool
) -> None:
    """What landed is found under its key, in the epoch that was; what did not is done again, in the next."""
    through_proxy = stage.settings.model_copy(update={"database_url": SecretStr(proxy.dsn)})
    claim = Claim(stage.cards[0], "cut")
    partition = PartitionId("medcard", partition_of("medcard", claim.card, PARTITIONS).partition)
    async with opened_host(through_proxy) as host:
        assert (await ask(host, claim_command(Claim(claim.card, "whole")))).outcome is Outcome.ACCEPTED
        before = (await stage.placement())[partition]
        proxy.fates.append(fate)
        answer = await ask(host, claim_command(claim))
        assert proxy.cuts == {fate: 1}
        assert (answer.outcome, answer.replayed) == (Outcome.ACCEPTED, landed)
        after = (await stage.placement())[partition]
        assert (after.offset, after.epoch) == (before.offset + 1, before.epoch + 1)
        [event] = await stage.query("SELECT epoch FROM ledger.events WHERE event_data->>'prescriptionId' = 'cut'")
        assert event["epoch"] == (before.epoch if landed else after.epoch)
        again = await ask(host, claim_command(claim))
        assert (again.body, again.position, again.replayed) == (answer.body, answer.position, True)


async def test_appends_that_are_cut_under_load_happen_once(stage: HostStage, proxy: CuttingProxy) -> None:
    through_proxy = stage.settings.model_copy(update={"database_url": SecretStr(proxy.dsn)})
    async with opened_host(through_proxy) as host:
        async with stage.load(host, "appends-cut") as load:
            proxy.fates.extend([BEFORE, "", AFTER, "", "", AMID] * CUTS_OF_EACH)
            await until(lambda: not proxy.fates, within_s=40)
            ended_at = time.monotonic()
            back_s = await load.since(ended_at)
            await load.more(50)
            note(f"{proxy.cuts.total()} appends whose connection is cut before, amid or after", load, back_s)
        assert proxy.cuts == dict.fromkeys((BEFORE, AFTER, AMID), CUTS_OF_EACH)
        assert back_s < BACK_WITHIN_S
        assert await host.owns_its_partitions()


async def test_backends_that_are_ended_again_and_again_cost_time_and_nothing_else(stage: HostStage) -> None:
    owner = await asyncpg.connect(stage.dsn)
    try:
        async with opened_host(stage.settings) as host:
            async with stage.load(host, "backends-ended") as load:
                for _ in range(2 * CUTS_OF_EACH):
                    await load.more(5)
                    await owner.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                back_s = await load.since(time.monotonic())
                await load.more(50)
                note(f"all backends ended, {2 * CUTS_OF_EACH} times", load, back_s)
            assert back_s < BACK_WITHIN_S
            assert await host.owns_its_partitions()
    finally:
        await owner.close()
