"""The commands that have no answer yet: which are to be sent next, and who waits for them."""

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field

from ledger.client.messages import text_of
from ledger.client.record import Answer, Command

Waiter = asyncio.Future[Answer]


@dataclass(slots=True)
class Pending:
    """One command. `sent_at` is that of its newest try; `tries` are those that the server could not do."""

    command: Command
    order: int
    text: str
    waiters: list[Waiter] = field(default_factory=list)
    tries: int = 0
    sent_at: float | None = None
    resting: bool = False


class Unanswered:
    """Oldest first, at most a window of them on the line. After a lost line everything is to be sent again."""

    def __init__(self) -> None:
        self._pending: dict[str, Pending] = {}
        self._ready: list[tuple[int, str]] = []
        self._on_the_line: dict[str, Pending] = {}
        self._orders = itertools.count()

    def __len__(self) -> int:
        return len(self._pending)

    def find(self, command_id: str) -> Pending | None:
        return self._pending.get(command_id)

    def add(self, command: Command) -> Pending:
        """Not to be sent before `release`."""
        pending = Pending(command, next(self._orders), text_of(command))
        self._pending[command.id] = pending
        return pending

    def release(self, pending: Pending) -> None:
        """Now it may be sent (again)."""
        pending.resting = False
        if pending.command.id in self._pending and pending.command.id not in self._on_the_line:
            heapq.heappush(self._ready, (pending.order, pending.command.id))

    def take(self, window: int, most: int, now_s: float) -> list[Pending]:
        """What goes into the next frame."""
        taken: list[Pending] = []
        while self._ready and len(taken) < most and len(self._on_the_line) < window:
            pending = self._pending.get(heapq.heappop(self._ready)[1])
            if pending is not None and pending.command.id not in self._on_the_line:
                pending.sent_at = now_s
                self._on_the_line[pending.command.id] = pending
                taken.append(pending)
        return taken

    def rest(self, command_id: str) -> Pending | None:
        """The server could not do it: it is off the line until `release`."""
        pending = self._on_the_line.pop(command_id, None)
        if pending is not None:
            pending.tries += 1
            pending.resting = True
        return pending

    def answered(self, command_id: str) -> Pending | None:
        """It is over; None where it was before, or is unknown."""
        self._on_the_line.pop(command_id, None)
        return self._pending.pop(command_id, None)

    def line_lost(self) -> None:
        """Everything that was on the line is to be sent again, in its order."""
        lost = list(self._on_the_line.values())
        self._on_the_line.clear()
        for pending in lost:
            self.release(pending)

    def oldest_sent_s(self) -> float | None:
        """When the command that waits longest on the line was sent."""
        return min((each.sent_at for each in self._on_the_line.values() if each.sent_at is not None), default=None)

    def waiters(self) -> list[Waiter]:
        return [waiter for pending in self._pending.values() for waiter in pending.waiters]
