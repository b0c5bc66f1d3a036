"""`ledger move`: what an operator's move does, and the names of what it refuses."""

import asyncio
from pathlib import Path

import pytest

from ledger.cli import main
from ledger.clocks import SystemClock
from ledger.messages.envelope import PartitionId
from ledger.ports import Head
from ledger.runtime.moving import (
    AlreadyThere,
    Moved,
    MovedByAnother,
    Mover,
    NotTaken,
    UnknownHost,
    UnknownPartition,
    move_text,
    partition_named,
)
from ledger.store.memory_log import MemoryEventLog

P0 = PartitionId("medcard", 0)
TAKEN_WITHIN_S = 0.3


@pytest.fixture
async def log() -> MemoryEventLog:
    log = MemoryEventLog(SystemClock())
    await log.lay_out(["medcard"], 2, ["host-0"])
    await log.take_ownership("host-0", "1")
    return log


def mover(log: MemoryEventLog, taken_within_s: float | None = TAKEN_WITHIN_S) -> Mover:
    return Mover(log, SystemClock(), ["host-0", "host-1"], taken_within_s)


async def head_of(log: MemoryEventLog) -> Head:
    return (await log.heads())[P0]


async def test_a_move_ends_when_the_new_host_has_it(log: MemoryEventLog) -> None:
    moving = asyncio.create_task(mover(log, 5.0).move(P0, "host-1"))
    while (await head_of(log)).host != "host-1":  # noqa: ASYNC110 - what it waits for is no event
        await asyncio.sleep(0.01)
    taken = (await log.adopt("host-1", "2", [P0]))[P0]
    moved = await moving
    assert isinstance(moved, Moved)
    assert (moved.from_host, moved.host, moved.epoch) == ("host-0", "host-1", taken.epoch)
    assert move_text(moved).startswith("moved medcard/0 from host-0 to host-1, which took it after 0.")


async def test_where_no_server_runs_the_new_host_takes_it_at_its_start(log: MemoryEventLog) -> None:
    moved = await mover(log, None).move(P0, "host-1")
    assert isinstance(moved, Moved)
    assert move_text(moved) == "moved medcard/0 from host-0 to host-1 (epoch 2); host-1 takes it when it starts"
    assert P0 in await log.take_ownership("host-1", "2")


async def test_a_host_that_does_not_take_it_gives_it_back(log: MemoryEventLog) -> None:
    answer = await mover(log).move(P0, "host-1")
    assert answer == NotTaken(P0, "host-1", "host-0", TAKEN_WITHIN_S)
    assert move_text(answer) == "not_taken: host-1 did not take medcard/0 within 0 s; it is back on host-0"
    assert ((await head_of(log)).host, (await head_of(log)).holder) == ("host-0", "")


async def test_what_there_is_not_is_refused_and_nothing_is_changed(log: MemoryEventLog) -> None:
    before = await log.heads()
    assert await mover(log).move(PartitionId("medcard", 2), "host-1") == UnknownPartition(PartitionId("medcard", 2))
    assert await mover(log).move(P0, "hsot-1") == UnknownHost("hsot-1", ("host-0", "host-1"))
    assert await mover(log).move(P0, "host-0") == AlreadyThere(P0, "host-0")
    assert await log.heads() == before


async def test_of_two_moves_at_once_the_later_one_wins_and_the_other_is_told(log: MemoryEventLog) -> None:
    first = asyncio.create_task(mover(log, 5.0).move(P0, "host-1"))
    while (await head_of(log)).host != "host-1":  # noqa: ASYNC110 - what it waits for is no event
        await asyncio.sleep(0.01)
    assert await log.place(P0, "host-0", (await head_of(log)).epoch)
    assert await first == MovedByAnother(P0)


@pytest.mark.parametrize("text", ["medcard", "medcard/", "medcard/-1", "medcard/01", "medcard/1 ", "/1", "medcard/x"])
def test_what_names_no_partition_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert partition_named("medcard/1") == PartitionId("medcard", 1)
    assert main(["move", text, "host-1"]) == 1
    assert f"unknown_partition: {text} is no topic/number, such as medcard/3" in capsys.readouterr().err
