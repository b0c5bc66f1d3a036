"""The commands on their way from one edge process to one lane of a host: few, full calls instead of many small ones."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from actors.waiting import Waiting
from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome, decode_answers, encode_requests
from ledger.ports import Clock

_log = logging.getLogger(__name__)

CALLS_IN_FLIGHT_MAX = 2
"""Calls of one edge process to one lane of a host; commands gather meanwhile."""
LINE_COMMANDS_MAX = 10_000
"""Commands that wait for one lane of a host before the edge answers overloaded."""
CALL_GRACE_S = 1.0
"""How long after its last caller's patience a call is given up."""
CALL_BYTES_MAX = 96 * 1024
"""Larger arguments leave Ray's fast path."""
RETRY_AFTER_S = 0.1
_DURABLE = (Outcome.ACCEPTED, Outcome.REFUSED)
_OVERLOADED = CommandAnswer(Outcome.OVERLOADED, b'{"retryAfterS":1}')


class HostCalls(Protocol):
    """The transport to hosts."""

    async def ready(self, host: str) -> bool:
        """Whether the host has taken its partitions; one that does not run is started by the question."""
        ...

    async def submit(self, host: str, requests: bytes) -> bytes:
        """Raises `HostUnreachable`: the commands may or may not have been executed."""
        ...


class HostUnreachable(Exception):
    """The host is dead, restarting, or its answer was lost."""


Place = tuple[str, int]
"""A host and one of its lanes."""


class _Retry(Protocol):
    def __call__(self, commands: Sequence[Waiting], delay_s: float = RETRY_AFTER_S) -> None: ...


class Line:
    """The commands on their way to one lane of a host, in the order in which they came."""

    def __init__(self, host: str, calls: HostCalls, clock: Clock, retry_later: _Retry) -> None:
        self._host = host
        self._calls = calls
        self._clock = clock
        self._retry_later = retry_later
        self._queue: OrderedDict[Waiting, None] = OrderedDict()
        self._in_flight: dict[asyncio.Task[None], Sequence[Waiting]] = {}
        self._pumping_soon = False

    def put(self, waiting: Waiting) -> None:
        if len(self._queue) >= LINE_COMMANDS_MAX:
            waiting.settle(_told(_OVERLOADED, waiting.maybe_executed))
            return
        self._queue[waiting] = None
        if not self._pumping_soon:
            # What else comes in this turn of the loop, such as the rest of a frame, goes along.
            self._pumping_soon = True
            asyncio.get_running_loop().call_soon(self._pump)

    def leave(self, waiting: Waiting) -> None:
        """A caller that waits no longer takes its command along."""
        self._queue.pop(waiting, None)

    def strays(self, place: Place, place_of: Callable[[CommandRequest], Place | None]) -> list[Waiting]:
        """Takes out the commands, sent or not, that belong elsewhere by now."""
        sent = [each for batch in self._in_flight.values() for each in batch if each.call is not None]
        strays = [each for each in (*self._queue, *sent) if not each.done and place_of(each.request) != place]
        for stray in strays:
            stray.call = None
            self._queue.pop(stray, None)
        return strays

    def _pump(self) -> None:
        self._pumping_soon = False
        while self._queue and len(self._in_flight) < CALLS_IN_FLIGHT_MAX:
            batch = self._take()
            if batch:
                call = object()
                for each in batch:
                    each.call = call
                task = asyncio.create_task(self._call(call, batch))
                self._in_flight[task] = batch
                task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        del self._in_flight[task]
        self._pump()

    def _take(self) -> list[Waiting]:
        """The next call's commands; those whose caller has gone stay behind."""
        batch: list[Waiting] = []
        room = CALL_BYTES_MAX
        while self._queue:
            waiting = next(iter(self._queue))
            if batch and waiting.call_bytes > room:
                break
            del self._queue[waiting]
            if not waiting.done:
                room -= waiting.call_bytes
                batch.append(waiting)
        return batch

    async def _call(self, call: object, taken: Sequence[Waiting]) -> None:
        now = self._clock.monotonic()
        # Between the taking and this line a caller may have been told that its command was not executed.
        batch = [each for each in taken if each.call is call and not each.done and each.expires_at > now]
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
            self._deliver(call, batch, answers, was_maybe_executed)
        except HostUnreachable as error:
            _log.warning("host %s cannot be reached: %s", self._host, error)
            self._retry_later([each for each in batch if each.call is call])
        except Exception:
            # An answer that cannot be read is a lost one: the callers try again with their keys.
            _log.exception("a call to host %s failed", self._host)
            self._retry_later([each for each in batch if each.call is call])

    def _deliver(
        self,
        call: object,
        batch: Sequence[Waiting],
        answers: Sequence[CommandAnswer],
        was_maybe_executed: Sequence[bool],
    ) -> None:
        fenced: list[Waiting] = []
        for waiting, answer, before in zip(batch, answers, was_maybe_executed, strict=True):
            if waiting.done or (waiting.call is not call and answer.outcome not in _DURABLE):
                continue
            if answer.outcome is Outcome.FENCED:
                waiting.maybe_executed = before
                fenced.append(waiting)
            else:
                waiting.settle(_told(answer, before))
        if fenced:
            self._retry_later(fenced)


def _told(answer: CommandAnswer, maybe_executed_before: bool) -> CommandAnswer:
    """`not executed` is only true of the last try: where an earlier one was lost, nobody knows."""
    if maybe_executed_before and answer.outcome in (Outcome.EXPIRED, Outcome.OVERLOADED):
        return CommandAnswer(Outcome.UNKNOWN)
    return answer
