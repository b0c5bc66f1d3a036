"""The edge's way to the hosts: batching, retries with the same key, and what a caller is told when nobody knows."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from actors.directory import Directory
from actors.line import CALL_BYTES_MAX, CALLS_IN_FLIGHT_MAX, HostUnreachable
from ledger.clocks import SeededIds, SystemClock
from ledger.keys.memory_keyring import MemoryKeyRing
from ledger.messages.commands import CommandAnswer, Outcome, decode_requests, encode_answers
from ledger.messages.envelope import partition_of
from ledger.runtime.host import AggregateHost
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.store.memory_log import MemoryEventLog
from ledger.store.memory_snapshots import MemorySnapshots
from tests.support.toy import CounterFamily, add


class Calls:
    """Hosts in this process. `lose_before`, `lose_after`: how many calls are lost on their way there, or back."""

    def __init__(self, log: MemoryEventLog) -> None:
        self.log = log
        self.keyring = MemoryKeyRing(SeededIds())
        self.hosts: dict[str, AggregateHost] = {}
        self.sizes: list[int] = []
        self.running = 0
        self.running_most = 0
        self.lose_before = 0
        self.lose_after = 0
        self.stuck: set[str] = set()
        self.unstuck = asyncio.Event()
        self.stopped: set[str] = set()
        self.continued = asyncio.Event()
        self.woken: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def start(self, name: str) -> None:
        around = Surroundings(
            self.log,
            self.keyring,
            SystemClock(),
            SeededIds(len(self.hosts)),
            {"counter": CounterFamily()},
            MemorySnapshots(),
        )
        self.hosts[name] = AggregateHost(name, around, HostLimits())
        await self.hosts[name].start()

    async def ready(self, host: str) -> bool:
        self.woken.append(host)
        return host in self.hosts and await self.hosts[host].owns_its_partitions()

    async def submit(self, host: str, requests: bytes) -> bytes:
        batch = decode_requests(requests)
        assert len(requests) <= CALL_BYTES_MAX
        self.sizes.append(len(batch))
        self.running += 1
        self.running_most = max(self.running_most, self.running)
        try:
            await self.open.wait()
            if host in self.stopped:
                await self.continued.wait()
            if any(each.aggregate_id in self.stuck for each in batch):
                await self.unstuck.wait()
            if self.lose_before:
                self.lose_before -= 1
                raise HostUnreachable("dead")
            if host not in self.hosts:
                raise HostUnreachable("no such host")
            answers = await self.hosts[host].submit(batch)
            if self.lose_after:
                self.lose_after -= 1
                raise HostUnreachable("died after the commit")
            return encode_answers(answers)
        finally:
            self.running -= 1


@pytest.fixture
async def calls() -> AsyncIterator[Calls]:
    log = MemoryEventLog(SystemClock())
    await log.lay_out(["medcard"], 4, ["host-0"])
    calls = Calls(log)
    await calls.start("host-0")
    yield calls
    for host in calls.hosts.values():
        await host.stop()


def directory(calls: Calls) -> Directory:
    return Directory(calls.log, calls, SystemClock())


async def one_by_one(door: Directory, count: int, timeout_ms: int = 5_000) -> list[asyncio.Task[CommandAnswer]]:
    """Commands that come in turns of their own: what comes in one turn travels in one call."""
    running: list[asyncio.Task[CommandAnswer]] = []
    for n in range(count):
        running.append(asyncio.create_task(door.submit(add("a", 1, f"k{n}", timeout_ms=timeout_ms))))
        for _ in range(3):
            await asyncio.sleep(0)
    return running


async def test_a_command_finds_its_host(calls: Calls) -> None:
    answer = await directory(calls).submit(add("a", 1, "k"))
    assert answer.outcome is Outcome.ACCEPTED


async def test_two_calls_are_in_flight_and_the_rest_gathers_for_the_next(calls: Calls) -> None:
    door = directory(calls)
    await door.refresh()
    calls.open.clear()
    running: list[asyncio.Task[CommandAnswer]] = []
    for at_once in (1, 2, 40, 7):
        running += [asyncio.create_task(door.submit(add(f"{at_once}-{n}", 1, "k"))) for n in range(at_once)]
        await asyncio.sleep(0.02)
    calls.open.set()
    answers = await asyncio.gather(*running)
    assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
    assert calls.running_most == CALLS_IN_FLIGHT_MAX
    assert calls.sizes == [1, 2, 47]


async def test_many_are_sent_at_once_and_each_is_answered_once(calls: Calls) -> None:
    door = directory(calls)
    await door.refresh()
    told: dict[str, list[CommandAnswer]] = {}
    door.send([add(f"a{n}", 1, f"k{n}") for n in range(30)], lambda to, said: told.setdefault(to.key, []).append(said))
    async with asyncio.timeout(5):
        while len(told) < 30:  # noqa: ASYNC110 - it counts answers, which are no events
            await asyncio.sleep(0.01)
    assert calls.sizes == [30]
    assert {answer.outcome for [answer] in told.values()} == {Outcome.ACCEPTED}


async def test_of_many_each_that_is_late_is_told_what_is_known_of_it(calls: Calls) -> None:
    door = directory(calls)
    await door.refresh()
    calls.stuck.add("stuck")
    told: list[tuple[str, Outcome]] = []
    requests = [msgspec.structs.replace(add(name, 1, name), timeout_ms=100) for name in ("stuck", "beside")]
    door.send(requests, lambda to, said: told.append((to.key, said.outcome)))
    async with asyncio.timeout(5):
        while len(told) < 2:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    assert told == [("stuck", Outcome.UNKNOWN), ("beside", Outcome.UNKNOWN)]
    calls.unstuck.set()
    await asyncio.sleep(0.05)
    assert len(told) == 2


async def test_a_call_stays_within_its_bytes(calls: Calls) -> None:
    door = directory(calls)
    await door.refresh()
    calls.open.clear()
    big = "x" * 30_000
    running = [asyncio.create_task(door.submit(add(f"a{n}", 1, "k", note=big))) for n in range(12)]
    await asyncio.sleep(0.02)
    calls.open.set()
    assert {answer.outcome for answer in await asyncio.gather(*running)} == {Outcome.ACCEPTED}
    assert max(calls.sizes) == 3


@pytest.mark.parametrize("loss", ["lose_before", "lose_after"])
async def test_a_lost_call_is_tried_again_with_its_key_and_happens_once(calls: Calls, loss: str) -> None:
    setattr(calls, loss, 2)
    answer = await directory(calls).submit(add("a", 1, "k"))
    assert (answer.outcome, b'"total":1,' in answer.body) == (Outcome.ACCEPTED, True)


async def test_a_moved_partition_is_followed(calls: Calls) -> None:
    door = directory(calls)
    await door.submit(add("a", 1, "k"))
    elsewhere = MemoryEventLog(SystemClock())
    await elsewhere.lay_out(["medcard"], 4, ["host-1"])
    calls.log = elsewhere
    door._log = elsewhere
    await calls.start("host-1")
    await calls.hosts["host-0"].stop()
    del calls.hosts["host-0"]
    assert (await door.submit(add("a", 1, "k2"))).outcome is Outcome.ACCEPTED


async def test_what_was_sent_to_a_host_that_stopped_is_sent_to_the_one_it_was_moved_to(calls: Calls) -> None:
    door = directory(calls)
    await calls.start("host-1")
    assert (await door.submit(add("a", 1, "k0"))).outcome is Outcome.ACCEPTED
    calls.stopped.add("host-0")
    waiting = [asyncio.create_task(door.submit(add("a", 1, f"k{n}"))) for n in range(1, 6)]
    following = asyncio.create_task(door.follow())
    for partition, head in (await calls.log.heads()).items():
        assert await calls.log.place(partition, "host-1", head.epoch)
    async with asyncio.timeout(3):
        answers = await asyncio.gather(*waiting)
    assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
    assert "host-1" in calls.woken
    calls.continued.set()
    calls.stopped.clear()
    assert b'"total":7,' in (await door.submit(add("a", 1, "k6"))).body
    following.cancel()


async def test_a_host_that_partitions_are_moved_to_is_woken_until_it_has_them(calls: Calls) -> None:
    door = directory(calls)
    following = asyncio.create_task(door.follow())
    for partition, head in (await calls.log.heads()).items():
        assert await calls.log.place(partition, "host-1", head.epoch)
    async with asyncio.timeout(5):
        while calls.woken.count("host-1") < 2:  # noqa: ASYNC110 - it counts calls, which are no events
            await asyncio.sleep(0.01)
        await calls.start("host-1")
        while not await calls.hosts["host-1"].owns_its_partitions():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    assert door.hosts == {"host-1": 4}
    following.cancel()


async def test_a_caller_whose_command_was_sent_is_told_that_nobody_knows(calls: Calls) -> None:
    door = directory(calls)
    await door.refresh()
    calls.open.clear()
    answers = await asyncio.gather(*(await one_by_one(door, 3, timeout_ms=50)))
    assert [answer.outcome for answer in answers] == [Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.EXPIRED]
    calls.open.set()


async def test_a_caller_that_gave_up_before_the_call_is_not_sent(calls: Calls) -> None:
    door = directory(calls)
    await door.refresh()
    calls.open.clear()
    await asyncio.gather(*(await one_by_one(door, 5, timeout_ms=30)))
    calls.open.set()
    answer: CommandAnswer = await door.submit(add("a", 0, "sum"))
    assert b'"total":2,' in answer.body


async def test_a_topic_that_nobody_laid_out_expires_and_does_not_hang(calls: Calls) -> None:
    import msgspec

    lost = msgspec.structs.replace(add("a", 1, "k", timeout_ms=250), topic="nowhere")
    assert (await directory(calls).submit(lost)).outcome is Outcome.EXPIRED


async def test_a_caller_is_never_told_not_executed_of_what_is_then_sent(calls: Calls) -> None:
    """The deadline falls between the taking of a command and its call, again and again."""
    door = directory(calls)
    await door.refresh()
    answers = await asyncio.gather(
        *(door.submit(add("a", 1, f"k{n}", timeout_ms=1 + n % 12)) for n in range(3_000)), return_exceptions=False
    )
    told_not = {f"k{n}" for n, answer in enumerate(answers) if answer.outcome is Outcome.EXPIRED}
    stored = {key.key for key in calls.log._results}
    assert told_not
    assert not told_not & stored


async def test_a_line_that_is_full_answers_overloaded(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.line.LINE_COMMANDS_MAX", 3)
    door = directory(calls)
    await door.refresh()
    calls.open.clear()
    running = await one_by_one(door, 8)
    calls.open.set()
    outcomes = [answer.outcome for answer in await asyncio.gather(*running)]
    assert outcomes == [Outcome.ACCEPTED] * 5 + [Outcome.OVERLOADED] * 3


async def test_a_stuck_lane_holds_up_nobody_in_the_others(calls: Calls) -> None:
    door = Directory(calls.log, calls, SystemClock(), lanes=2)
    await door.refresh()
    lanes = {name: partition_of("medcard", name, 4).partition % 2 for name in (f"a{n}" for n in range(20))}
    stuck = [name for name, lane in lanes.items() if lane == 0]
    free = [name for name, lane in lanes.items() if lane == 1]
    calls.stuck = set(stuck)
    waiting = [asyncio.create_task(door.submit(add(name, 1, "k", timeout_ms=2_000))) for name in stuck]
    answers = await asyncio.wait_for(asyncio.gather(*(door.submit(add(name, 1, "k")) for name in free)), 1.5)
    assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
    calls.unstuck.set()
    assert {answer.outcome for answer in await asyncio.gather(*waiting)} == {Outcome.ACCEPTED}
