"""The demo's data: what it plans is taken by the doors, and a second run finds it there."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from ledger.demo import seeding
from ledger.demo.plan import DAYS, phases
from ledger.demo.seeding import Demo, DemoFailed
from ledger.domain.calendar import cairo_date
from tests.support.doors import NOON, Bench, edge, token

COUNT = 6
TODAY = cairo_date(NOON)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge(rate_limit_admin_per_hour=1_000_000) as made:
        yield made


async def seeded(bench: Bench, monkeypatch: pytest.MonkeyPatch, failures: int = 0) -> tuple[Counter[str], list[str]]:
    """What became of the commands of one run, and its progress. The first `failures` tries find nobody."""
    loop, said, failing = asyncio.get_running_loop(), [], iter(range(failures))

    def post(_self: Demo, body: bytes) -> Any:
        if next(failing, None) is not None:
            raise ConnectionRefusedError
        sent = asyncio.run_coroutine_threadsafe(
            bench.post("/api/v1/batch", body, exp=NOON + timedelta(days=9)), loop
        ).result(60)
        assert sent.status_code == 200, sent.text
        return json.loads(sent.content)["results"]

    monkeypatch.setattr(Demo, "_post", post)
    monkeypatch.setattr(seeding, "TRY_AGAIN_AFTER_S", 0.001)
    demo = Demo("nowhere", 0, token(), bench.clock, threading.Event())
    found = await asyncio.to_thread(demo.seed, COUNT, said.append)
    return found, said


async def test_everything_that_is_planned_is_taken(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    found, said = await seeded(bench, monkeypatch)
    planned = sum(len(phase.members) for phase in phases(TODAY, COUNT))
    assert sum(found.values()) == planned
    assert found["there already"] == 0
    assert found["paid"] > DAYS
    assert said[-1] == f"demo [{'#' * 20}] {planned:,} of {planned:,} commands: claims"


async def test_a_second_run_finds_everything_there(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = await seeded(bench, monkeypatch)
    second, _ = await seeded(bench, monkeypatch)
    assert second == first
    bench.clock.advance(timedelta(days=1))
    await seeded(bench, monkeypatch)


async def test_a_server_that_is_away_for_a_moment_is_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = await seeded(bench, monkeypatch, failures=seeding.TRIES_MAX - 1)
    assert found["paid"] > DAYS
    with pytest.raises(DemoFailed, match="cannot be reached"):
        await seeded(bench, monkeypatch, failures=seeding.TRIES_MAX)


def test_a_month_of_claims_ends_today() -> None:
    claims = phases(TODAY, COUNT)[-1].members
    days = [member["body"]["serviceDate"] for member in claims]
    assert days == sorted(days)
    assert days[0] == (TODAY - timedelta(days=DAYS - 1)).isoformat()
    assert days[-1] == TODAY.isoformat()
