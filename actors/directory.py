"""The edge's way to the hosts: aggregate id -> partition -> host, and few, full calls instead of many small ones."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome, decode_answers, encode_requests
from ledger.messages.envelope import PartitionId, partition_of
from ledger.ports import Clock, EventLog, StoreUnavailable

_log = logging.getLogger(__name__)

CALLS_IN_FLIGHT_MAX = 2
"""Calls of one edge process to one host; commands gather meanwhile."""
CALL_BYTES_MAX = 96 * 1024
"""Larger arguments leave Ray's fast path."""
REQUEST_OVERHEAD_BYTES = 400
"""What a command takes in a call beside its body."""
RETRY_AFTER_S = 0.1


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

    def __init__(self, log: EventLog, calls: HostCalls, clock: Clock) -> None:
        self._log = log
        self._calls = calls
        self._clock = clock
        self._hosts: dict[PartitionId, str] = {}
        self._partitions: dict[str, int] = {}
        self._lines: dict[str, _Line] = {}
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
        host = self._hosts[partition_of(topic, waiting.request.aggregate_id, self._partitions[topic])]
        line = self._lines.get(host)
        if line is None:
            line = self._lines[host] = _Line(host, self._calls, self._clock, self._retry_later)
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
    """The commands on their way to one host."""

    def __init__(self, host: str, calls: HostCalls, clock: Clock, retry_later: _Retry) -> None:
        self._host = host
        self._calls = calls
        self._clock = clock
        self._retry_later = retry_later
        self._queue: deque[_Waiting] = deque()
        self._in_flight: set[asyncio.Task[None]] = set()

    def put(self, waiting: _Waiting) -> None:
        self._queue.append(waiting)
        self._pump()

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
        while self._queue and (not batch or self._queue[0].call_bytes <= room):
            waiting = self._queue.popleft()
            if not waiting.answer.done():
                room -= waiting.call_bytes
                batch.append(waiting)
        return batch

    async def _call(self, batch: Sequence[_Waiting]) -> None:
        now = self._clock.monotonic()
        requests = [
            msgspec.structs.replace(each.request, timeout_ms=max(1, int((each.expires_at - now) * 1000)))
            for each in batch
        ]
        was_maybe_executed = [each.maybe_executed for each in batch]
        for each in batch:
            each.maybe_executed = True
        try:
            answers = decode_answers(await self._calls.submit(self._host, encode_requests(requests)))
        except HostUnreachable as error:
            _log.warning("host %s cannot be reached: %s", self._host, error)
            self._retry_later(batch)
            return
        self._deliver(batch, answers, was_maybe_executed)

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
