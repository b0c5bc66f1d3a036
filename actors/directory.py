"""The edge's way to the hosts: aggregate id -> partition -> host, followed as partitions move."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from actors.line import RETRY_AFTER_S, HostCalls, Line, Place
from actors.waiting import Patience, Waiting
from ledger.messages.commands import CommandAnswer, CommandRequest
from ledger.messages.envelope import PartitionId, partition_of
from ledger.ports import Clock, Deliver, EventLog, StoreUnavailable

_log = logging.getLogger(__name__)

PLACEMENT_POLL_S = 0.5
"""How often the placement is read where nothing else asks for it: so soon is a move known here."""
WAKE_TIMEOUT_S = 10.0


class Directory:
    """A `CommandDoor` over hosts. On a dead or fenced host it looks the placement up again and tries once more,
    with the same key, until the caller's time is up."""

    def __init__(self, log: EventLog, calls: HostCalls, clock: Clock, lanes: int = 1) -> None:
        """`lanes`: how many a host has. A call is answered when its last command is, so that a call which mixed
        lanes would let a stuck one hold up the others."""
        self._log = log
        self._calls = calls
        self._clock = clock
        self._lanes = lanes
        self._hosts: dict[PartitionId, str] = {}
        self._partitions: dict[str, int] = {}
        self._lines: dict[Place, Line] = {}
        self._refreshing: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def hosts(self) -> Mapping[str, int]:
        """The hosts that the placement names, each with the number of its partitions."""
        return Counter(self._hosts.values())

    async def submit(self, request: CommandRequest) -> CommandAnswer:
        answered: asyncio.Future[CommandAnswer] = asyncio.get_running_loop().create_future()
        self.send([request], lambda _, answer: _settle(answered, answer))
        return await answered

    def send(self, requests: Sequence[CommandRequest], deliver: Deliver) -> None:
        patience = Patience(deliver, self._give_up)
        timeout_s = requests[0].timeout_ms / 1000
        expires_at = self._clock.monotonic() + timeout_s
        sent = [Waiting(request, expires_at, patience) for request in requests]
        # Before they are routed: a full line answers at once.
        patience.wait_for(sent, timeout_s)
        astray = [waiting for waiting in sent if not self._route(waiting)]
        if astray:
            self._retry_later(astray, delay_s=0.0)

    def _give_up(self, waiting: Waiting) -> None:
        for line in self._lines.values():
            line.leave(waiting)

    async def follow(self) -> None:
        """Keeps up with the placement, until it is cancelled, and wakes the hosts that partitions are moved to."""
        seen: dict[PartitionId, str] = {}
        asleep: dict[str, asyncio.Task[None]] = {}
        while True:
            try:
                await self._refreshed()
            except StoreUnavailable as error:
                _log.warning("the placement cannot be read: %s", error)
            except Exception:
                # Its end would leave every later move unseen.
                _log.exception("the placement cannot be read")
            for host in {host for partition, host in self._hosts.items() if seen.get(partition) != host}:
                if host not in asleep:
                    asleep[host] = asyncio.create_task(self._wake(host))
            asleep = {host: waking for host, waking in asleep.items() if not waking.done()}
            seen = dict(self._hosts)
            await asyncio.sleep(PLACEMENT_POLL_S)

    async def _wake(self, host: str) -> None:
        """Until it has what the placement says, or has nothing to have any more."""
        while host in self.hosts:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAKE_TIMEOUT_S):
                    if await self._calls.ready(host):
                        return
            await asyncio.sleep(PLACEMENT_POLL_S)

    async def refresh(self) -> None:
        """Reads the placement; commands on their way to hosts that no longer have them are sent anew.

        Raises `StoreUnavailable`.
        """
        heads = await self._log.heads()
        hosts = {partition: head.host for partition, head in heads.items()}
        if hosts == self._hosts:
            return
        self._hosts = hosts
        self._partitions = {}
        for partition in heads:
            self._partitions[partition.topic] = self._partitions.get(partition.topic, 0) + 1
        # A host that has stopped in the middle would keep them until their callers have lost patience.
        strays = [stray for place, line in self._lines.items() for stray in line.strays(place, self._place_of)]
        for stray in strays:
            self._route(stray)

    def _route(self, waiting: Waiting) -> bool:
        place = self._place_of(waiting.request)
        if place is None:
            return False
        line = self._lines.get(place)
        if line is None:
            line = self._lines[place] = Line(place[0], self._calls, self._clock, self._retry_later)
        line.put(waiting)
        return True

    def _place_of(self, request: CommandRequest) -> Place | None:
        topic = request.topic
        if topic not in self._partitions:
            return None
        partition = partition_of(topic, request.aggregate_id, self._partitions[topic])
        return self._hosts[partition], partition.partition % self._lanes

    def _retry_later(self, commands: Sequence[Waiting], delay_s: float = RETRY_AFTER_S) -> None:
        self._spawn(self._retry(commands, delay_s))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _retry(self, commands: Sequence[Waiting], delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        try:
            await self._refreshed()
        except StoreUnavailable as error:
            _log.warning("the placement cannot be read: %s", error)
        for command in commands:
            if not command.done and not self._route(command):
                self._retry_later([command])

    async def _refreshed(self) -> None:
        """Many retries at once share one look."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self.refresh())
        await asyncio.shield(self._refreshing)


def _settle(answered: asyncio.Future[CommandAnswer], answer: CommandAnswer) -> None:
    if not answered.done():
        answered.set_result(answer)
