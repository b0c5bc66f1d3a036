"""Commands whose answers somebody waits for, and how long."""

import asyncio
from collections.abc import Callable, Sequence

from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome
from ledger.ports import Deliver

REQUEST_OVERHEAD_BYTES = 400
"""What a command takes in a call beside its body."""


class Waiting:
    """One command on its way. Its answer is given once, whatever comes later."""

    __slots__ = ("answer", "call", "expires_at", "maybe_executed", "patience", "request")

    def __init__(self, request: CommandRequest, expires_at: float, patience: "Patience") -> None:
        self.request = request
        self.expires_at = expires_at
        self.patience = patience
        self.answer: CommandAnswer | None = None
        self.maybe_executed = False
        self.call: object = None
        """The one that it is in, if any. What an earlier one says of it counts only where that is durable."""

    @property
    def call_bytes(self) -> int:
        return len(self.request.body) + REQUEST_OVERHEAD_BYTES

    @property
    def done(self) -> bool:
        return self.answer is not None

    def settle(self, answer: CommandAnswer) -> None:
        if self.answer is None:
            self.answer = answer
            self.patience.settled(self)


class Patience:
    """The commands of one sending, and the one timer behind them all: a timer for each would cost more than a command
    may."""

    def __init__(self, deliver: Deliver, give_up: Callable[[Waiting], None]) -> None:
        self._deliver = deliver
        self._give_up = give_up
        self._open: Sequence[Waiting] = ()
        self._open_count = 0
        self._timer: asyncio.TimerHandle | None = None

    def wait_for(self, commands: Sequence[Waiting], timeout_s: float) -> None:
        """Those that have no answer by then are told what is known of them."""
        self._open, self._open_count = commands, len(commands)
        self._timer = asyncio.get_running_loop().call_later(timeout_s, self._end)

    def settled(self, waiting: Waiting) -> None:
        self._open_count -= 1
        if self._open_count == 0:
            self._open = ()
            if self._timer is not None:
                self._timer.cancel()
        assert waiting.answer is not None, "it was settled with its answer"
        self._deliver(waiting.request, waiting.answer)

    def _end(self) -> None:
        for waiting in self._open:
            if not waiting.done:
                self._give_up(waiting)
                waiting.settle(CommandAnswer(Outcome.UNKNOWN if waiting.maybe_executed else Outcome.EXPIRED))
