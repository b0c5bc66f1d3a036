"""The log feed over the log in memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.clocks import ManualClock
from ledger.following import GapInLog
from ledger.messages.envelope import Envelope, PartitionId
from ledger.store.memory_log import MemoryEventLog
from ledger.stream.log_feed import LogFeed
from ledger.stream.recent_events import AGE_MAX_S, RecentEvents
from tests.support.events import AT, append_of, envelope

POLL_S = 0.001
MEDCARD, OTHER = PartitionId("medcard", 0), PartitionId("medcard", 1)
WALLET = PartitionId("wallet", 0)


class Log(MemoryEventLog):
    """A log with two topics, and ways to write one event after the other, to lose one, and to lose the end."""

    def __init__(self) -> None:
        super().__init__(ManualClock(AT))
        self.lost: set[str] = set()
        self.asked: list[dict[PartitionId, int]] = []

    async def write(self, partition: PartitionId, count: int = 1) -> None:
        for _ in range(count):
            head = (await self.heads())[partition]
            event = envelope(partition, head, "a", head.offset + 1)
            await self.append(append_of(partition, head, [event], []))

    async def read_after(self, after: Mapping[PartitionId, int], events_max: int) -> Sequence[Envelope]:
        self.asked.append(dict(after))
        return [event for event in await super().read_after(after, events_max) if event.position not in self.lost]

    def rewind(self, partition: PartitionId) -> None:
        self._heads[partition] = replace(self._heads[partition], offset=0)


@pytest.fixture
async def log() -> Log:
    made = Log()
    await made.lay_out(["wallet", "medcard"], 2, ["host-0"])
    return made


async def positions(batches: AsyncIterator[Sequence[Envelope]]) -> list[str]:
    """Of the next batch."""
    async with asyncio.timeout(5):
        return [event.position for event in await anext(batches)]


async def test_it_goes_on_after_the_given_offsets(log: Log) -> None:
    await log.write(MEDCARD, 3)
    await log.write(OTHER, 1)
    batches = LogFeed(log, POLL_S, 100).batches({MEDCARD: 2})
    assert await positions(batches) == ["medcard/0@3", "medcard/1@1"]


async def test_it_waits_for_events_that_are_not_there_yet(log: Log) -> None:
    batches = LogFeed(log, POLL_S, 100).batches({})
    coming = asyncio.ensure_future(positions(batches))
    await asyncio.sleep(0)
    assert not coming.done()
    await log.write(MEDCARD)
    assert await coming == ["medcard/0@1"]
    await log.write(MEDCARD)
    assert await positions(batches) == ["medcard/0@2"]


async def test_a_hint_wakes_it_long_before_it_would_look(log: Log) -> None:
    batches = LogFeed(log, 3600, 100).batches({})
    coming = asyncio.ensure_future(positions(batches))
    await asyncio.sleep(0)
    await log.write(MEDCARD)
    await log.hint()
    assert await coming == ["medcard/0@1"]


async def test_no_batch_is_longer_than_the_limit_and_no_partition_holds_up_another(log: Log) -> None:
    await log.write(MEDCARD, 5)
    await log.write(OTHER, 1)
    batches = LogFeed(log, POLL_S, 2).batches({})
    found = [await positions(batches) for _ in range(4)]
    assert found == [
        ["medcard/0@1", "medcard/0@2"],
        ["medcard/1@1"],
        ["medcard/0@3", "medcard/0@4"],
        ["medcard/0@5"],
    ]


async def test_it_asks_for_no_more_partitions_than_fill_a_batch(log: Log) -> None:
    await log.write(MEDCARD, 2)
    await log.write(OTHER, 2)
    batches = LogFeed(log, POLL_S, 2).batches({})
    await positions(batches)
    assert log.asked == [{MEDCARD: 0}]


async def test_it_leaves_out_topics_that_it_does_not_follow(log: Log) -> None:
    await log.write(WALLET)
    await log.write(MEDCARD)
    batches = LogFeed(log, POLL_S, 100, topics=["medcard"]).batches({})
    assert await positions(batches) == ["medcard/0@1"]


@pytest.mark.parametrize("lost", ["medcard/0@1", "medcard/0@2"])
async def test_a_missing_event_is_loud(log: Log, lost: str) -> None:
    await log.write(MEDCARD, 3)
    log.lost.add(lost)
    with pytest.raises(GapInLog, match="came after"):
        await positions(LogFeed(log, POLL_S, 100).batches({}))


async def test_a_head_without_its_events_is_loud(log: Log) -> None:
    await log.write(MEDCARD)
    log.lost.add("medcard/0@1")
    with pytest.raises(GapInLog, match="no events after medcard/0@0"):
        await positions(LogFeed(log, POLL_S, 100).batches({}))


async def test_a_log_that_became_shorter_is_loud(log: Log) -> None:
    await log.write(MEDCARD, 2)
    log.rewind(MEDCARD)
    with pytest.raises(GapInLog, match="medcard/0 ends at 0, before 2"):
        await positions(LogFeed(log, POLL_S, 100).batches({MEDCARD: 2}))


async def test_it_can_be_cancelled_while_it_waits(log: Log) -> None:
    coming = asyncio.ensure_future(positions(LogFeed(log, 3600, 100).batches({})))
    await asyncio.sleep(0)
    coming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await coming


async def test_what_several_feeds_follow_is_read_once(log: Log) -> None:
    await log.write(MEDCARD, 5)
    recent = RecentEvents(ManualClock(AT))
    feeds = [LogFeed(log, POLL_S, 100, recent=recent).batches({}) for _ in range(3)]
    expected = [f"medcard/0@{offset}" for offset in range(1, 6)]
    assert await asyncio.gather(*map(positions, feeds)) == [expected] * 3
    assert len(log.asked) == 1


async def test_a_feed_that_is_further_gets_what_it_does_not_have(log: Log) -> None:
    await log.write(MEDCARD, 5)
    recent = RecentEvents(ManualClock(AT))
    await positions(LogFeed(log, POLL_S, 100, recent=recent).batches({}))
    assert await positions(LogFeed(log, POLL_S, 100, recent=recent).batches({MEDCARD: 3})) == [
        "medcard/0@4",
        "medcard/0@5",
    ]
    assert await positions(LogFeed(log, POLL_S, 2, recent=recent).batches({MEDCARD: 1})) == [
        "medcard/0@2",
        "medcard/0@3",
    ]
    assert len(log.asked) == 1


async def test_what_was_read_before_is_read_again_after_a_while(log: Log) -> None:
    clock = ManualClock(AT)
    recent = RecentEvents(clock)
    await log.write(MEDCARD, 2)
    first = await recent.read_after(log, {MEDCARD: 0}, 10)
    assert await recent.read_after(log, {MEDCARD: 0}, 10) == first
    clock.advance(timedelta(seconds=AGE_MAX_S + 0.1))
    assert await recent.read_after(log, {MEDCARD: 1}, 10) == first[1:]
    assert len(log.asked) == 2


async def test_after_a_jump_only_what_follows_is_known(log: Log) -> None:
    recent = RecentEvents(ManualClock(AT))
    await log.write(MEDCARD, 6)
    await recent.read_after(log, {MEDCARD: 0}, 2)
    await recent.read_after(log, {MEDCARD: 4}, 2)
    assert [event.offset for event in await recent.read_after(log, {MEDCARD: 1}, 2)] == [2, 3]
    assert len(log.asked) == 3
