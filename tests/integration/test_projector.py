"""The projector between a feed and a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from ledger.clocks import ManualClock
from ledger.messages.codec import UnknownEvent
from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import Changes, Checkpoint, CheckpointMove, CheckpointMoved, Head, StoreUnavailable
from ledger.reads import Page, PrescriptionFilter
from ledger.readstores.medcard_reads import PostgresMedCardReads
from ledger.readstores.postgres_store import PostgresReadStore
from projections import projector as projector_module
from projections.projector import GapInFeed, LogForked, Projector
from projections.registry import MEDCARD_GROUP
from tests.support.medcard_log import START, MedCardLog, claimed, created, reversal

pytestmark = pytest.mark.postgres

FIRST = PartitionId("medcard", 0)


class ListFeed:
    """Gives a list's events beyond the offsets in batches, says when all of it was taken, and then waits.

    It is also the log that it feeds from, which has nothing more unless it is given as `log`.
    """

    def __init__(
        self, events: Sequence[Envelope], batch_events_max: int = 100, log: Sequence[Envelope] | None = None
    ) -> None:
        self._events = events
        self.log = events if log is None else log
        self._batch_events_max = batch_events_max
        self.drained = asyncio.Event()
        self.asked_after: list[Mapping[PartitionId, int]] = []

    async def batches(self, after: Mapping[PartitionId, int]) -> AsyncIterator[Sequence[Envelope]]:
        self.asked_after.append(dict(after))
        left = self._left(after)
        for start in range(0, len(left), self._batch_events_max):
            yield left[start : start + self._batch_events_max]
        self.drained.set()
        await asyncio.Event().wait()

    def _left(self, after: Mapping[PartitionId, int]) -> list[Envelope]:
        return [event for event in self._events if event.offset > after.get(event.partition, 0)]

    async def heads(self) -> Mapping[PartitionId, Head]:
        """The log behind the feed."""
        return {event.partition: Head(event.offset, event.digest, event.epoch) for event in self.log}

    async def read_after(self, after: Mapping[PartitionId, int], events_max: int) -> Sequence[Envelope]:
        return [event for event in self.log if event.offset > after.get(event.partition, event.offset)][:events_max]


class AgainFeed(ListFeed):
    """A feed that gives everything again, whatever was asked for."""

    def _left(self, after: Mapping[PartitionId, int]) -> list[Envelope]:
        return list(self._events)


class FlakyStore(PostgresReadStore):
    """Fails some applies before they are written, and then one after it was."""

    def __init__(self, pool: asyncpg.Pool, failures_before: int, failures_after: int) -> None:
        super().__init__(pool)
        self._before = failures_before
        self._after = failures_after

    async def apply(self, projection: str, changes: Sequence[Changes], moves: Sequence[CheckpointMove]) -> None:
        if self._before:
            self._before -= 1
            raise StoreUnavailable("away")
        await super().apply(projection, changes, moves)
        if self._after:
            self._after -= 1
            raise StoreUnavailable("lost at the commit")


def projector_of(feed: ListFeed, store: PostgresReadStore, clock: ManualClock | None = None) -> Projector:
    return Projector(MEDCARD_GROUP, feed, feed, store, clock or ManualClock(START))


async def run_until_drained(projector: Projector, feed: ListFeed) -> None:
    running = asyncio.create_task(projector.run())
    drained = asyncio.create_task(feed.drained.wait())
    async with asyncio.timeout(20):
        await asyncio.wait([running, drained], return_when=asyncio.FIRST_COMPLETED)
        drained.cancel()
        projector.stop()
        await running


def story(log: MedCardLog) -> list[Envelope]:
    """Thirty cards, each with three claims of which one is taken back."""
    cards = [f"card-{number}" for number in range(30)]
    written = [log.put(card, created()) for card in cards]
    for number in range(3):
        written += [log.put(card, claimed(f"c{number}-{card}")) for card in cards]
    return written + [log.put(card, reversal(f"c1-{card}")) for card in cards]


async def assert_told(pool: asyncpg.Pool) -> None:
    """The read models say what the story said, once."""
    reads = PostgresMedCardReads(pool)
    spend = await reads.spend([f"card-{number}" for number in range(30)], "2026-11")
    assert [(row.covered_minor, row.claims) for row in spend] == [(560_00, 2)] * 30
    card = await reads.card("card-7")
    assert card is not None
    assert card.version == 5
    assert len(await reads.prescriptions(PrescriptionFilter(status="REVERSED"), Page(100))) == 30
    assert len(await reads.prescriptions(PrescriptionFilter(status="PAID"), Page(100))) == 60


@pytest.mark.parametrize("batch_events_max", [1, 7, 1_000])
async def test_every_size_of_batch_comes_to_the_same(database_pool: asyncpg.Pool, batch_events_max: int) -> None:
    feed = ListFeed(story(MedCardLog(4)), batch_events_max)
    projector = projector_of(feed, PostgresReadStore(database_pool))
    await run_until_drained(projector, feed)
    await assert_told(database_pool)
    assert projector.events_applied == sum(projector.positions.values()) == 150
    stored = await PostgresReadStore(database_pool).checkpoints("medcards")
    assert {partition: checkpoint.offset for partition, checkpoint in stored.items()} == projector.positions


async def test_it_goes_on_from_its_checkpoints_after_a_restart(database_pool: asyncpg.Pool) -> None:
    events = story(MedCardLog(4))
    for part in (events[:100], events):
        feed = ListFeed(part, 7)
        await run_until_drained(projector_of(feed, PostgresReadStore(database_pool)), feed)
    assert sum(feed.asked_after[0].values()) == 100
    await assert_told(database_pool)


async def test_events_that_come_again_are_skipped(database_pool: asyncpg.Pool) -> None:
    events = story(MedCardLog(4))
    store = PostgresReadStore(database_pool)
    for feed in (ListFeed(events), AgainFeed([*events, *events])):
        await run_until_drained(projector_of(feed, store), feed)
    await assert_told(database_pool)


async def test_a_store_that_fails_before_and_after_writing_makes_no_difference(
    database_pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(projector_module, "BACKOFF_FIRST_S", 0.001)
    feed = ListFeed(story(MedCardLog(4)), 50)
    await run_until_drained(projector_of(feed, FlakyStore(database_pool, 2, 1)), feed)
    await assert_told(database_pool)
    waits = [record.getMessage() for record in caplog.records if "waits" in record.getMessage()]
    assert len(waits) == 3
    assert "lost at the commit" in waits[2]


async def test_a_second_copy_stops(database_pool: asyncpg.Pool) -> None:
    log = MedCardLog()
    events = [log.put("card-1", created()), log.put("card-1", claimed("c1"))]
    store = PostgresReadStore(database_pool)
    feed = ListFeed(events)

    class Overtaken(PostgresReadStore):
        async def checkpoints(self, projection: str) -> Mapping[PartitionId, Checkpoint]:
            before = await super().checkpoints(projection)
            await run_until_drained(projector_of(feed, store), feed)
            return before

    with pytest.raises(CheckpointMoved):
        await projector_of(ListFeed(events), Overtaken(database_pool)).run()


async def test_a_gap_in_the_feed_stops_it(database_pool: asyncpg.Pool) -> None:
    log = MedCardLog()
    first, _lost, third = (log.put("card-1", event) for event in (created(), claimed("c1"), claimed("c2")))
    projector = projector_of(ListFeed([first, third]), PostgresReadStore(database_pool))
    with pytest.raises(GapInFeed, match="medcard/0@3 came after medcard/0@1"):
        await projector.run()
    assert projector.positions == {}


async def test_another_history_under_the_same_numbers_stops_it(database_pool: asyncpg.Pool) -> None:
    log, restored = MedCardLog(), MedCardLog()
    ours = [log.put("card-1", created()), log.put("card-1", claimed("c1"))]
    theirs = [restored.put("card-2", created()), restored.put("card-2", claimed("c1"))]
    store = PostgresReadStore(database_pool)
    feed = ListFeed(ours[:1])
    await run_until_drained(projector_of(feed, store), feed)
    with pytest.raises(LogForked, match="medcard/0@2"):
        await projector_of(ListFeed(theirs[1:]), store).run()


async def test_an_unknown_event_stops_it_with_nothing_written(database_pool: asyncpg.Pool) -> None:
    log = MedCardLog()
    events = [log.put("card-1", created()), replace(log.put("card-1", claimed("c1")), type="ClaimDreamt")]
    with pytest.raises(UnknownEvent, match="ClaimDreamt"):
        await projector_of(ListFeed(events), PostgresReadStore(database_pool)).run()
    assert await PostgresMedCardReads(database_pool).card("card-1") is None


async def test_it_says_how_far_behind_it_is(database_pool: asyncpg.Pool) -> None:
    event = MedCardLog().put("card-1", created())
    clock = ManualClock(event.occurred_at + timedelta(seconds=3))
    feed = ListFeed([event])
    projector = projector_of(feed, PostgresReadStore(database_pool), clock)
    assert projector.lag_events({FIRST: Head(offset=5)}) == {FIRST: 5}
    await run_until_drained(projector, feed)
    assert projector.lag_s == 3.0
    assert projector.lag_events({FIRST: Head(offset=5)}) == {FIRST: 4}


async def test_it_stops_while_it_waits_and_does_not_start_again(database_pool: asyncpg.Pool) -> None:
    feed = ListFeed([])
    projector = projector_of(feed, PostgresReadStore(database_pool))
    await run_until_drained(projector, feed)
    async with asyncio.timeout(5):
        await projector.run()
    assert len(feed.asked_after) == 1


async def test_cancelling_it_from_outside_is_not_hidden(database_pool: asyncpg.Pool) -> None:
    feed = ListFeed([])
    running = asyncio.create_task(projector_of(feed, PostgresReadStore(database_pool)).run())
    await feed.drained.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
