"""The simulated network: what it sends, what it measures, and how it misbehaves on purpose."""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from ledger.client import Record
from ledger.pos import recorded
from ledger.pos.claims import Claims, Zipf
from ledger.pos.figures import Figures, Histogram
from ledger.pos.network import Run, work
from ledger.pos.view import line, screen
from tests.support.stand_in_socket import StandIn, stand_in


def run_of(server: StandIn, rate: float, seconds: float = 0.6, **more: object) -> Run:
    return Run(server.url, ["a", "b", "c"], "r", 50, rate, 5, seconds, **more)  # type: ignore[arg-type]  # options of one test


def test_percentiles_are_right_to_two_per_cent() -> None:
    histogram = Histogram()
    for milliseconds in range(1, 1001):
        histogram.add(milliseconds / 1000)
    for percent in (50, 95, 99):
        assert histogram.percentile_ms(percent) == pytest.approx(percent * 10, rel=0.025)
    assert Histogram().percentile_ms(99) == 0.0


def test_few_cards_are_busy_and_all_are_used() -> None:
    zipf = Zipf(100, random.Random(1))
    drawn = Counter(zipf.next() for _ in range(50_000))
    assert set(drawn) == set(range(100))
    assert drawn[0] / drawn[9] == pytest.approx(10, rel=0.2)


def test_a_claim_is_a_whole_message_under_an_id_of_its_own() -> None:
    claims = Claims("r", 10, random.Random(1))
    made = [claims.next() for _ in range(100)]
    assert len({claim.id for claim in made}) == 100
    message = json.loads(made[0].text)
    assert (message["type"], message["id"], message["card"]) == (
        "claimPrescription",
        made[0].id,
        f"pos-r-{made[0].card}",
    )
    assert message["body"]["prescriptionId"] == made[0].id


async def test_an_open_loop_sends_at_its_rate_in_frames() -> None:
    async with stand_in() as server:
        figures = Figures()
        seconds = await work(run_of(server, 500.0), figures, asyncio.Event())
    assert seconds == pytest.approx(0.6, abs=0.3)
    assert figures.answered == figures.sent == len(server.order)
    assert figures.answered == pytest.approx(500 * seconds, rel=0.2)
    assert set(server.frames) == {5}


async def test_a_server_that_stalls_cannot_hide_what_waited_meanwhile() -> None:
    async with stand_in(silent=True) as server:
        figures, stopping = Figures(), asyncio.Event()
        working = asyncio.create_task(work(run_of(server, 500.0, 1.0), figures, stopping))
        await asyncio.sleep(0.5)
        assert figures.answered == 0
        server.silent = False
        await server.close_all(1012)
        await working
    assert figures.answered == len(server.order) == len(set(server.order))
    assert figures.latencies.percentile_ms(99) > 300
    assert figures.reconnects == 3


async def test_a_closed_loop_keeps_the_windows_full_and_no_fuller() -> None:
    async with stand_in(window=15) as server:
        figures = Figures()
        await work(run_of(server, 0.0, 0.3), figures, asyncio.Event())
    assert server.most_unanswered <= 15
    assert figures.statuses == {"PAID": figures.sent}
    assert figures.sent > 100


async def test_chaos_executes_nothing_twice_and_notices_every_replay() -> None:
    async with stand_in(cut_after_frames=[2, 3, 2]) as server:
        figures = Figures()
        await work(run_of(server, 300.0, 3.0, chaos=True), figures, asyncio.Event())
    assert figures.answered == len(server.order) == len(set(server.order))
    assert figures.broken_replays == 0
    assert figures.replays > 0
    assert figures.reconnects >= 3


async def test_a_recorded_network_leaves_its_records(tmp_path: Path) -> None:
    async with stand_in() as server:
        figures = Figures()
        await recorded.work(run_of(server, 200.0, 0.5, chaos=True), tmp_path, figures, asyncio.Event())
    answered = 0
    for number in range(3):
        with Record(recorded.record_of(tmp_path, number)) as record:
            answered += sum(entry.answer is not None for entry in record.entries())
    assert answered == figures.answered == figures.sent == len(server.order)


def test_the_view_says_how_it_goes() -> None:
    figures = Figures(sent=3, connected=2)
    for status in ("PAID", "PAID", "REJECTED"):
        figures.took(status, 0.0, 0.25)
    assert "answered 3 of 3" in line(figures, 12.0, figures.recent)
    shown = "\n".join(screen(figures, "2 terminals", 12.0, figures.recent))
    assert "PAID          2" in shown
    assert "12 claims/s" in shown
