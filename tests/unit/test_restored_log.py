"""A host whose log is exchanged for an older copy of it: it stops, and only a new start goes on from the older one."""

import asyncio
import copy
from collections.abc import AsyncIterator

import pytest

from ledger.clocks import SeededIds, SystemClock
from ledger.keys.memory_keyring import MemoryKeyRing
from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome
from ledger.messages.envelope import PartitionId
from ledger.ports import Head
from ledger.runtime import host as host_module
from ledger.runtime.host import AggregateHost
from ledger.runtime.placement import furthest, gone_back
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.store.memory_log import MemoryEventLog
from ledger.store.memory_snapshots import MemorySnapshots
from tests.support.faulty_log import FaultyLog
from tests.support.toy import CounterFamily, add

P0, P1 = PartitionId("medcard", 0), PartitionId("medcard", 1)


class World:
    def __init__(self) -> None:
        self.memory = MemoryEventLog(SystemClock())
        self.log = FaultyLog(self.memory)
        self.ids = SeededIds(1)
        self.hosts: list[AggregateHost] = []

    async def start(self) -> AggregateHost:
        families = {"counter": CounterFamily()}
        around = Surroundings(self.log, MemoryKeyRing(self.ids), SystemClock(), self.ids, families, MemorySnapshots())
        host = AggregateHost("host-0", around, HostLimits())
        await host.start()
        self.hosts.append(host)
        return host

    def backup(self) -> dict[str, object]:
        return copy.deepcopy({name: part for name, part in vars(self.memory).items() if name != "_hint"})

    def restore(self, backup: dict[str, object]) -> None:
        vars(self.memory).update(backup)


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(host_module, "PLACEMENT_PAUSE_S", 0.001)
    world = World()
    await world.log.lay_out(["medcard"], 1, ["host-0"])
    yield world
    for host in world.hosts:
        await host.stop()


async def one(host: AggregateHost, request: CommandRequest) -> CommandAnswer:
    async with asyncio.timeout(5):
        [answer] = await host.submit([request])
    return answer


async def until_it_owns_nothing(host: AggregateHost) -> None:
    async with asyncio.timeout(5):
        while True:
            if host.stats().partitions == 0:
                return
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("started_before", [True, False])
async def test_a_host_under_which_an_older_log_is_put_stops_until_it_is_started_anew(
    world: World, started_before: bool, caplog: pytest.LogCaptureFixture
) -> None:
    older = world.backup()
    host = await world.start()
    if started_before:
        await one(host, add("a", 1, "kept"))
        older = world.backup()
    await one(host, add("a", 1, "lost"))
    world.restore(older)
    await until_it_owns_nothing(host)
    restored = await world.log.heads()
    for key in ("lost", "kept", "new"):
        assert (await one(host, add("a", 1, key))).outcome is Outcome.FENCED
    await asyncio.sleep(5 * host_module.PLACEMENT_PAUSE_S)
    assert await world.log.heads() == restored, "it does not take what it has lost, either"
    assert [each.levelname for each in caplog.records if "older one than it was" in each.getMessage()] == ["CRITICAL"]
    assert not await host.owns_its_partitions()

    again = await one(await world.start(), add("a", 1, "lost"))
    assert (again.outcome, again.replayed) == (Outcome.ACCEPTED, False)


async def test_an_append_that_was_lost_with_the_newer_log_is_not_repeated_on_the_older_one(world: World) -> None:
    """The host finds out before it looks at the placement."""
    host = await world.start()
    await one(host, add("a", 1, "kept"))
    older = world.backup()
    await one(host, add("a", 1, "lost"))
    world.log.held.clear()
    world.log.faults.append("lost before")
    asking = asyncio.create_task(one(host, add("a", 1, "on its way")))
    await asyncio.sleep(0)
    world.restore(older)
    world.log.held.set()
    assert (await asking).outcome is Outcome.FENCED
    assert (await world.log.heads())[P0].offset == 1


def test_a_log_goes_back_in_its_epoch_in_its_offset_or_in_what_stands_there() -> None:
    known = {P0: Head(5, b"five", 2), P1: Head(1, b"one", 1)}
    assert gone_back(known, known) == set()
    assert gone_back(known, {**known, P0: Head(6, b"six", 2)}) == set()
    assert gone_back(known, {**known, P0: Head(5, b"five", 3)}) == set()
    assert gone_back(known, {**known, P0: Head(6, b"six", 1)}) == {P0}
    assert gone_back(known, {**known, P1: Head(0, b"", 1)}) == {P1}
    assert gone_back(known, {**known, P0: Head(5, b"other", 3)}) == {P0}
    assert gone_back({}, known) == set()


def test_of_several_pictures_the_furthest_counts() -> None:
    older, newer = Head(5, b"five", 2), Head(5, b"five", 3)
    assert furthest({P0: older, P1: older}, {P0: newer}) == furthest({P0: newer}, {P0: older, P1: older})
    assert furthest({P0: older}, {P0: newer}) == {P0: newer}
