"""The contract of `EventLog`, over PostgreSQL and over the twin in memory."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import asyncpg
import pytest

from ledger.clocks import SystemClock
from ledger.messages.envelope import DIGEST_OF_NOTHING, PartitionId, chained_digest
from ledger.ports import (
    Append,
    BadData,
    Committed,
    Duplicates,
    EventLog,
    Fenced,
    Head,
    LayoutMismatch,
    StoreUnavailable,
)
from ledger.postgres.connections import connect_for_hints
from ledger.store.hints import PostgresHints
from ledger.store.memory_log import MemoryEventLog
from ledger.store.postgres_log import PostgresEventLog
from tests.support.events import append_of, envelope, result

P0, P1 = PartitionId("medcard", 0), PartitionId("medcard", 1)


@pytest.fixture(params=["memory_log", pytest.param("postgres_log", marks=pytest.mark.postgres)])
def log(request: pytest.FixtureRequest) -> EventLog:
    made: EventLog = request.getfixturevalue(request.param)
    return made


@pytest.fixture
async def memory_log() -> EventLog:
    log = MemoryEventLog(SystemClock())
    await log.lay_out(["medcard"], 4, ["h"])
    return log


@pytest.fixture
async def postgres_log(database: str, database_pool: asyncpg.Pool) -> AsyncIterator[EventLog]:
    hints = PostgresHints(partial(connect_for_hints, database, 2_000))
    log = PostgresEventLog(database_pool, hints)
    await log.lay_out(["medcard"], 4, ["h"])
    yield log
    await hints.close()


async def owned(log: EventLog, holder: str = "first") -> dict[PartitionId, Head]:
    return dict(await log.take_ownership("h", holder))


async def test_an_append_can_be_read_back_as_it_was_written(log: EventLog) -> None:
    head = (await owned(log))[P1]
    event = envelope(P1, head, "a", 1, note='an "odd" \\ text: عربي\u2028')

    verdict = await log.append(append_of(P1, head, [event], ["k"]))

    assert isinstance(verdict, Committed)
    [stored] = await log.read_after({P1: 0}, 10)
    assert stored.recorded_at == verdict.recorded_at
    assert stored.canonical() == event.canonical()
    assert stored.digest == chained_digest(DIGEST_OF_NOTHING, stored)
    assert (await log.heads())[P1] == Head(1, event.digest, head.epoch, "h", "first")


async def test_a_stored_answer_comes_back_byte_for_byte(log: EventLog) -> None:
    head = (await owned(log))[P0]
    kept = result(P0, "a", "k", 1)

    await log.append(append_of(P0, head, [envelope(P0, head, "a", 1)], ["k"]))

    assert await log.results([kept.key, kept.key._replace(key="other")]) == {kept.key: kept}


async def test_an_answer_without_an_event_leaves_the_head_where_it_was(log: EventLog) -> None:
    head = (await owned(log))[P0]

    assert isinstance(await log.append(append_of(P0, head, [], ["k"])), Committed)

    assert (await log.heads())[P0] == head


@pytest.mark.parametrize("wrong", [{"epoch": 99}, {"offset": 7}])
async def test_another_epoch_or_head_fences_the_whole_append(log: EventLog, wrong: dict[str, int]) -> None:
    heads = await owned(log)
    stale = Head(**{"offset": 0, "epoch": heads[P0].epoch, **wrong})
    good = append_of(P1, heads[P1], [envelope(P1, heads[P1], "b", 1)], ["k1"])
    bad = append_of(P0, stale, [envelope(P0, stale, "a", 1)], ["k0"])

    verdict = await log.append(
        Append([*bad.moves, *good.moves], [*bad.results, *good.results], [*bad.events, *good.events])
    )

    assert verdict == Fenced(frozenset({P0}))
    assert not await log.read_after({P0: 0, P1: 0}, 10)
    assert not await log.results([each.key for each in (*bad.results, *good.results)])
    assert (await log.heads())[P1] == heads[P1]


async def test_a_partition_that_does_not_exist_is_fenced(log: EventLog) -> None:
    await owned(log)
    nowhere = PartitionId("medcard", 77)
    assert await log.append(append_of(nowhere, Head(), [], ["k"])) == Fenced(frozenset({nowhere}))


async def test_a_known_key_rolls_everything_back_and_names_its_answer(log: EventLog) -> None:
    head = (await owned(log))[P0]
    first = envelope(P0, head, "a", 1)
    await log.append(append_of(P0, head, [first], ["k"]))
    head = (await log.heads())[P0]

    verdict = await log.append(append_of(P0, head, [envelope(P0, head, "a", 2)], ["new", "k"]))

    kept = result(P0, "a", "k", 1)
    assert verdict == Duplicates({kept.key: kept})
    assert (await log.heads())[P0] == head
    assert not await log.results([kept.key._replace(key="new")])


async def test_data_that_the_store_refuses_leaves_nothing_behind(log: EventLog) -> None:
    head = (await owned(log))[P0]
    with pytest.raises(BadData):
        await log.append(append_of(P0, head, [envelope(P0, head, "a", 1, note="nul \0")], ["k"]))
    assert (await log.heads())[P0] == head
    assert not await log.read_after({P0: 0}, 10)


async def test_a_takeover_fences_the_old_owner(log: EventLog) -> None:
    old = (await owned(log))[P0]
    new = (await owned(log, "second"))[P0]
    assert new.epoch == old.epoch + 1
    assert await log.append(append_of(P0, old, [envelope(P0, old, "a", 1)], ["k"])) == Fenced(frozenset({P0}))
    assert isinstance(await log.append(append_of(P0, new, [envelope(P0, new, "a", 1)], ["k"])), Committed)


async def test_the_holder_may_bump_its_own_epoch_again_and_again_but_nobody_elses(log: EventLog) -> None:
    await owned(log)
    once = await log.bump("h", "first", [P0])
    twice = await log.bump("h", "first", [P0])
    assert twice[P0].epoch == once[P0].epoch + 1
    await owned(log, "second")
    assert await log.bump("h", "first", [P0]) == {}
    assert await log.bump("elsewhere", "second", [P0]) == {}


async def test_a_placed_partition_is_fenced_for_its_owner_and_adopted_by_the_host_it_names(log: EventLog) -> None:
    old = (await owned(log))[P0]
    placed = await log.place(P0, "other", old.epoch)
    assert placed == Head(old.offset, old.digest, old.epoch + 1, "other", "")
    assert await log.append(append_of(P0, old, [envelope(P0, old, "a", 1)], ["k"])) == Fenced(frozenset({P0}))
    assert await log.bump("h", "first", [P0]) == {}
    assert await log.adopt("h", "first", [P0]) == {}
    taken = await log.adopt("other", "its start", [P0, P1])
    assert taken == {P0: Head(old.offset, old.digest, old.epoch + 2, "other", "its start")}
    assert (await log.heads())[P0] == taken[P0]
    event = envelope(P0, taken[P0], "a", 1)
    assert isinstance(await log.append(append_of(P0, taken[P0], [event], ["k"])), Committed)


async def test_a_partition_that_changed_since_it_was_seen_is_not_placed(log: EventLog) -> None:
    seen = (await owned(log))[P0]
    bumped = (await log.bump("h", "first", [P0]))[P0]
    assert await log.place(P0, "other", seen.epoch) is None
    assert await log.place(PartitionId("medcard", 77), "other", 0) is None
    assert (await log.heads())[P0] == bumped


async def test_a_later_start_of_a_host_adopts_from_an_earlier_one_and_never_the_other_way_round(log: EventLog) -> None:
    await owned(log, "start 1")
    later = await log.adopt("h", "start 2", [P0])
    again = await log.adopt("h", "start 2", [P0])
    assert again[P0].epoch == later[P0].epoch + 1
    assert await log.adopt("h", "start 1", [P0, P1]) == {P1: (await log.heads())[P1]}
    assert (await log.heads())[P0] == again[P0]


async def test_reading_is_by_partition_in_order_and_bounded(log: EventLog) -> None:
    heads = await owned(log)
    for partition in (P0, P1):
        head, events = heads[partition], []
        for version in range(1, 6):
            event = envelope(partition, head, "a", version)
            head = Head(event.offset, event.digest, head.epoch, "h")
            events.append(event)
        await log.append(append_of(partition, heads[partition], events, [f"k{partition}"]))

    found = await log.read_after({P0: 2, P1: 4}, 100)
    assert [(event.partition, event.offset) for event in found] == [(P0, 3), (P0, 4), (P0, 5), (P1, 5)]
    assert len(await log.read_after({P0: 0, P1: 0}, 7)) == 7


async def test_aggregates_are_read_one_after_the_other_from_their_versions_and_bounded(log: EventLog) -> None:
    head = start = (await owned(log))[P0]
    events = []
    for aggregate_id, version in (("b", 1), ("a", 1), ("b", 2), ("c", 1), ("b", 3), ("a", 2)):
        events.append(envelope(P0, head, aggregate_id, version))
        head = Head(events[-1].offset, events[-1].digest, head.epoch, "h")
    await log.append(append_of(P0, start, events, ["k"]))

    async def read(after: dict[str, int], events_max: int = 100) -> list[tuple[str, int]]:
        return [(each.aggregate_id, each.version) for each in await log.read_aggregates(P0, after, events_max)]

    assert await read({"b": 0, "nobody": 0, "a": 0}) == [("b", 1), ("b", 2), ("b", 3), ("a", 1), ("a", 2)]
    assert await read({"b": 0, "a": 0}, 4) == [("b", 1), ("b", 2), ("b", 3), ("a", 1)]
    assert await read({"b": 0}, 2) == [("b", 1), ("b", 2)]
    assert await read({"a": 1, "b": 2, "c": 1}) == [("a", 2), ("b", 3)]
    assert await read({}) == []
    [whole] = await log.read_aggregates(P0, {"c": 0}, 1)
    assert whole.canonical() == events[3].canonical()
    assert whole.digest == events[3].digest


async def test_the_number_of_partitions_is_for_ever(log: EventLog) -> None:
    before = await owned(log)
    await log.lay_out(["medcard"], 4, ["other"])
    assert (await log.heads()).keys() == before.keys()
    assert {head.host for head in (await log.heads()).values()} == {"h"}
    with pytest.raises(LayoutMismatch):
        await log.lay_out(["medcard"], 8, ["h"])


async def test_a_hint_wakes_a_follower_at_once(log: EventLog) -> None:
    await log.wait_for_hint(0.01)
    waiting = asyncio.create_task(log.wait_for_hint(30))
    await asyncio.sleep(0.05)
    await log.hint()
    await asyncio.wait_for(waiting, 5)


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["events", "command_results"])
@pytest.mark.parametrize("change", ["UPDATE {} SET topic = topic", "DELETE FROM {}", "TRUNCATE {}"])
async def test_what_is_written_can_be_changed_neither_by_the_server_nor_by_the_owner(
    database: str, database_pool: asyncpg.Pool, table: str, change: str
) -> None:
    statement = change.format(f"ledger.{table}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await database_pool.execute(statement)
    owner = await asyncpg.connect(database)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await owner.execute(statement)
    finally:
        await owner.close()


@pytest.mark.postgres
async def test_an_append_that_waits_too_long_for_its_lock_was_not_written(database: str) -> None:
    from ledger.postgres.connections import open_pool

    pool = await open_pool(database, 2, 1_000, 200)
    log = PostgresEventLog(pool, PostgresHints(partial(connect_for_hints, database, 1_000)))
    await log.lay_out(["medcard"], 4, ["h"])
    head = (await owned(log))[P0]
    try:
        async with pool.acquire() as blocker, blocker.transaction():
            await blocker.execute("SELECT 1 FROM ledger.partitions WHERE partition = 0 FOR UPDATE")
            with pytest.raises(StoreUnavailable):
                await log.append(append_of(P0, head, [envelope(P0, head, "a", 1)], ["k"]))
        assert isinstance(await log.append(append_of(P0, head, [envelope(P0, head, "a", 1)], ["k"])), Committed)
    finally:
        await pool.close()
