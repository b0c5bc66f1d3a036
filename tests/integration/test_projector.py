"""The projector between a feed and a real PostgreSQL."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import asyncpg
import pytest

from ledger.clocks import ManualClock
from ledger.following import DeadLetter
from ledger.messages.envelope import PartitionId
from ledger.ports import Changes, Checkpoint, CheckpointMove, CheckpointMoved, Head, StoreUnavailable
from ledger.reads import Page, PrescriptionFilter
from ledger.readstores.medcard_reads import PostgresMedCardReads
from ledger.readstores.postgres_store import PostgresReadStore
from projections import projector as projector_module
from projections.chain import GapInFeed, LogForked
from projections.projector import Projector
from projections.registry import MEDCARD_GROUP
from tests.support.feeds import AgainFeed, ListFeed, run_until_drained, story, until
from tests.support.medcard_log import START, MedCardLog, claimed, created

pytestmark = pytest.mark.postgres

FIRST = PartitionId("medcard", 0)


class FlakyStore(PostgresReadStore):
    """Fails some applies before they are written, and then one after it was."""

    def __init__(self, pool: asyncpg.Pool, failures_before: int, failures_after: int) -> None:
        super().__init__(pool)
        self._before = failures_before
        self._after = failures_after

    async def apply(
        self,
        projection: str,
        changes: Sequence[Changes],
        moves: Sequence[CheckpointMove],
        parked: Sequence[DeadLetter] = (),
        generation: int | None = None,
    ) -> None:
        if self._before:
            self._before -= 1
            raise StoreUnavailable("away")
        await super().apply(projection, changes, moves, parked, generation)
        if self._after:
            self._after -= 1
            raise StoreUnavailable("lost at the commit")


def projector_of(feed: ListFeed, store: PostgresReadStore, clock: ManualClock | None = None) -> Projector:
    return Projector(MEDCARD_GROUP, feed, feed, store, clock or ManualClock(START))


async def assert_told(pool: asyncpg.Pool) -> None:
    """The read models say what the story said, once."""
    reads = PostgresMedCardReads(pool)
    spend = await reads.spend([f"card-{number}" for number in range(30)], "2026-11")
    assert [(row.covered_minor, row.claims) for row in spend] == [(560_00, 2)] * 30
    card = await reads.card("card-7")
    assert card is not None
    assert card.version == 5
    assert (
        len(await reads.prescriptions(PrescriptionFilter(pharmacy_id="pharmacy-1", status="REVERSED"), Page(100))) == 30
    )
    assert len(await reads.prescriptions(PrescriptionFilter(pharmacy_id="pharmacy-1", status="PAID"), Page(100))) == 60


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


async def test_a_gap_in_feed_and_log_stops_it(database_pool: asyncpg.Pool) -> None:
    log = MedCardLog()
    first, _lost, third = (log.put("card-1", event) for event in (created(), claimed("c1"), claimed("c2")))
    projector = projector_of(ListFeed([first, third]), PostgresReadStore(database_pool))
    # The log does not have it either.
    with pytest.raises(GapInFeed, match="medcard/0@3 came after medcard/0@1"):
        await projector.run()
    assert projector.positions == {}


async def test_what_the_feed_leaves_out_is_taken_from_the_log(database_pool: asyncpg.Pool) -> None:
    events = story(MedCardLog(4))
    left_out = {event.position for event in events[:110] if event.offset % 5 == 0}
    feed = ListFeed([event for event in events if event.position not in left_out], 7, log=events)
    projector = projector_of(feed, PostgresReadStore(database_pool))
    await run_until_drained(projector, feed)
    assert projector.events_applied == 150
    await assert_told(database_pool)


async def test_a_log_that_ends_before_what_was_applied_stops_it_while_nothing_comes(
    database_pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector_module, "LOOK_INTERVAL_S", 0.01)
    log = MedCardLog()
    events = [log.put("card-1", created()), log.put("card-1", claimed("c1"))]
    feed = ListFeed(events)
    running = asyncio.create_task(projector_of(feed, PostgresReadStore(database_pool)).run())
    await feed.drained.wait()
    feed.log = events[:1]
    async with asyncio.timeout(5):
        with pytest.raises(LogForked, match="the log ends at medcard/0@1, and had 2"):
            await running


async def test_a_lost_tail_shows(database_pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projector_module, "LOOK_INTERVAL_S", 0.01)
    log = MedCardLog()
    events = [log.put("card-1", created()), log.put("card-1", claimed("c1"))]
    clock, feed = ManualClock(START), ListFeed(events[:1], log=events)
    projector = projector_of(feed, PostgresReadStore(database_pool), clock)
    running = asyncio.create_task(projector.run())
    async with asyncio.timeout(5):
        await until(lambda: projector.positions == {FIRST: 1} and projector.behind == 1)
        assert not projector.stuck
        clock.advance(timedelta(seconds=projector_module.STUCK_AFTER_S + 1))
        await until(lambda: projector.stuck)
    projector.stop()
    await running


async def test_another_history_under_the_same_numbers_stops_it(database_pool: asyncpg.Pool) -> None:
    log, restored = MedCardLog(), MedCardLog()
    ours = [log.put("card-1", created()), log.put("card-1", claimed("c1"))]
    theirs = [restored.put("card-2", created()), restored.put("card-2", claimed("c1"))]
    store = PostgresReadStore(database_pool)
    feed = ListFeed(ours[:1])
    await run_until_drained(projector_of(feed, store), feed)
    with pytest.raises(LogForked, match="medcard/0@1 is not the event that was applied"):
        await projector_of(ListFeed(theirs), store).run()
    with pytest.raises(LogForked, match="medcard/0@2 does not follow"):
        await projector_of(ListFeed(theirs, log=ours), store).run()


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
