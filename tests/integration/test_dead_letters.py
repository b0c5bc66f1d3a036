"""Events that cannot be applied: their aggregates are parked, the rest goes on, and a replay brings them back."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import asyncpg
import msgspec
import pytest

from ledger.clocks import ManualClock
from ledger.domain.medcard.events import MedCardActivated
from ledger.following import AggregateKey, DeadLetter, ProjectionChanged
from ledger.messages.envelope import Envelope, PartitionId, chained_digest
from ledger.ports import Changes, Checkpoint, CheckpointMove, StoreUnavailable
from ledger.readstores.medcard_reads import PostgresMedCardReads
from ledger.readstores.postgres_store import PostgresReadStore
from projections.applier import PARKED_AGGREGATES_MAX, PoisonEvent, TooManyParked
from projections.projection import Fact, Group, Projection
from projections.projector import Projector
from projections.registry import MEDCARD_GROUP
from projections.replay import replay_dead_letters
from tests.support.feeds import ListFeed, run_until_drained, until
from tests.support.medcard_log import START, MedCardLog, claimed, created, reversal

pytestmark = pytest.mark.postgres

FIRST = PartitionId("medcard", 0)


def rechained(events: Sequence[Envelope]) -> list[Envelope]:
    """As a writer would have chained them that knew no better."""
    digests: dict[PartitionId, bytes] = {}
    written = []
    for event in events:
        digest = chained_digest(digests.get(event.partition, bytes(32)), event)
        digests[event.partition] = digest
        written.append(msgspec.structs.replace(event, digest=digest))
    return written


def poisoned(events: Sequence[Envelope], *positions: str) -> list[Envelope]:
    """The same history, with events in it that nobody can make anything of."""
    return rechained(
        [msgspec.structs.replace(event, data=b"{}") if event.position in positions else event for event in events]
    )


def claims_of_five_cards(rounds: int = 4) -> list[Envelope]:
    log = MedCardLog(2)
    cards = [f"card-{number}" for number in range(5)]
    written = [log.put(card, created()) for card in cards]
    for number in range(rounds):
        written += [log.put(card, claimed(f"c{number}-{card}")) for card in cards]
    return written


def projector_of(
    feed: ListFeed, store: PostgresReadStore, group: Group = MEDCARD_GROUP, parked_max: int = PARKED_AGGREGATES_MAX
) -> Projector:
    return Projector(group, feed, feed, store, ManualClock(START), parked_max)


class LogOf(ListFeed):
    """The log of a replay."""

    async def read_aggregates(
        self, partition: PartitionId, after: Mapping[str, int], events_max: int
    ) -> Sequence[Envelope]:
        found = (event for event in self.log if event.partition == partition and event.aggregate_id in after)
        return [event for event in found if event.version > after[event.aggregate_id]][:events_max]


def choking_on(*claims: str, event_type: str = "") -> Group:
    """The group of cards, one of whose folds breaks at these claims: our bug, and not the data's."""

    def fold(facts: Sequence[Fact]) -> Sequence[Changes]:
        for fact in facts:
            if getattr(fact.fields, "claim_id", None) in claims and event_type in ("", fact.envelope.type):
                raise ZeroDivisionError("a bug")
        return ()

    return replace(
        MEDCARD_GROUP,
        projections=(*MEDCARD_GROUP.projections, Projection("choking", MEDCARD_GROUP.projections[0].handles, fold)),
    )


@pytest.mark.parametrize("batch_events_max", [1, 4, 100])
async def test_a_poison_event_parks_its_aggregate_and_nothing_else(
    database_pool: asyncpg.Pool, batch_events_max: int, caplog: pytest.LogCaptureFixture
) -> None:
    events = claims_of_five_cards()
    bad = next(event for event in events[10:] if event.aggregate_id == "card-2")
    feed, store = ListFeed(poisoned(events, bad.position), batch_events_max), PostgresReadStore(database_pool)
    projector = projector_of(feed, store)
    await run_until_drained(projector, feed)

    reads = PostgresMedCardReads(database_pool)
    spend = {row.medcard_id: row.claims for row in await reads.spend([f"card-{n}" for n in range(5)], "2026-11")}
    assert spend == {"card-0": 4, "card-1": 4, "card-2": 1, "card-3": 4, "card-4": 4}
    [letter] = await store.dead_letters("medcards")
    assert letter.key == AggregateKey(bad.partition, "card-2")
    assert (letter.first_offset, letter.count) == (bad.offset, 3)
    assert "ValidationError" in letter.error
    assert (projector.parked, projector.events_applied) == (1, 25)
    assert [record.levelname for record in caplog.records if "parks card-2" in record.getMessage()] == ["CRITICAL"]


