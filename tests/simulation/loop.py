"""An event loop without clock and network: time jumps to the next timer, and a seed orders what is ready."""

import asyncio
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")


class Stuck(AssertionError):
    """Nobody can ever go on, or the run takes longer than any run should: somebody hangs."""


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Only what tasks, futures, timers and `asyncio.timeout` ask of a loop; anything else fails loudly.

    `shuffled`: whether callbacks that are ready together run in any order, which a correct program has to bear, or in
    the order in which they came, which is that of the loops of real life.
    """

    def __init__(self, random: Random, shuffled: bool) -> None:
        self._random = random.random
        self._shuffled = shuffled
        self._now = 0.0
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._count = 0
        self.failures: list[str] = []

    def run(self, main: Coroutine[Any, Any, T], until_s: float) -> T:
        """What `main` returns. Raises `Stuck` where it has not returned when the virtual time is up."""
        events._set_running_loop(self)
        try:
            task = self.create_task(main)
            while not task.done():
                self._step(until_s)
            return task.result()
        finally:
            events._set_running_loop(None)

    def _step(self, until_s: float) -> None:
        ready = self._ready
        if not ready:
            self._jump(until_s)
        if self._shuffled and len(ready) > 1:
            ready.rotate(int(self._random() * len(ready)))
        handle = ready.popleft()
        if not handle.cancelled():
            handle._run()

    def _jump(self, until_s: float) -> None:
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        if not self._timers:
            raise Stuck("everybody waits for somebody")
        self._now = max(self._now, self._timers[0][0])
        if self._now > until_s:
            raise Stuck(f"not finished after {until_s} s")
        while self._timers and self._timers[0][0] <= self._now:
            self._ready.append(heapq.heappop(self._timers)[2])

    # What asyncio asks for.

    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, timer))
        return timer

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is left out when its time comes."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.failures.append(f"{context.get('message')}: {context.get('exception')!r}")

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False
