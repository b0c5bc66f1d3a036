"""An event that a release cannot apply, under load: its aggregate waits for the next release, and nobody else does."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ledger import operators
from ledger.ports import Changes
from projections.projection import Fact, Group, Projection
from projections.registry import MEDCARD_GROUP
from tests.support.host_load import claim_command, settled
from tests.support.host_stage import HostStage, following, opened_host, until
from tests.support.record import Claim
from tests.support.recoveries import note
from tests.support.server import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(90)]

POISON = "poison-1"


def with_a_bug() -> Group:
    """A release whose fold breaks at one prescription."""

    def fold(facts: Sequence[Fact]) -> Sequence[Changes]:
        if any(getattr(fact.fields, "prescription_id", None) == POISON for fact in facts):
            raise ZeroDivisionError("a bug")
        return ()

    buggy = Projection("buggy", MEDCARD_GROUP.projections[0].handles, fold)
    return replace(MEDCARD_GROUP, projections=(*MEDCARD_GROUP.projections, buggy))


async def replay_dead_letters(stage: HostStage) -> str:
    """As an operator does beside the running server."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("HEALTHPAY_")}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "ledger", "replay-dead-letters", "--group", MEDCARD_GROUP.name],
        cwd=ROOT,
        env={**environment, "HEALTHPAY_DATABASE_URL": stage.dsn},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


async def test_a_poison_event_parks_its_card_until_the_next_release_and_holds_up_nobody(stage: HostStage) -> None:
    async with opened_host(stage.settings) as host, stage.load(host, "beside-poison", clients=4) as load:
        async with following(stage.settings, with_a_bug()) as [projector]:
            poisoned = await settled(host, claim_command(Claim("card-3", POISON)))
            sent_at = time.monotonic()
            await until(lambda: projector.parked == 1)
            note("poison event: its card is parked", load, await load.since(sent_at))
            applied = projector.events_applied
            await load.more(100)
            await until(lambda: projector.events_applied >= applied + 100)
            assert projector.parked == 1
        async with following(stage.settings, MEDCARD_GROUP) as [projector]:
            await until(lambda: projector.well)
            report = await operators.verify(stage.settings, lambda _: None, folds=False)
            assert {finding.check for finding in report.findings} >= {"dead_letters"}
            assert "card-3" in await replay_dead_letters(stage)
            replayed_at = time.monotonic()
            await until(lambda: projector.parked == 0)
            note("poison event: its card is back after the replay", load, await load.since(replayed_at))
            await load.more(50)
        again = await settled(host, claim_command(Claim("card-3", POISON)))
        assert (again.body, again.replayed) == (poisoned.body, True)
    await stage.verify(folds=True)
    [row] = await stage.query("SELECT count(*) AS rows FROM read.prescriptions WHERE prescription_id = $1", POISON)
    assert row["rows"] == 1
