"""Partitions that are moved between hosts while these run: who takes, who forgets, and who never comes back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from ledger.clocks import SeededIds, SystemClock
from ledger.keys.memory_keyring import MemoryKeyRing
from ledger.messages.commands import CommandAnswer, Outcome
from ledger.messages.envelope import PartitionId
from ledger.ports import Head, StoreUnavailable
from ledger.runtime.host import AggregateHost
from ledger.runtime.placement import called_for, holder_of_start, lost_by
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.store.memory_log import MemoryEventLog
from ledger.store.memory_snapshots import MemorySnapshots
from tests.support.faulty_log import FaultyLog
from tests.support.toy import CounterFamily, add

ONLY = PartitionId("medcard", 0)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Stage:
    """Hosts over one log with one partition, which is host-0's."""

    def __init__(self) -> None:
        self.memory = MemoryEventLog(SystemClock())
        self.keyring = MemoryKeyRing(SeededIds())
        self.snapshots = MemorySnapshots()
        self.hosts: list[AggregateHost] = []

    async def host(self, name: str, log: MemoryEventLog | FaultyLog | None = None) -> AggregateHost:
        ids = SeededIds(len(self.hosts))
        families = {"counter": CounterFamily()}
        line = self.memory if log is None else log
        around = Surroundings(line, self.keyring, SystemClock(), ids, families, self.snapshots)
        self.hosts.append(AggregateHost(name, around, HostLimits()))
        await self.hosts[-1].start()
        return self.hosts[-1]

    async def head(self) -> Head:
        return (await self.memory.heads())[ONLY]

    async def move(self, to: str) -> None:
        assert await self.memory.place(ONLY, to, (await self.head()).epoch) is not None


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    await stage.memory.lay_out(["medcard"], 1, ["host-0"])
    yield stage
    for host in stage.hosts:
        await host.stop()


async def until(holds: Callable[[], Awaitable[bool]], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not await holds():  # noqa: ASYNC110 - what it waits for is no event of this loop
            await asyncio.sleep(0.01)


async def ask(host: AggregateHost, key: str) -> CommandAnswer:
    [answer] = await host.submit([add("a", 1, key)])
    return answer


async def asked_until_owned(host: AggregateHost, key: str) -> CommandAnswer:
    async def accepted() -> bool:
        return (await ask(host, key)).outcome is Outcome.ACCEPTED

    await until(accepted)
    return await ask(host, key)


async def test_a_moved_partition_is_taken_by_the_host_it_names_and_goes_on_where_it_was(stage: Stage) -> None:
    first, second = await stage.host("host-0"), await stage.host("host-1")
    before = await ask(first, "k1")
    await stage.move("host-1")
    assert b'"total":2,' in (await asked_until_owned(second, "k2")).body
    replayed = await ask(second, "k1")
    assert (replayed.body, replayed.replayed) == (before.body, True)
    assert (await ask(first, "k3")).outcome is Outcome.FENCED


async def test_a_move_that_nobody_asks_for_is_noticed_all_the_same(stage: Stage) -> None:
    first, second = await stage.host("host-0"), await stage.host("host-1")
    await stage.move("host-1")

    async def changed_hands() -> bool:
        return (first.stats().partitions, second.stats().partitions) == (0, 1)

    await until(changed_hands)
    assert await first.owns_its_partitions()
    assert await second.owns_its_partitions()


async def test_a_partition_that_comes_back_is_known_as_the_other_host_left_it(stage: Stage) -> None:
    first, second = await stage.host("host-0"), await stage.host("host-1")
    await ask(first, "k1")
    await stage.move("host-1")
    await asked_until_owned(second, "k2")
    await stage.move("host-0")
    assert b'"total":3,' in (await asked_until_owned(first, "k3")).body


async def test_the_first_of_two_hosts_of_one_name_is_fenced_and_never_bumps_the_epoch_again(stage: Stage) -> None:
    first = await stage.host("host-0")
    second = await stage.host("host-0")
    taken = await stage.head()
    assert (await ask(first, "k1")).outcome is Outcome.FENCED
    assert (await ask(second, "k2")).outcome is Outcome.ACCEPTED
    for _ in range(20):
        await ask(first, "k3")
        await asyncio.sleep(0.02)
    assert ((await stage.head()).epoch, (await stage.head()).holder) == (taken.epoch, taken.holder)
    assert not await first.owns_its_partitions()
    assert await second.owns_its_partitions()


async def test_of_two_hosts_of_one_name_the_later_start_gets_what_is_moved_to_it(stage: Stage) -> None:
    await stage.host("host-1")
    later = await stage.host("host-1")
    await stage.move("host-1")
    assert (await asked_until_owned(later, "k")).outcome is Outcome.ACCEPTED


async def test_a_taking_whose_answer_was_lost_is_asked_for_again(stage: Stage) -> None:
    class LosesOneAnswer(FaultyLog):
        lost = 0

        async def adopt(self, host: str, holder: str, partitions: set[PartitionId]) -> dict[PartitionId, Head]:
            taken = await stage.memory.adopt(host, holder, partitions)
            if not self.lost:
                self.lost += 1
                raise StoreUnavailable("its answer was lost")
            return dict(taken)

    log = LosesOneAnswer(stage.memory)
    host = await stage.host("host-1", log)
    await stage.move("host-1")
    assert (await asked_until_owned(host, "k")).outcome is Outcome.ACCEPTED
    assert log.lost == 1


async def test_a_taking_that_was_overtaken_by_a_bump_does_not_bring_the_old_epoch_back(stage: Stage) -> None:
    class Holds(FaultyLog):
        taken, goes_on = asyncio.Event(), asyncio.Event()

        async def adopt(self, host: str, holder: str, partitions: set[PartitionId]) -> dict[PartitionId, Head]:
            taken = await stage.memory.adopt(host, holder, partitions)
            self.taken.set()
            await self.goes_on.wait()
            return dict(taken)

    async def taken_over() -> bool:
        return not host._called

    log = Holds(stage.memory)
    host = await stage.host("host-0", log)
    log.held.clear()
    asking = asyncio.create_task(ask(host, "k1"))
    await stage.move("host-0")
    await log.taken.wait()
    log.faults.append("lost before")
    log.held.set()
    assert (await asking).outcome is Outcome.ACCEPTED
    log.goes_on.set()
    await until(taken_over)
    assert (await ask(host, "k2")).outcome is Outcome.ACCEPTED
    assert await host.owns_its_partitions()


def test_starts_are_ordered_by_the_clock_of_the_store_and_past_a_clock_that_went_back() -> None:
    first = holder_of_start("h", {}, NOON, "z")
    heads = {ONLY: Head(host="h", holder=first)}
    assert first < holder_of_start("h", heads, NOON, "a")
    assert first < holder_of_start("h", heads, datetime(2025, 1, 1, tzinfo=UTC), "a")
    assert holder_of_start("other", heads, datetime(2025, 1, 1, tzinfo=UTC), "a") < first


def test_what_is_called_for_and_what_is_lost() -> None:
    def heads(host: str, holder: str) -> dict[PartitionId, Head]:
        return {ONLY: Head(host=host, holder=holder)}

    assert called_for("h", "2", heads("h", "")) == called_for("h", "2", heads("h", "1")) == {ONLY}
    assert called_for("h", "2", heads("h", "3")) == called_for("h", "2", heads("other", "")) == set()
    assert lost_by("h", "2", heads("h", "3")) == lost_by("h", "2", heads("other", "2")) == {ONLY}
    assert called_for("h", "2", heads("h", "2")) == lost_by("h", "2", heads("h", "2")) == set()
