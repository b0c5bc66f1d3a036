"""The wait for a position: shared by all that wait for a projection, and never for what the log does not hold."""

import asyncio
from collections.abc import Collection, Mapping

import pytest

from ledger.api import positions
from ledger.api.errors import Problem
from ledger.api.positions import LOOK_AGAIN_MIN_S, PositionWaits
from ledger.clocks import ManualClock
from ledger.messages.envelope import PartitionId
from ledger.ports import Head, StoreUnavailable
from ledger.store.memory_log import MemoryEventLog
from tests.support.doors import NOON

FIRST, SECOND = PartitionId("medcard", 0), PartitionId("medcard", 1)


class Progress:
    """A `ReadProgress` that a test moves; counts its looks."""

    def __init__(self) -> None:
        self.offsets: dict[PartitionId, int] = {}
        self.looks = 0
        self.away = False
        self._looked = asyncio.Event()

    async def until(self, looks: int) -> None:
        while self.looks < looks:
            self._looked.clear()
            await self._looked.wait()

    async def applied(self, projection: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, int]:
        assert projection == "medcards"
        self.looks += 1
        self._looked.set()
        if self.away:
            raise StoreUnavailable("away")
        return {partition: offset for partition, offset in self.offsets.items() if partition in partitions}


class Log(MemoryEventLog):
    """Ends where a test says."""

    def __init__(self) -> None:
        super().__init__(ManualClock(NOON))
        self.ends = {FIRST: 10, SECOND: 10}
        self.looks = 0

    async def heads(self) -> Mapping[PartitionId, Head]:
        self.looks += 1
        return {partition: Head(offset) for partition, offset in self.ends.items()}


@pytest.fixture
def progress() -> Progress:
    return Progress()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def waits(progress: Progress, log: Log) -> PositionWaits:
    return PositionWaits(progress, log, 5.0)


async def code_of(waits: PositionWaits, wanted: Mapping[PartitionId, int]) -> str:
    with pytest.raises(Problem) as refused:
        await waits.reached("medcards", wanted)
    return refused.value.code


async def test_what_has_been_applied_needs_one_look_and_none_at_the_log(
    waits: PositionWaits, progress: Progress, log: Log
) -> None:
    progress.offsets = {FIRST: 7}
    await waits.reached("medcards", {FIRST: 7, SECOND: 0})
    assert (progress.looks, log.looks) == (1, 0)


async def test_a_thousand_waits_share_their_looks(waits: PositionWaits, progress: Progress, log: Log) -> None:
    waiting = [asyncio.create_task(waits.reached("medcards", {FIRST: 1 + number % 10})) for number in range(1_000)]
    for offset in range(1, 11):
        looks = progress.looks
        progress.offsets = {FIRST: offset}
        await asyncio.wait(waiting[offset - 1 : offset])
        assert progress.looks > looks
        assert sum(task.done() for task in waiting) <= 100 * offset
    await asyncio.gather(*waiting)
    # Each of the ten steps is seen by a look, and by the pauses between looks a few more see nothing new.
    assert progress.looks < 100
    assert log.looks == 1


async def test_looks_in_vain_become_rarer(progress: Progress, log: Log) -> None:
    waits = PositionWaits(progress, log, 0.4)
    assert await code_of(waits, {FIRST: 1}) == "not_caught_up"
    assert progress.looks < 0.4 / LOOK_AGAIN_MIN_S / 3


async def test_a_position_beyond_the_end_of_the_log_is_refused_at_once(
    waits: PositionWaits, progress: Progress
) -> None:
    progress.offsets = {SECOND: 10}
    assert await code_of(waits, {FIRST: 11}) == "not_caught_up"
    assert await code_of(waits, {SECOND: 10, FIRST: 999_999}) == "not_caught_up"
    assert progress.looks == 2


async def test_a_partition_that_there_is_not_is_waited_for_no_longer(waits: PositionWaits) -> None:
    assert await code_of(waits, {PartitionId("medcard", 99): 1}) == "not_caught_up"


async def test_the_log_may_have_grown_since_its_end_was_seen(
    waits: PositionWaits, progress: Progress, log: Log
) -> None:
    assert await code_of(waits, {FIRST: 11}) == "not_caught_up"
    log.ends[FIRST] = 11
    waiting = asyncio.create_task(waits.reached("medcards", {FIRST: 11}))
    await progress.until(looks=3)
    progress.offsets = {FIRST: 11}
    await waiting


async def test_one_that_comes_later_is_looked_for_at_once(
    waits: PositionWaits, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOOK_AGAIN_MIN_S", "LOOK_AGAIN_MAX_S"):
        monkeypatch.setattr(positions, name, 600.0)
    patient = asyncio.create_task(waits.reached("medcards", {FIRST: 10}))
    await progress.until(looks=1)
    progress.offsets = {SECOND: 3}
    await waits.reached("medcards", {SECOND: 3})
    progress.offsets = {FIRST: 10}
    await waits.reached("medcards", {FIRST: 9})
    await patient


async def test_a_store_that_is_away_is_everybodys_failure_and_the_next_look_is_a_new_one(
    waits: PositionWaits, progress: Progress
) -> None:
    waiting = [asyncio.create_task(waits.reached("medcards", {FIRST: 5})) for _ in range(3)]
    await progress.until(looks=1)
    progress.away = True
    for failure in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(failure, StoreUnavailable)
    progress.away, progress.offsets = False, {FIRST: 5}
    await waits.reached("medcards", {FIRST: 5})


async def test_one_that_goes_away_leaves_the_others_waiting(waits: PositionWaits, progress: Progress) -> None:
    gone, stays = (asyncio.create_task(waits.reached("medcards", {FIRST: 5})) for _ in range(2))
    await progress.until(looks=1)
    gone.cancel()
    progress.offsets = {FIRST: 5}
    await stays
    assert gone.cancelled()
