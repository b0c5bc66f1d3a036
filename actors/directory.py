"""The edge's way to the hosts: aggregate id -> partition -> host, and few, full calls instead of many small ones."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome, decode_answers, encode_requests
from ledger.messages.envelope import PartitionId, partition_of
from ledger.ports import Clock, EventLog, StoreUnavailable

_log = logging.getLogger(__name__)

CALLS_IN_FLIGHT_MAX = 2
"""Calls of one edge process to one lane of a host; commands gather meanwhile."""
LINE_COMMANDS_MAX = 10_000
"""Commands that wait for one lane of a host before the edge answers overloaded."""
CALL_GRACE_S = 1.0
"""How long after its last caller's patience a call is given up."""
CALL_BYTES_MAX = 96 * 1024
"""Larger arguments leave Ray's fast path."""
REQUEST_OVERHEAD_BYTES = 400
"""What a command takes in a call beside its body."""
RETRY_AFTER_S = 0.1
_OVERLOADED = CommandAnswer(Outcome.OVERLOADED, b'{"retryAfterS":1}')


class HostCalls(Protocol):
    """The transport to hosts."""

    async def submit(self, host: str, requests: bytes) -> bytes:
        """Raises `HostUnreachable`: the commands may or may not have been executed."""
        ...


class HostUnreachable(Exception):
    """The host is dead, restarting, or its answer was lost."""


