"""Snapshots in the runtime: what they spare, when they are taken, and that none of them can ever do harm."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from ledger.messages.commands import Outcome
from ledger.messages.envelope import Envelope, PartitionId, partition_of
from ledger.ports import StoreUnavailable
from ledger.runtime import recovery
from ledger.runtime.entity import Entity
from ledger.runtime.host import AggregateHost
from ledger.runtime.snapshotting import TAIL_PART, WAITING_MAX, Snapshotter, is_due
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.snapshots import Snapshot
from ledger.store.memory_snapshots import MemorySnapshots
from tests.support.toy import CounterFamily, add
from tests.unit.test_runtime import PARTITIONS, World, one, total

EVERY = 5
LIMITS = HostLimits(append_lanes=1, snapshot_every_events=EVERY)
HOME = partition_of("medcard", "a", PARTITIONS)


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not come to that")


class CountingLog:
    """Tells which versions were read."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self.pages: list[list[int]] = []

    async def read_aggregates(
        self, partition: PartitionId, after: Mapping[str, int], events_max: int
    ) -> Sequence[Envelope]:
        page: Sequence[Envelope] = await self._log.read_aggregates(partition, after, events_max)
        self.pages.append([event.version for event in page])
        return page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class BadSnapshots(MemorySnapshots):
    """Fails, or waits, as the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.open = asyncio.Event()
        self.open.set()
        self.saves = 0

    async def save(self, snapshot: Snapshot) -> None:
        self.saves += 1
        await self.open.wait()
        if self.away:
            raise StoreUnavailable("away")
        await super().save(snapshot)


class Stage(World):
    def __init__(self) -> None:
        super().__init__()
        self.snapshots = BadSnapshots()

    async def first(self, events: int, limits: HostLimits = LIMITS) -> AggregateHost:
        """A host, and counter `a` at that version."""
        host = await self.start(limits)
        for number in range(events):
            await one(host, add("a", 1, f"first-{number}"))
        return host

    async def next(self, limits: HostLimits = LIMITS) -> AggregateHost:
        """The next host, whose reads are counted; the former one is a zombie that does not know it."""
        self.log = CountingLog(self.log)  # type: ignore[assignment]
        return await self.start(limits)

    def around(self) -> Surroundings:
        families = {"counter": CounterFamily()}
        return Surroundings(self.log, self.keyring, self.clock, self.ids, families, self.snapshots)

    @property
    def pages(self) -> list[list[int]]:
        pages: list[list[int]] = self.log.pages  # type: ignore[attr-defined]
        return pages

    async def kept(self, aggregate_id: str = "a") -> Snapshot | None:
        found = await self.snapshots.newest(partition_of("medcard", aggregate_id, PARTITIONS), [aggregate_id])
        return next(iter(found), None)

    async def until_written(self, host: AggregateHost, count: int) -> None:
        await until(lambda: host.stats().snapshots_written >= count)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    stage.snapshots.open.set()
    for host in stage.hosts:
        await host.stop()


async def test_who_comes_back_from_a_snapshot_reads_only_what_came_after_it(stage: Stage) -> None:
    host = await stage.first(EVERY)
    await stage.until_written(host, 1)
    await host.submit([add("a", 1, f"tail-{number}") for number in range(3)])
    assert total(await one(await stage.next(), add("a", 1, "next"))) == EVERY + 4
    assert stage.pages == [[5, 6, 7, 8]]


async def test_a_snapshot_stands_on_its_event_and_comes_every_so_many_events(stage: Stage) -> None:
    host = await stage.first(EVERY - 1)
    assert await stage.kept() is None
    await one(host, add("a", 1, "enough"))
    await stage.until_written(host, 1)
    events = await stage.log.read_after({HOME: 0}, 100)
    kept = await stage.kept()
    assert kept == Snapshot(HOME, "a", EVERY, events[EVERY - 1].digest, 1, b"5")
    await host.submit([add("a", 1, f"more-{number}") for number in range(EVERY + 2)])
    await stage.until_written(host, 2)
    kept = await stage.kept()
    assert kept is not None
    assert (kept.version, kept.state) == (2 * EVERY + 2, b"12")


@pytest.mark.parametrize(
    ("version", "before", "leaving", "due"),
    [
        (499, 0, False, False),
        (500, 0, False, True),
        (1_200, 700, False, True),
        (10_000, 10_000 - 10_000 // TAIL_PART, False, True),
        (10_000, 9_000, False, False),
        (49, 0, True, False),
        (50, 0, True, True),
        (500, 500, True, False),
    ],
)
def test_a_snapshot_is_due_after_so_many_events_or_a_part_of_a_long_history(
    version: int, before: int, leaving: bool, due: bool
) -> None:
    assert is_due(version, before, 500, leaving=leaving) is due


async def test_who_leaves_memory_is_kept_after_fewer_events(stage: Stage) -> None:
    limits = HostLimits(append_lanes=1, aggregates_resident_max=0, snapshot_every_events=30)
    host = await stage.start(limits)
    await host.submit([add("a", 1, f"k{number}") for number in range(3)] + [add("b", 1, "k")])
    await stage.until_written(host, 1)
    kept = await stage.kept()
    assert kept is not None
    assert kept.state == b"3"
    assert await stage.kept("b") is None


async def test_what_is_not_committed_is_in_no_snapshot(stage: Stage) -> None:
    host = await stage.first(EVERY - 1)
    stage.log.held.clear()
    pending = asyncio.create_task(host.submit([add("a", 100, f"pending-{number}") for number in range(EVERY)]))
    await asyncio.sleep(0.02)
    assert stage.snapshots.saves == 0
    stage.log.faults.append("lost before")
    await stage.next()
    stage.log.held.set()
    assert {answer.outcome for answer in await pending} == {Outcome.FENCED}
    assert stage.snapshots.saves == 0


async def test_a_snapshot_that_takes_for_ever_holds_up_no_command(stage: Stage) -> None:
    stage.snapshots.open.clear()
    host = await stage.first(4 * EVERY)
    await until(lambda: stage.snapshots.saves == 1)
    assert total(await one(host, add("a", 1, "more"))) == 4 * EVERY + 1
    assert stage.snapshots.saves == 1


async def test_one_that_fails_is_counted_and_tried_again_only_after_as_many_events(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.snapshots.away = True
    host = await stage.first(2 * EVERY - 1)
    await until(lambda: host.stats().snapshots_failed == 1)
    assert stage.snapshots.saves == 1
    assert "no snapshot of a" in caplog.text
    stage.snapshots.away = False
    await one(host, add("a", 1, "tenth"))
    await stage.until_written(host, 1)
    assert total(await one(await stage.next(), add("a", 1, "next"))) == 2 * EVERY + 1


async def test_those_that_wait_are_bounded_and_the_newest_state_of_each_takes_the_place(stage: Stage) -> None:
    snapshotter = Snapshotter(stage.around(), 1)
    for number in range(WAITING_MAX + 7):
        snapshotter.offer((HOME, f"a{number}"), Entity("counter", 1, 1, b"one"))
    again = Entity("counter", 2, 2, b"two", snapshot_version=1)
    snapshotter.offer((HOME, "a0"), again)
    assert snapshotter.passed_over == 7
    running = asyncio.create_task(snapshotter.run())
    await until(lambda: snapshotter.written == WAITING_MAX)
    running.cancel()
    [kept] = await stage.snapshots.newest(HOME, ["a0"])
    assert (kept.version, kept.digest, kept.state) == (2, b"two", b"2")


# --- what is no use is ignored, loudly ---


async def refuted(stage: Stage, caplog: pytest.LogCaptureFixture, **wrong: Any) -> None:
    """Counter `a` comes back right although its snapshot was tampered with; a right one takes its place."""
    host = await stage.first(EVERY)
    await stage.until_written(host, 1)
    kept = await stage.kept()
    assert kept is not None
    stage.snapshots._kept[HOME, "a"] = replace(kept, **wrong)
    caplog.clear()
    later = await stage.next()
    assert total(await one(later, add("a", 1, "next"))) == EVERY + 1
    assert stage.pages[-1] == [1, 2, 3, 4, 5]
    assert "is no use" in caplog.text
    await stage.until_written(later, 1)
    renewed = await stage.kept()
    assert renewed is not None
    assert (renewed.version, renewed.state) == (EVERY + 1, b"6")


@pytest.mark.parametrize(
    "wrong",
    [
        {"digest": bytes(32), "state": b"999"},
        {"version": 1_000, "state": b"999"},
        {"version": EVERY - 1, "state": b"999"},
        {"schema_version": 2, "state": b"999"},
        {"schema_version": 0, "state": b"999"},
        {"state": b'{"not":"a counter"}'},
        {"state": b""},
    ],
    ids=str,
)
async def test_a_snapshot_that_is_no_use_is_ignored_loudly(
    stage: Stage, caplog: pytest.LogCaptureFixture, wrong: dict[str, Any]
) -> None:
    await refuted(stage, caplog, **wrong)


async def test_a_store_that_is_away_while_one_is_discarded_does_no_harm(
    stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def discard(_self: Any, _snapshot: Snapshot) -> None:
        raise StoreUnavailable("away")

    host = await stage.first(EVERY)
    await stage.until_written(host, 1)
    stage.snapshots._kept[HOME, "a"] = replace(stage.snapshots._kept[HOME, "a"], digest=b"wrong")
    monkeypatch.setattr(BadSnapshots, "discard", discard)
    assert total(await one(await stage.next(), add("a", 1, "next"))) == EVERY + 1
    assert "could not be discarded" in caplog.text


async def test_a_zombie_that_saves_late_neither_goes_back_nor_harms(stage: Stage) -> None:
    stage.snapshots.open.clear()
    zombie = await stage.first(EVERY)
    await until(lambda: stage.snapshots.saves == 1)
    owner = await stage.next()
    await owner.submit([add("a", 1, f"owner-{number}") for number in range(EVERY)])
    newest = Snapshot(HOME, "a", 2 * EVERY, (await stage.log.read_after({HOME: 0}, 100))[-1].digest, 1, b"10")
    await MemorySnapshots.save(stage.snapshots, newest)
    stage.snapshots.open.set()
    await stage.until_written(zombie, 1)
    assert await stage.kept() == newest
    assert (await one(zombie, add("a", 1, "zombie"))).outcome is Outcome.FENCED
    assert total(await one(await stage.next(), add("a", 1, "next"))) == 2 * EVERY + 1


async def test_a_zombie_of_before_a_restore_cannot_bring_back_what_the_log_no_longer_has(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """The log goes back to an earlier backup; a host that lived through it still saves what it knew."""
    stage.snapshots.open.clear()
    zombie = await stage.first(EVERY)
    memory = stage.log._log
    memory._events[HOME] = memory._events[HOME][:2]  # type: ignore[attr-defined]
    kept = memory._events[HOME][-1]  # type: ignore[attr-defined]
    memory._heads[HOME] = replace(memory._heads[HOME], offset=2, digest=kept.digest)  # type: ignore[attr-defined]
    memory._results.clear()  # type: ignore[attr-defined]
    owner = await stage.next()
    stage.snapshots.open.set()
    await stage.until_written(zombie, 1)
    assert total(await one(owner, add("a", 10, "another history"))) == 12
    assert "the log does not reach so far" in caplog.text
    await owner.submit([add("a", 10, f"more-{number}") for number in range(4)])
    await stage.until_written(owner, 1)
    assert total(await one(await stage.next(), add("a", 1, "next"))) == 53


async def test_a_long_history_comes_in_pages(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "PAGE_EVENTS_MAX", 4)
    host = await stage.start(replace(LIMITS, snapshot_every_events=1_000))
    ids = [name for name in (f"a{number}" for number in range(40)) if partition_of("medcard", name, PARTITIONS) == HOME]
    await host.submit([add(name, 1, f"k{number}") for number in range(9) for name in ids[:3]])
    later = await stage.next()
    answers = await later.submit([add(name, 1, "next") for name in ids[:4]])
    assert [total(answer) for answer in answers] == [10, 10, 10, 1]
    assert all(len(page) <= 4 for page in stage.pages)
    assert sum(map(len, stage.pages)) == 27


async def test_one_that_cannot_be_brought_back_ends_no_page_of_the_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "PAGE_EVENTS_MAX", 2)
    host = await stage.start(replace(LIMITS, snapshot_every_events=1_000))
    ids = [name for name in (f"a{number}" for number in range(40)) if partition_of("medcard", name, PARTITIONS) == HOME]
    await host.submit([add(name, 1, f"k{number}") for number in range(5) for name in ids[:2]])
    events = stage.log._log._events[HOME]  # type: ignore[attr-defined]
    events[:] = [
        msgspec.structs.replace(each, type="Painted") if each.aggregate_id == ids[0] else each for each in events
    ]
    bad, good = await (await stage.next()).submit([add(name, 1, "next") for name in ids[:2]])
    assert (bad.outcome, total(good)) == (Outcome.INTERNAL, 6)


async def test_the_keys_of_a_page_are_looked_up_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    host = await stage.start(replace(LIMITS, snapshot_every_events=1_000))
    ids = [name for name in (f"a{number}" for number in range(40)) if partition_of("medcard", name, PARTITIONS) == HOME]
    await host.submit([add(name, 1, "k") for name in ids])
    asked: list[Collection[str]] = []
    find = stage.keyring.find

    async def counted(persons: Collection[str]) -> Any:
        asked.append(persons)
        return await find(persons)

    monkeypatch.setattr(stage.keyring, "find", counted)
    found = await recovery.recover(stage.around(), [(HOME, name) for name in ids])
    assert {entity.version for entity in found.values() if isinstance(entity, Entity)} == {1}
    assert asked == [{"tester"}]
