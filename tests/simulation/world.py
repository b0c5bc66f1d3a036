"""One simulated run: a log, hosts that come, fight and die, callers that ask again, and a seed that decides it all."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from ledger.clocks import SeededIds
from ledger.keys.memory_keyring import MemoryKeyRing
from ledger.messages.envelope import partition_of
from ledger.ports import StoreUnavailable
from ledger.runtime.host import AggregateHost
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.store.memory_log import MemoryEventLog
from ledger.store.memory_snapshots import MemorySnapshots
from tests.simulation.book import Book, hold
from tests.simulation.chance import Chance
from tests.simulation.loop import SimulatedLoop
from tests.simulation.store import Line, SnapshotLine
from tests.support.toy import CounterFamily

BEGINNING = datetime(2026, 11, 23, 9, tzinfo=UTC)
FAMILY = CounterFamily()


class WorldClock:
    """A machine's clock: monotonic time is right, the wall may be set to anything."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self.ahead = timedelta()

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self._loop.time()) + self.ahead

    def monotonic(self) -> float:
        return self._loop.time()


class Process:
    """A host's process, and the calls that it is working on."""

    def __init__(self, host: AggregateHost, name: str, clock: WorldClock) -> None:
        self.host = host
        self.name = name
        self.clock = clock
        self.calls: set[asyncio.Task[None]] = set()
        self.alive = True
        self.stopped = False

    def kill(self) -> None:
        """Everything stops where it is; what is on its way to the store arrives nevertheless."""
        self.alive = False
        for task in (*self.host._tasks, *self.calls):
            task.cancel()


class World:
    """The stage. `tell` hears of everything that happens, for a replay."""

    def __init__(self, seed: int, tell: Callable[..., None]) -> None:
        self.random = random = Random(seed)
        self.loop = SimulatedLoop(random, shuffled=random.random() < 0.5)
        self.tell = lambda text, *figures: tell(self.loop.time(), text, *figures)
        self.chance = Chance(random)
        self.ids = SeededIds(seed)
        self.partitions = random.choice((1, 2, 3))
        self.names = ["host-0", "host-1"][: random.choice((1, 1, 2))]
        self.log = MemoryEventLog(WorldClock(self.loop))
        self.snapshots = MemorySnapshots()
        self.keyring = MemoryKeyRing(self.ids)
        self.book = Book(self.log, self.partitions, self.chance, self.keyring._pepper)
        self.limits = HostLimits(
            append_lanes=random.choice((1, 1, 2, 3)),
            batch_commands_max=random.choice((1, 2, 3, 300)),
            host_mailbox_max=random.choice((2, 5, 100, 100)),
            aggregate_mailbox_max=random.choice((1, 3, 100, 100)),
            aggregates_resident_max=random.choice((0, 1, 3, 100)),
            passivate_after_s=random.choice((0.0, 0.5, 900.0)),
            snapshot_every_events=random.choice((1, 2, 5, 500)),
        )
        self.processes: list[Process] = []
        self.current: dict[str, Process] = {}
        self.tell("%s; %d partitions; %s", self.limits, self.partitions, self.chance.mixture())

    async def lay_out(self) -> None:
        await self.log.lay_out(["medcard"], self.partitions, self.names)
        for name in self.names:
            await self.start(name)

    async def start(self, name: str) -> None:
        """Starts a process under that name, again until the store lets it, as its supervisor does."""
        while True:
            clock = WorldClock(self.loop)
            line = Line(self.log, self.chance, f"{name}#{len(self.processes)}", self.tell)
            snapshots = SnapshotLine(self.snapshots, line)
            around = Surroundings(line, self.keyring, clock, self.ids, {"counter": FAMILY}, snapshots)
            process = Process(AggregateHost(name, around, self.limits), name, clock)
            try:
                await process.host.start()
                break
            except StoreUnavailable:
                await asyncio.sleep(0.5)
        self.tell("%s#%d is up", name, len(self.processes))
        self.processes.append(process)
        self.current[name] = process

    def process_for(self, aggregate_id: str) -> Process:
        """The one that the placement names; now and then another, as those see it who have not heard the news."""
        if self.chance.strikes("wrong host"):
            return self.random.choice(self.processes)
        return self.current[self.log._heads[partition_of("medcard", aggregate_id, self.partitions)].host]

    # What befalls the hosts.

    async def mishaps(self) -> None:
        """Crashes, restarts, second processes under one name whose firsts live on, moves of a partition."""
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            await asyncio.sleep(self.chance.between(0.0, 3.0))
            name = self.random.choice(self.names)
            mishap = self.random.choice((self._crash, self._restart, self._take_over, self._move))
            self.tell("%s: %s", name, mishap.__name__.strip("_"))
            await mishap(name)

    async def _crash(self, name: str) -> None:
        self.current[name].kill()
        await asyncio.sleep(self.chance.between(0.0, 2.0))
        await self.start(name)

    async def _restart(self, name: str) -> None:
        process = self.current[name]
        process.stopped = True
        await process.host.stop()
        await self.start(name)

    async def _take_over(self, name: str) -> None:
        await self.start(name)

    async def _move(self, name: str) -> None:
        """As an operator does; the hosts hear of it by themselves."""
        partition = self.random.choice(sorted(self.log._heads))
        await self.log.place(partition, name, self.log._heads[partition].epoch)

    async def clocks(self) -> None:
        """Steps back and forth of the machines' wall clocks."""
        for _ in range(3):
            await asyncio.sleep(self.chance.between(0.0, 3.0))
            if self.chance.strikes("clock"):
                process = self.random.choice(self.processes)
                process.clock.ahead = timedelta(seconds=self.chance.between(-3600, 3600))
                self.tell("the clock of %s is off by %s", process.name, process.clock.ahead)

    async def check_owners(self) -> None:
        """Who is up and was not followed by another of its name has come by all that is its own, without help."""
        for name in self.names:
            hold(await self.current[name].host.owns_its_partitions(), "a host does not find what is its own", name)

    async def close(self) -> None:
        """At rest: nothing is left behind in any host, and no part of it has died."""
        for process in self.processes:
            if process.stopped or not process.alive:
                continue
            stats, name = process.host.stats(), process.name
            hold(not any(task.done() for task in process.host._tasks), "a task of a host has ended", name)
            hold(stats.in_flight == stats.mailbox_depth == 0, "commands are left behind", name, stats)
            most = self.limits.aggregates_resident_max // self.limits.append_lanes * self.limits.append_lanes
            hold(stats.residents <= most, "more residents than there may be", name, stats)
            await process.host.stop()


class Errors(logging.Handler):
    """What the runtime logs as errors, which only faults outside all contracts may bring about."""

    def __init__(self, tell: Callable[..., None]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())
        self._tell("logged: %s %r", record.getMessage(), record.exc_info[1] if record.exc_info else "")