@dataclass(slots=True, eq=False)
class _Waiting:
    request: CommandRequest
    expires_at: float
    answer: asyncio.Future[CommandAnswer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    maybe_executed: bool = False

    @property
    def call_bytes(self) -> int:
        return len(self.request.body) + REQUEST_OVERHEAD_BYTES


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
        self._lines: dict[tuple[str, int], _Line] = {}
        self._refreshing: asyncio.Task[None] | None = None
        self._retries: set[asyncio.Task[None]] = set()

    @property
    def hosts(self) -> set[str]:
        """The hosts that the placement names."""
        return set(self._hosts.values())

    async def submit(self, request: CommandRequest) -> CommandAnswer:
        timeout_s = request.timeout_ms / 1000
        waiting = _Waiting(request, self._clock.monotonic() + timeout_s)
        if not self._route(waiting):
            self._retry_later([waiting], delay_s=0.0)
        await asyncio.wait((waiting.answer,), timeout=timeout_s)
        if not waiting.answer.done():
            outcome = Outcome.UNKNOWN if waiting.maybe_executed else Outcome.EXPIRED
            waiting.answer.set_result(CommandAnswer(outcome))
            for line in self._lines.values():
                line.leave(waiting)
        return waiting.answer.result()

    async def refresh(self) -> None:
        """Reads the placement. Raises `StoreUnavailable`."""
        heads = await self._log.heads()
        self._hosts = {partition: head.host for partition, head in heads.items()}
        self._partitions = {}
        for partition in heads:
            self._partitions[partition.topic] = self._partitions.get(partition.topic, 0) + 1

    def _route(self, waiting: _Waiting) -> bool:
        topic = waiting.request.topic
        if topic not in self._partitions:
            return False
        partition = partition_of(topic, waiting.request.aggregate_id, self._partitions[topic])
        place = self._hosts[partition], partition.partition % self._lanes
        line = self._lines.get(place)
        if line is None:
            line = self._lines[place] = _Line(place[0], self._calls, self._clock, self._retry_later)
        line.put(waiting)
        return True

    def _retry_later(self, commands: Sequence[_Waiting], delay_s: float = RETRY_AFTER_S) -> None:
        task = asyncio.create_task(self._retry(commands, delay_s))
        self._retries.add(task)
        task.add_done_callback(self._retries.discard)

    async def _retry(self, commands: Sequence[_Waiting], delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        try:
            await self._refreshed()
        except StoreUnavailable as error:
            _log.warning("the placement cannot be read: %s", error)
        for command in commands:
            if not command.answer.done() and not self._route(command):
                self._retry_later([command])

    async def _refreshed(self) -> None:
        """Many retries at once share one look."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self.refresh())
        await asyncio.shield(self._refreshing)


class _Retry(Protocol):
    def __call__(self, commands: Sequence[_Waiting], delay_s: float = RETRY_AFTER_S) -> None: ...


class _Line:
    """The commands on their way to one lane of a host, in the order in which they came."""

    def __init__(self, host: str, calls: HostCalls, clock: Clock, retry_later: _Retry) -> None:
        self._host = host
        self._calls = calls
        self._clock = clock
        self._retry_later = retry_later
        self._queue: OrderedDict[_Waiting, None] = OrderedDict()
        self._in_flight: set[asyncio.Task[None]] = set()

    def put(self, waiting: _Waiting) -> None:
        if len(self._queue) >= LINE_COMMANDS_MAX:
            waiting.answer.set_result(_told(_OVERLOADED, waiting.maybe_executed))
            return
        self._queue[waiting] = None
        self._pump()

    def leave(self, waiting: _Waiting) -> None:
        """A caller that waits no longer takes its command along."""
        self._queue.pop(waiting, None)

    def _pump(self) -> None:
        while self._queue and len(self._in_flight) < CALLS_IN_FLIGHT_MAX:
            batch = self._take()
            if batch:
                task = asyncio.create_task(self._call(batch))
                self._in_flight.add(task)
                task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._pump()

    def _take(self) -> list[_Waiting]:
        """The next call's commands; those whose caller has gone stay behind."""
        batch: list[_Waiting] = []
        room = CALL_BYTES_MAX
        while self._queue:
            waiting = next(iter(self._queue))
            if batch and waiting.call_bytes > room:
                break
            del self._queue[waiting]
            if not waiting.answer.done():
                room -= waiting.call_bytes
                batch.append(waiting)
        return batch

    async def _call(self, taken: Sequence[_Waiting]) -> None:
        now = self._clock.monotonic()
        # Between the taking and this line a caller may have been told that its command was not executed.
        batch = [each for each in taken if not each.answer.done() and each.expires_at > now]
        if not batch:
            return
        requests = [
            msgspec.structs.replace(each.request, timeout_ms=max(1, int((each.expires_at - now) * 1000)))
            for each in batch
        ]
        was_maybe_executed = [each.maybe_executed for each in batch]
        for each in batch:
            each.maybe_executed = True
        try:
            async with asyncio.timeout(max(each.expires_at for each in batch) - now + CALL_GRACE_S):
                answers = decode_answers(await self._calls.submit(self._host, encode_requests(requests)))
            self._deliver(batch, answers, was_maybe_executed)
        except HostUnreachable as error:
            _log.warning("host %s cannot be reached: %s", self._host, error)
            self._retry_later(batch)
        except Exception:
            # An answer that cannot be read is a lost one: the callers try again with their keys.
            _log.exception("a call to host %s failed", self._host)
            self._retry_later(batch)

    def _deliver(
        self, batch: Sequence[_Waiting], answers: Sequence[CommandAnswer], was_maybe_executed: Sequence[bool]
    ) -> None:
        fenced: list[_Waiting] = []
        for waiting, answer, before in zip(batch, answers, was_maybe_executed, strict=True):
            if answer.outcome is Outcome.FENCED:
                waiting.maybe_executed = before
                fenced.append(waiting)
            elif not waiting.answer.done():
                waiting.answer.set_result(_told(answer, before))
        if fenced:
            self._retry_later(fenced)


def _told(answer: CommandAnswer, maybe_executed_before: bool) -> CommandAnswer:
    """`not executed` is only true of the last try: where an earlier one was lost, nobody knows."""
    if maybe_executed_before and answer.outcome in (Outcome.EXPIRED, Outcome.OVERLOADED):
        return CommandAnswer(Outcome.UNKNOWN)
    return answer
