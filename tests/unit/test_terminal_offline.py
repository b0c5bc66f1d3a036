"""Claims that are taken without a line, and their replay."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.client import Backoff, BatchReport, OfflineCapReached, Options, Terminal
from tests.support.stand_in_socket import StandIn, stand_in, until

QUICK = Options(reconnect=Backoff(0.01, 0.05), retry=Backoff(0.01, 0.05), offline_claims_max=12)
NOWHERE = "ws://127.0.0.1:9/ws/terminal"


async def capture(terminal: Terminal, rx: str, total: str = "10.50") -> Any:
    return await terminal.capture("card-1", prescription_id=rx, beneficiary_id="user-1", total=total)


async def captured_away(record: Path, count: int) -> None:
    async with Terminal(NOWHERE, "t", record=record, options=QUICK) as terminal:
        for number in range(count):
            assert (await capture(terminal, f"rx-{number}")).seq == number + 1


async def replayed(server: StandIn, record: Path) -> list[BatchReport]:
    async with Terminal(server.url, "t", record=record, options=QUICK) as terminal:
        reports: list[BatchReport] = []
        async with asyncio.timeout(5):
            while not reports or any(report.state in ("capturing", "replaying") for report in reports):
                await asyncio.sleep(0.01)
                reports = await terminal.batches()
        return reports


async def test_captured_claims_are_replayed_in_a_batch_in_their_order(tmp_path: Path) -> None:
    record = tmp_path / "pos.db"
    await captured_away(record, 5)
    async with stand_in() as server:
        [report] = await replayed(server, record)
        assert (report.state, report.claims, report.answered, report.rejected) == ("closed", 5, 5, 0)
        assert report.amount == Decimal("52.50")
        opened, *claims, closed = server.received
        assert (opened["type"], closed["type"]) == ("openOfflineBatch", "closeOfflineBatch")
        assert (opened["body"]["firstSequence"], opened["body"]["lastSequence"]) == (1, 5)
        assert [(each["seq"], each["batch"]) for each in claims] == [(n, report.batch) for n in range(1, 6)]
        assert opened["body"]["firstCapturedAt"] == claims[0]["capturedAt"]
        assert closed["body"] == {"batchId": report.batch, "claims": 5, "rejectedClaims": 0, "amount": "52.50"}


async def test_a_replay_that_is_cut_goes_on_and_executes_nothing_twice(tmp_path: Path) -> None:
    record = tmp_path / "pos.db"
    await captured_away(record, 5)
    async with stand_in(cut_after_frames=[1, 2, 1]) as server:
        [report] = await replayed(server, record)
        assert (report.state, report.answered) == ("closed", 5)
        assert len(server.order) == len(set(server.order)) == 7
        assert server.next_sequence == 6


async def test_a_lost_record_begins_where_the_server_counts(tmp_path: Path) -> None:
    record = tmp_path / "pos.db"
    await captured_away(record, 3)
    async with stand_in(next_sequence=41) as server:
        [report] = await replayed(server, record)
        assert (report.state, server.next_sequence) == ("closed", 44)
        assert [each["seq"] for each in server.received if each["type"] == "claimPrescription"] == [41, 42, 43]
        async with Terminal(NOWHERE, "t", record=record, options=QUICK) as terminal:
            assert (await capture(terminal, "rx-next")).seq == 44


async def test_a_batch_that_the_server_does_not_take_stays_on_the_record(tmp_path: Path) -> None:
    record = tmp_path / "pos.db"
    await captured_away(record, 3)
    problem = {"code": "offline_cap_exceeded", "retryable": False}
    async with stand_in(refusals={"openOfflineBatch": problem}) as server:
        [report] = await replayed(server, record)
        assert (report.state, report.code, report.answered) == ("refused", "offline_cap_exceeded", 0)
        assert [each["type"] for each in server.received] == ["openOfflineBatch"]


async def test_what_is_captured_during_a_replay_goes_into_the_next_batch(tmp_path: Path) -> None:
    record = tmp_path / "pos.db"
    async with stand_in() as server, Terminal(server.url, "t", record=record, options=QUICK) as terminal:
        for number in range(30):
            await capture(terminal, f"rx-{number}")
            await asyncio.sleep(0.001)
        await until(lambda: sum(each["type"] == "claimPrescription" for each in server.received) == 30)
        claims = [each for each in server.received if each["type"] == "claimPrescription"]
        assert len({each["id"] for each in claims}) == 30
        assert len({each["batch"] for each in claims}) > 1


async def test_the_caps_of_a_batch_are_kept_at_the_counter(tmp_path: Path) -> None:
    record = tmp_path / "pos.db"
    await captured_away(record, 12)
    async with Terminal(NOWHERE, "t", record=record, options=QUICK) as terminal:
        with pytest.raises(OfflineCapReached):
            await capture(terminal, "rx-13")
    async with Terminal(NOWHERE, "t", record=tmp_path / "other.db", options=QUICK) as terminal:
        await capture(terminal, "rx-1", "49999.99")
        with pytest.raises(OfflineCapReached):
            await capture(terminal, "rx-2", "0.02")