async def test_a_parked_aggregate_stays_parked_over_a_restart_and_is_counted_on(database_pool: asyncpg.Pool) -> None:
    events = claims_of_five_cards()
    bad = next(event for event in events[5:] if event.aggregate_id == "card-2")
    written, store = poisoned(events, bad.position), PostgresReadStore(database_pool)
    for part in (written[:15], written):
        feed = ListFeed(part, log=written)
        await run_until_drained(projector_of(feed, store), feed)
    [letter] = await store.dead_letters("medcards")
    assert (letter.first_offset, letter.count) == (bad.offset, 4)


async def test_several_poison_events_of_several_kinds_are_all_found(database_pool: asyncpg.Pool) -> None:
    """An unknown type, a fold that breaks, a row that the store refuses, and a row that is missing."""
    log = MedCardLog()
    events = [log.put(f"card-{number}", created()) for number in range(1, 6)]
    events += [
        msgspec.structs.replace(log.put("card-1", MedCardActivated()), type="CardDreamt"),
        log.put("card-2", claimed("choke")),
        log.put("card-3", claimed("twice")),
        log.put("card-3", claimed("twice")),
        log.put("card-missing", MedCardActivated()),
        log.put("card-4", claimed("fine")),
    ]
    feed, store = ListFeed(rechained(events), 4), PostgresReadStore(database_pool)
    await run_until_drained(projector_of(feed, store, choking_on("choke")), feed)
    letters = {letter.key.aggregate_id: letter.error.split(":")[0] for letter in await store.dead_letters("medcards")}
    assert letters == {
        "card-1": "UnknownEvent",
        "card-2": "ZeroDivisionError",
        "card-3": "UniqueViolationError",
        "card-missing": "RowsMissed",
    }
    assert await PostgresMedCardReads(database_pool).prescription("card-4", "fine") is not None


async def test_a_group_that_halts_parks_nothing_and_keeps_what_came_before(database_pool: asyncpg.Pool) -> None:
    events = claims_of_five_cards()
    feed, store = ListFeed(poisoned(events, events[7].position)), PostgresReadStore(database_pool)
    projector = projector_of(feed, store, replace(MEDCARD_GROUP, halts=True))
    with pytest.raises(PoisonEvent, match=f"{events[7].position} cannot be applied: ValidationError"):
        await projector.run()
    assert await store.dead_letters("medcards") == []
    assert sum(projector.positions.values()) == 7


async def test_more_than_the_limit_of_parked_aggregates_halts_the_group(database_pool: asyncpg.Pool) -> None:
    events = claims_of_five_cards()
    bad = [event.position for event in events[5:8]]
    feed, store = ListFeed(poisoned(events, *bad)), PostgresReadStore(database_pool)
    with pytest.raises(TooManyParked, match="after 2 parked aggregates"):
        await projector_of(feed, store, parked_max=2).run()
    assert len(await store.dead_letters("medcards")) == 2


async def test_a_store_that_is_away_is_nobodys_poison(database_pool: asyncpg.Pool) -> None:
    class Away(PostgresReadStore):
        refused = 0

        async def apply(
            self,
            projection: str,
            changes: Sequence[Changes],
            moves: Sequence[CheckpointMove],
            parked: Sequence[DeadLetter] = (),
            generation: int | None = None,
        ) -> None:
            if self.refused < 2:
                self.refused += 1
                raise StoreUnavailable("away")
            await super().apply(projection, changes, moves, parked, generation)

    feed, store = ListFeed(claims_of_five_cards()), Away(database_pool)
    projector = projector_of(feed, store)
    await run_until_drained(projector, feed)
    assert store.refused == 2
    assert (projector.parked, projector.events_applied) == (0, 25)


async def test_a_parking_and_its_checkpoint_are_one_step(database_pool: asyncpg.Pool) -> None:
    store = PostgresReadStore(database_pool)
    letter = DeadLetter(AggregateKey(FIRST, "card-1"), 1, "error", 1)
    await store.standing("medcards")
    with pytest.raises(ProjectionChanged):
        await store.apply("medcards", [], [CheckpointMove(FIRST, 0, Checkpoint(1, b"one"))], [letter], 7)
    assert await store.dead_letters("medcards") == []
    assert await store.checkpoints("medcards") == {}


