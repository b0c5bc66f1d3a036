"""The aggregate runtime over the log in memory, with a toy family: what callers are promised, faults included."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ledger.clocks import ManualClock, SeededIds, SystemClock
from ledger.keys.memory_keyring import MemoryKeyRing
from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome
from ledger.messages.envelope import PartitionId, chained_digest, partition_of
from ledger.runtime.draft import request_hash
from ledger.runtime.entity import Entity, idle
from ledger.runtime.host import AggregateHost
from ledger.runtime.partition_clock import CLOCK_AHEAD_MAX
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.store.memory_log import MemoryEventLog
from ledger.store.memory_snapshots import MemorySnapshots
from tests.support.faulty_log import FaultyLog
from tests.support.toy import COUNTER_MAX, CounterFamily, add

PARTITIONS = 4


class World:
    """One log, and hosts that come and go."""

    def __init__(self) -> None:
        self.ids = SeededIds(1)
        self.clock: SystemClock | ManualClock = SystemClock()
        self.log = FaultyLog(MemoryEventLog(self.clock))
        self.keyring = MemoryKeyRing(self.ids)
        self.snapshots = MemorySnapshots()
        self.hosts: list[AggregateHost] = []

    async def start(self, limits: HostLimits | None = None, name: str = "host-0") -> AggregateHost:
        await self.log.lay_out(["medcard"], PARTITIONS, ["host-0"])
        around = Surroundings(
            self.log, self.keyring, self.clock, self.ids, {"counter": CounterFamily()}, self.snapshots
        )
        host = AggregateHost(name, around, limits or HostLimits())
        await host.start()
        self.hosts.append(host)
        return host


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    for host in world.hosts:
        await host.stop()


async def one(host: AggregateHost, request: CommandRequest) -> CommandAnswer:
    [answer] = await host.submit([request])
    return answer


def total(answer: CommandAnswer) -> int:
    assert answer.outcome is Outcome.ACCEPTED, answer
    found: int = msgspec.json.decode(answer.body)["total"]
    return found


async def test_commands_of_one_aggregate_are_decided_one_after_the_other_and_committed_together(world: World) -> None:
    host = await world.start()
    answers = await host.submit([add("a", 1, f"k{number}") for number in range(20)])
    assert [total(answer) for answer in answers] == list(range(1, 21))
    assert len(world.log.appends) == 1


async def test_nothing_is_answered_before_it_is_committed(world: World) -> None:
    host = await world.start()
    world.log.held.clear()
    running = asyncio.create_task(one(host, add("a", 1, "k")))
    await asyncio.sleep(0.02)
    assert not running.done()
    world.log.held.set()
    assert total(await running) == 1


async def test_while_an_append_is_in_flight_commands_gather_for_the_next(world: World) -> None:
    host = await world.start(HostLimits(append_lanes=1))
    world.log.held.clear()
    first = asyncio.create_task(one(host, add("a", 1, "first")))
    await asyncio.sleep(0.02)
    rest = [asyncio.create_task(one(host, add(f"b{number}", 1, "k"))) for number in range(50)]
    await asyncio.sleep(0.02)
    world.log.held.set()
    await asyncio.gather(first, *rest)
    assert [len(append.events) for append in world.log.appends] == [1, 50]


async def test_the_same_key_gives_the_same_bytes_for_ever_also_after_a_restart(world: World) -> None:
    host = await world.start()
    first = await one(host, add("a", 5, "k"))
    again = await one(host, add("a", 5, "k"))
    await host.stop()
    later = await one(await world.start(), add("a", 5, "k"))
    for replay in (again, later):
        assert (replay.outcome, replay.body, replay.position) == (first.outcome, first.body, first.position)
        assert replay.replayed
    assert not first.replayed
    assert total(await one(world.hosts[-1], add("a", 1, "other"))) == 6


async def test_a_refusal_is_kept_under_its_key_too(world: World) -> None:
    host = await world.start()
    await one(host, add("a", COUNTER_MAX, "fill"))
    first = await one(host, add("a", 1, "k"))
    assert msgspec.json.decode(first.body) == {"code": "limit_reached", "facts": {"total": COUNTER_MAX}}
    await one(host, add("a", -10, "room again"))
    assert (await one(host, add("a", 1, "k"))).body == first.body


async def test_another_request_under_a_key_is_a_conflict_stored_or_in_flight(world: World) -> None:
    host = await world.start()
    both = await host.submit([add("a", 1, "k"), add("a", 2, "k")])
    assert [answer.outcome for answer in both] == [Outcome.ACCEPTED, Outcome.CONFLICT]
    assert (await one(host, add("a", 3, "k"))).outcome is Outcome.CONFLICT


async def test_a_retry_is_no_conflict_because_another_request_is_in_flight_under_its_key(
    world: World,
) -> None:
    host = await world.start()
    first = await one(host, add("a", 1, "k"))
    other, again = await host.submit([add("a", 2, "k"), add("a", 1, "k")])
    assert other.outcome is Outcome.CONFLICT
    assert (again.outcome, again.body, again.replayed) == (Outcome.ACCEPTED, first.body, True)


async def test_a_request_behind_another_that_is_never_executed_is_executed_itself(world: World) -> None:
    host = await world.start(HostLimits(append_lanes=1))
    world.log.held.clear()
    slow = asyncio.create_task(one(host, add("x", 1, "slow")))
    await asyncio.sleep(0.01)
    expires = asyncio.create_task(one(host, add("a", 1, "k", timeout_ms=5)))
    await asyncio.sleep(0.02)
    behind = asyncio.create_task(one(host, add("a", 10, "k")))
    await asyncio.sleep(0.02)
    world.log.held.set()
    assert ((await slow).outcome, (await expires).outcome) == (Outcome.ACCEPTED, Outcome.EXPIRED)
    assert total(await behind) == 10


async def test_a_key_in_flight_attaches_to_the_running_command(world: World) -> None:
    host = await world.start()
    both = await host.submit([add("a", 1, "k"), add("a", 1, "k")])
    assert both[0].body == both[1].body
    assert [answer.replayed for answer in both] == [False, True]
    assert total(await one(host, add("a", 1, "next"))) == 2


async def test_duplicates_in_a_batch_are_answered_and_the_rest_is_decided_again(world: World) -> None:
    host = await world.start()
    await one(host, add("a", 1, "old"))
    await host.stop()
    host = await world.start()
    old, new = await host.submit([add("a", 1, "old"), add("a", 10, "new")])
    assert (total(old), old.replayed) == (1, True)
    assert (total(new), new.replayed) == (11, False)


@pytest.mark.parametrize("fault", ["lost before", "lost after"])
async def test_an_append_whose_outcome_is_unknown_happens_once(world: World, fault: str) -> None:
    host = await world.start()
    await one(host, add("a", 1, "before"))
    world.log.faults.append(fault)
    world.log.bumps_away = 1
    answers = await host.submit([add("a", 10, "k1"), add("a", 100, "k2")])
    assert [total(answer) for answer in answers] == [11, 111]
    assert total(await one(host, add("a", 1000, "after"))) == 1111


async def test_a_store_that_is_away_for_a_moment_costs_time_and_nothing_else(world: World) -> None:
    host = await world.start()
    world.log.faults.extend(["away", "away"])
    assert total(await one(host, add("a", 1, "k"))) == 1


async def test_a_command_whose_time_is_up_is_not_executed(world: World) -> None:
    host = await world.start(HostLimits(append_lanes=1))
    world.log.held.clear()
    slow = asyncio.create_task(one(host, add("a", 1, "slow")))
    await asyncio.sleep(0.01)
    late = asyncio.create_task(one(host, add("a", 1, "late", timeout_ms=5)))
    await asyncio.sleep(0.05)
    world.log.held.set()
    assert total(await slow) == 1
    assert (await late).outcome is Outcome.EXPIRED
    assert total(await one(host, add("a", 1, "late"))) == 2


async def test_what_waits_behind_an_append_that_cannot_be_found_out_is_answered_in_its_time(world: World) -> None:
    host = await world.start()
    world.log.faults.append("lost before")
    world.log.bumps_away = 1_000_000
    first = asyncio.create_task(one(host, add("a", 1, "first", timeout_ms=50)))
    await asyncio.sleep(0.01)
    assert len(world.log.appends) == 1
    async with asyncio.timeout(5):
        assert (await one(host, add("a", 1, "behind it", timeout_ms=50))).outcome is Outcome.EXPIRED
        assert (await first).outcome is Outcome.UNKNOWN
    world.log.bumps_away = 0
    assert total(await one(host, add("a", 1, "behind it"))) == 1
    assert total(await one(host, add("a", 1, "first"))) == 2


async def test_a_caller_that_goes_away_cancels_nothing(world: World) -> None:
    host = await world.start()
    world.log.held.clear()
    impatient = asyncio.create_task(one(host, add("a", 1, "k")))
    await asyncio.sleep(0.01)
    impatient.cancel()
    world.log.held.set()
    assert total(await one(host, add("a", 10, "next"))) == 11


async def test_a_second_host_under_the_same_name_fences_the_first_for_ever(world: World) -> None:
    old = await world.start()
    await one(old, add("a", 1, "k"))
    new = await world.start()
    assert (await one(old, add("a", 1, "k2"))).outcome is Outcome.FENCED
    assert total(await one(new, add("a", 1, "k2"))) == 2
    assert (await one(old, add("a", 1, "k3"))).outcome is Outcome.FENCED
    assert old.stats().partitions < PARTITIONS


async def test_a_host_that_lost_its_partitions_does_not_bump_them_back(world: World) -> None:
    old = await world.start()
    world.log.held.clear()
    stuck = asyncio.create_task(one(old, add("a", 1, "k")))
    await asyncio.sleep(0.01)
    new = await world.start()
    world.log.faults.append("lost before")
    world.log.held.set()
    assert (await stuck).outcome is Outcome.FENCED
    assert total(await one(new, add("a", 1, "k"))) == 1


async def test_a_member_whose_data_the_store_refuses_is_found_and_the_others_are_kept(world: World) -> None:
    host = await world.start()
    requests = [add("a", 1, f"k{number}") for number in range(7)]
    requests.insert(3, msgspec.structs.replace(add("a", 1, "bad"), key="nul \0"))
    outcomes = [answer.outcome for answer in await host.submit(requests)]
    assert outcomes == [Outcome.ACCEPTED] * 3 + [Outcome.INVALID] + [Outcome.ACCEPTED] * 4
    assert total(await one(host, add("a", 0, "sum"))) == 7


async def test_a_bug_in_a_decider_answers_its_command_alone(world: World) -> None:
    host = await world.start()
    answers = await host.submit([add("a", 1, "k1"), add("a", 13, "k2"), add("a", 1, "k3")])
    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED, Outcome.INTERNAL, Outcome.ACCEPTED]
    assert total(await one(host, add("a", 0, "sum"))) == 2


async def test_an_expected_version_that_is_not_there_is_a_conflict_and_a_retry_still_gets_its_answer(
    world: World,
) -> None:
    host = await world.start()
    done = await one(host, add("a", 1, "k", version=0))
    assert total(done) == 1
    refused = await one(host, add("a", 1, "other", version=0))
    assert msgspec.json.decode(refused.body) == {"code": "version_conflict", "facts": {"version": 1}}
    assert (await one(host, add("a", 1, "k", version=0))).body == done.body


async def test_full_mailboxes_answer_overloaded_and_empty_again(world: World) -> None:
    host = await world.start(HostLimits(append_lanes=1, host_mailbox_max=8, aggregate_mailbox_max=3))
    world.log.held.clear()
    first = asyncio.create_task(host.submit([add("x", 1, "first")]))
    await asyncio.sleep(0.01)
    crowd = asyncio.create_task(host.submit([add("a", 1, f"k{n}") for n in range(4)] + [add("b", 1, "k")]))
    await asyncio.sleep(0.01)
    world.log.held.set()
    await first
    outcomes = [answer.outcome for answer in await crowd]
    assert outcomes == [Outcome.ACCEPTED] * 3 + [Outcome.OVERLOADED, Outcome.ACCEPTED]
    assert total(await one(host, add("a", 1, "k3"))) == 4


async def test_passivated_aggregates_come_back_from_the_log(world: World) -> None:
    host = await world.start(HostLimits(append_lanes=1, aggregates_resident_max=2))
    for number in range(6):
        await one(host, add(f"a{number}", 7, "k"))
    await asyncio.sleep(0.01)
    assert host.stats().residents <= 2
    assert total(await one(host, add("a0", 1, "again"))) == 8


async def test_time_never_goes_back_inside_a_partition(world: World) -> None:
    clock = world.clock = ManualClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    host = await world.start()
    await one(host, add("a", 1, "k1"))
    clock.set(datetime(2026, 11, 23, 8, tzinfo=UTC))
    await one(host, add("a", 1, "k2"))
    await host.stop()
    await one(await world.start(), add("a", 1, "k3"))
    partition = partition_of("medcard", "a", PARTITIONS)
    times = [event.occurred_at for event in await world.log.read_after({partition: 0}, 10)]
    assert times == [datetime(2026, 11, 23, 9, tzinfo=UTC)] * 3


async def test_offsets_versions_and_digests_have_no_gap(world: World) -> None:
    host = await world.start()
    await host.submit([add(f"a{n % 5}", 1, f"k{n}") for n in range(100)])
    for partition in await world.log.heads():
        digest, events = bytes(32), await world.log.read_after({partition: 0}, 1_000)
        assert [event.offset for event in events] == list(range(1, len(events) + 1))
        for event in events:
            digest = chained_digest(digest, event)
            assert event.digest == digest


async def test_personal_fields_are_sealed_and_an_erased_person_leaves_nothing(world: World) -> None:
    host = await world.start()
    await one(host, add("a", 1, "k", note="a secret"))
    [event] = await world.log.read_after({partition_of("medcard", "a", PARTITIONS): 0}, 10)
    assert b"secret" not in event.data
    await world.keyring.destroy("tester")
    await host.stop()
    assert total(await one(await world.start(), add("a", 1, "k2", note="more"))) == 2


async def test_an_aggregate_of_another_partition_or_topic_is_not_ours(world: World) -> None:
    host = await world.start(name="host-without-partitions")
    assert (await one(host, add("a", 1, "k"))).outcome is Outcome.FENCED
    elsewhere = msgspec.structs.replace(add("a", 1, "k"), topic="nowhere")
    assert (await one(host, elsewhere)).outcome is Outcome.FENCED


def test_the_longest_unused_leave_first() -> None:
    partition = PartitionId("medcard", 0)
    entities = OrderedDict(((partition, name), Entity(used_at=at)) for name, at in (("a", 1.0), ("b", 2.0), ("c", 3.0)))
    assert idle(entities, idle_since=0.0, resident_max=2) == [(partition, "a")]
    assert idle(entities, idle_since=2.0, resident_max=9) == [(partition, "a"), (partition, "b")]
    assert idle(entities, idle_since=timedelta(0).total_seconds(), resident_max=9) == []


async def test_a_field_that_a_later_release_adds_leaves_the_hashes_of_old_requests_alone() -> None:
    @dataclass(frozen=True)
    class Before:
        amount: int
        note: str = ""

    @dataclass(frozen=True)
    class After:
        amount: int
        note: str = ""
        urgent: bool = False

    pepper = bytes(32)
    assert request_hash("add", Before(1), None, pepper) == request_hash("add", After(1), None, pepper)
    assert request_hash("add", After(1), None, pepper) != request_hash("add", After(1, urgent=True), None, pepper)


async def test_residents_are_bounded_also_while_commands_always_wait(world: World) -> None:
    host = await world.start(HostLimits(append_lanes=1, aggregates_resident_max=20, batch_commands_max=10))
    await host.submit([add(f"a{number}", 1, "k") for number in range(500)])
    assert host.stats().residents <= 20 + 10


async def test_an_aggregate_that_cannot_be_brought_back_holds_up_nobody_else(world: World) -> None:
    host = await world.start()
    await host.submit([add("bad", 1, "k"), add("good", 1, "k")])
    await host.stop()
    partition = partition_of("medcard", "bad", PARTITIONS)
    events = world.log._log._events[partition]  # type: ignore[attr-defined]
    events[:] = [
        msgspec.structs.replace(event, type="Painted") if event.aggregate_id == "bad" else event for event in events
    ]
    bad, good = await (await world.start()).submit([add("bad", 1, "k2"), add("good", 1, "k2")])
    assert (bad.outcome, total(good)) == (Outcome.INTERNAL, 2)


async def test_an_answer_that_cannot_be_written_is_its_commands_own_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = await world.start()
    reply = CounterFamily.reply

    def breaks_at_seven(self: CounterFamily, state: Any, *rest: Any) -> bytes:
        assert state != 7, "a bug in a reply"
        return reply(self, state, *rest)

    monkeypatch.setattr(CounterFamily, "reply", breaks_at_seven)
    answers = await host.submit([add("a", 3, "k1"), add("a", 4, "k2"), add("a", 5, "k3")])
    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED, Outcome.INTERNAL, Outcome.ACCEPTED]
    assert total(await one(host, add("a", 0, "sum"))) == 8


async def test_a_failure_that_nobody_foresaw_after_the_commit_is_found_out(world: World) -> None:
    host = await world.start()
    world.log.faults.append("raises after")
    assert total(await one(host, add("a", 1, "k"))) == 1
    assert total(await one(host, add("a", 1, "k2"))) == 2
    assert await host.owns_its_partitions()


async def test_a_clock_that_runs_ahead_of_the_stores_does_not_drag_the_log_along(world: World) -> None:
    clock = ManualClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    world.log = FaultyLog(MemoryEventLog(clock))
    world.clock = ManualClock(datetime(2036, 1, 1, tzinfo=UTC))
    await one(await world.start(), add("a", 1, "k1"))
    [event] = await world.log.read_after({partition_of("medcard", "a", PARTITIONS): 0}, 10)
    assert event.occurred_at == clock.now() + CLOCK_AHEAD_MAX


async def test_a_host_that_is_stopped_leaves_nobody_waiting(world: World) -> None:
    host = await world.start()
    world.log.held.clear()
    waiting = asyncio.create_task(one(host, add("a", 1, "k")))
    await asyncio.sleep(0.01)
    await host.stop()
    assert (await waiting).outcome is Outcome.UNKNOWN


async def test_a_host_that_has_stopped_sends_callers_elsewhere(world: World) -> None:
    host = await world.start()
    await host.stop()
    assert (await one(host, add("a", 1, "k"))).outcome is Outcome.FENCED