async def test_a_replay_applies_what_was_left_out_while_the_projector_works(database_pool: asyncpg.Pool) -> None:
    events = claims_of_five_cards()
    feed, store = LogOf(events), PostgresReadStore(database_pool)
    await run_until_drained(projector_of(feed, store, choking_on("c1-card-2")), feed)
    assert [letter.count for letter in await store.dead_letters("medcards")] == [3]

    still_bad = await replay_dead_letters(choking_on("c1-card-2"), feed, store)  # type: ignore[arg-type]
    assert [(each.events, each.error) for each in still_bad] == [(0, "ZeroDivisionError: a bug")]
    assert len(await store.dead_letters("medcards")) == 1

    waiting = ListFeed([], log=events)
    projector = projector_of(waiting, store)
    running = asyncio.create_task(projector.run())
    await waiting.drained.wait()
    assert await replay_dead_letters(MEDCARD_GROUP, feed, store, "card-9") == []  # type: ignore[arg-type]
    [done] = await replay_dead_letters(MEDCARD_GROUP, feed, store, "card-2")  # type: ignore[arg-type]
    assert (done.letter.key.aggregate_id, done.events, done.error) == ("card-2", 3, "")
    async with asyncio.timeout(10):
        await until(lambda: projector.parked == 0)
    projector.stop()
    await running
    [spend] = await PostgresMedCardReads(database_pool).spend(["card-2"], "2026-11")
    assert spend.claims == 4
    assert await store.dead_letters("medcards") == []


async def test_what_another_replay_has_applied_is_not_applied_again(database_pool: asyncpg.Pool) -> None:
    """Two operators at once, or a rebuild in between: both have read the same dead letter. A reversal only updates
    rows and adds to sums, so that no key of a table would refuse its second coming."""
    log = MedCardLog()
    paid = [log.put("card-1", event) for event in (created(), claimed("c1"), claimed("c2"))]
    events = [*paid, log.put("card-1", reversal("c2"))]
    feed, store = LogOf(events), PostgresReadStore(database_pool)
    await run_until_drained(projector_of(feed, store, choking_on("c2", event_type="PrescriptionClaimReversed")), feed)
    seen = await store.dead_letters("medcards")
    assert [letter.first_offset for letter in seen] == [4]

    class SeenBefore(PostgresReadStore):
        async def dead_letters(self, projection: str) -> Sequence[DeadLetter]:
            return seen

    replays = [
        replay
        for _ in range(2)
        for replay in await replay_dead_letters(MEDCARD_GROUP, feed, SeenBefore(database_pool))  # type: ignore[arg-type]
    ]
    assert [(each.events, each.error) for each in replays] == [
        (1, ""),
        (0, "card-1 of medcard/0 is no longer parked as it was"),
    ]
    [spend] = await PostgresMedCardReads(database_pool).spend(["card-1"], "2026-11")
    assert spend.claims == 1


async def test_what_comes_after_a_replay_is_applied_even_by_a_projector_that_has_not_heard_of_it(
    database_pool: asyncpg.Pool,
) -> None:
    events = claims_of_five_cards()
    store = PostgresReadStore(database_pool)

    class ReplayedInBetween(ListFeed):
        async def batches(self, after):  # type: ignore[no-untyped-def]
            async for batch in super().batches(after):
                yield batch
                if await store.dead_letters("medcards"):
                    await replay_dead_letters(MEDCARD_GROUP, LogOf(events), store)  # type: ignore[arg-type]

    feed = ReplayedInBetween(events, 7)
    await run_until_drained(projector_of(feed, store, choking_on("c1-card-2")), feed)
    [spend] = await PostgresMedCardReads(database_pool).spend(["card-2"], "2026-11")
    assert spend.claims == 4
    assert len(feed.asked_after) > 1


async def test_a_paused_projection_applies_nothing_and_goes_on_when_it_is_resumed(
    database_pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.projector.LOOK_INTERVAL_S", 0.02)
    store = PostgresReadStore(database_pool)
    assert not await store.pause("medcards", False)
    assert await store.pause("medcards", True)
    assert not await store.pause("medcards", True)
    feed = ListFeed(claims_of_five_cards())
    projector = projector_of(feed, store)
    running = asyncio.create_task(projector.run())
    async with asyncio.timeout(10):
        await until(lambda: projector.paused and projector.behind == 25)
        assert (projector.positions, feed.asked_after) == ({}, [])
        assert await store.pause("medcards", False)
        await until(lambda: projector.events_applied == 25)
        assert not projector.paused
        assert await store.pause("medcards", True)
        await until(lambda: projector.paused)
    projector.stop()
    await running


async def test_a_batch_on_its_way_does_not_go_in_after_a_pause(database_pool: asyncpg.Pool) -> None:
    store = PostgresReadStore(database_pool)
    before = await store.standing("medcards")
    await store.pause("medcards", True)
    with pytest.raises(ProjectionChanged):
        await store.apply("medcards", [], [CheckpointMove(FIRST, 0, Checkpoint(1, b"one"))], (), before.generation)
