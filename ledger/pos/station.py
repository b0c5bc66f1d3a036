"""One simulated terminal: little more than a socket, so that thousands of claims a second cost next to nothing.

It keeps in memory what it has sent, sends it again after a lost line, and can misbehave on purpose. A terminal that
keeps a record on disk is `ledger.client.Terminal`; see `recorded.py`.
"""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from ledger.client.backoff import Backoff
from ledger.client.messages import SUBPROTOCOL
from ledger.pos.claims import Claim
from ledger.pos.figures import Figures

REMEMBERED_MAX = 200
SHOW_EVERY_S = 0.2


class Outcome(msgspec.Struct):
    """What of an answer's body is looked at."""

    status: str = ""
    code: str = ""
    retryable: bool = False
    retry_after_ms: int | None = msgspec.field(default=None, name="retryAfterMs")


class Told(msgspec.Struct):
    """Any message of the server's; of a result, `id`, `status` and `body`."""

    type: str
    id: str | None = None
    status: str = ""
    body: msgspec.Raw = msgspec.Raw(b"{}")
    window: int | None = None
    code: str = ""
    replayed: bool = False


_told = msgspec.json.Decoder(Told | list[Told]).decode
_outcome = msgspec.json.Decoder(Outcome).decode


@dataclass(slots=True)
class OnItsWay:
    """A claim without an answer; `meant_at` is when it was to be sent."""

    claim: Claim
    meant_at: float


class Station:
    """`offer` never waits: what the window has no room for waits in line, and its time counts."""

    def __init__(self, url: str, token: str, frame: int, figures: Figures, draw: random.Random) -> None:
        self.hungry: Callable[[Station, int], None] = lambda _station, _room: None
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._frame = frame
        self._figures = figures
        self._draw = draw
        self._backoff = Backoff(0.05, 2.0, draw)
        self._socket: ClientConnection | None = None
        self._window = 0
        self._room = 0
        self._waiting: deque[OnItsWay] = deque()
        self._on_the_way: dict[str, OnItsWay] = {}
        self._answered: deque[tuple[Claim, bytes]] = deque(maxlen=REMEMBERED_MAX)
        self._asked_again: dict[str, bytes | None] = {}
        self._sending = asyncio.Event()
        self._shown_at = 0.0
        self.remembers = False

    @property
    def idle(self) -> bool:
        return not self._on_the_way and not self._waiting

    def offer(self, claims: list[Claim], meant_at: float) -> None:
        self._waiting.extend(OnItsWay(claim, meant_at) for claim in claims)
        self._sending.set()

    def cut(self) -> None:
        """As a network does it: no goodbye."""
        if self._socket is not None:
            self._socket.transport.abort()

    def ask_again(self, count: int) -> None:
        """Sends ids a second time: of commands on their way, and of some that were answered."""
        known = [(each.claim, None) for each in self._on_the_way.values()] + list(self._answered)
        for claim, body in self._draw.sample(known, min(count, len(known), self._room)):
            if claim.id not in self._asked_again:
                self._asked_again[claim.id] = body
                self._waiting.appendleft(OnItsWay(claim, -1.0))
        self._sending.set()

    def shuffle(self) -> None:
        """What waits goes out in another order."""
        waiting = list(self._waiting)
        self._draw.shuffle(waiting)
        self._waiting = deque(waiting)

    async def run(self) -> None:
        """Connected as long as it can be, for ever."""
        failed = 0
        while True:
            try:
                async with connect(
                    self._url,
                    subprotocols=[Subprotocol(SUBPROTOCOL)],
                    additional_headers=self._headers,
                    compression=None,
                    close_timeout=1.0,
                ) as socket:
                    failed = 0
                    await self._work(socket)
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake) as error:
                self._figures.troubles[_named(error)] += 1
            failed += 1
            self._figures.reconnects += 1
            await asyncio.sleep(self._backoff.wait_s(failed))

    async def _work(self, socket: ClientConnection) -> None:
        sender = asyncio.create_task(self._send(socket))
        self._figures.connected += 1
        try:
            async for frame in socket:
                told = _told(frame)
                now = perf_counter()
                for message in told if isinstance(told, list) else (told,):
                    self._hear(message, now, socket)
                self._sending.set()
        finally:
            self._figures.connected -= 1
            self._socket = None
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await sender

    def _welcome(self, window: int, socket: ClientConnection) -> None:
        """A new line: everything without an answer goes first, in its order."""
        self._window = self._room = window
        self._socket = socket
        again = list(self._on_the_way.values())
        self._on_the_way.clear()
        self._asked_again.clear()
        self._waiting = deque(each for each in self._waiting if each.meant_at >= 0.0)
        self._waiting.extendleft(reversed(again))

    async def _send(self, socket: ClientConnection) -> None:
        while True:
            await self._sending.wait()
            self._sending.clear()
            if self._socket is None:
                continue
            if self._room > len(self._waiting):
                self.hungry(self, self._room - len(self._waiting))
            while self._waiting and self._room > 0:
                texts = [self._next() for _ in range(min(self._frame, self._room, len(self._waiting)))]
                self._figures.sent += len(texts)
                await socket.send("[" + ",".join(texts) + "]" if len(texts) > 1 else texts[0])

    def _next(self) -> str:
        self._room -= 1
        each = self._waiting.popleft()
        if each.meant_at >= 0.0:
            self._on_the_way[each.claim.id] = each
        return each.claim.text

    def _hear(self, told: Told, now: float, socket: ClientConnection) -> None:
        if told.type == "result" and told.id is not None:
            self._room += 1
            self._result(told.id, told, now)
        elif told.type == "welcome":
            self._welcome(told.window or 1, socket)
        elif told.type == "advice" and told.window is not None:
            self._room += told.window - self._window
            self._window = told.window
        elif told.type == "error":
            self._figures.troubles[f"error {told.code}"] += 1
            if told.id in self._on_the_way:
                self._room += 1
                self._later(self._on_the_way.pop(told.id), 100)

    def _result(self, message_id: str, told: Told, now: float) -> None:
        figures = self._figures
        each = self._on_the_way.get(message_id)
        outcome = _outcome(told.body)
        if each is None:
            self._compare(message_id, told)
        elif outcome.retryable:
            del self._on_the_way[message_id]
            figures.again[outcome.code] += 1
            self._later(each, outcome.retry_after_ms or 100)
        else:
            del self._on_the_way[message_id]
            status = outcome.status if told.status == "accepted" else outcome.code
            figures.took(status, each.meant_at, now)
            if self.remembers:
                body = bytes(told.body)
                self._answered.append((each.claim, body))
                if message_id in self._asked_again:
                    self._asked_again[message_id] = body
            if now - self._shown_at > SHOW_EVERY_S:
                self._shown_at = now
                took_ms = (now - each.meant_at) * 1000
                figures.last.append(f"{message_id:<24} {each.claim.card:>7}  {status:<12} {took_ms:8.1f} ms")

    def _compare(self, message_id: str, told: Told) -> None:
        """The second answer to an id."""
        before = self._asked_again.pop(message_id, None)
        if before is None or told.status not in ("accepted", "refused"):
            return
        if before == bytes(told.body):
            self._figures.replays += 1
        else:
            self._figures.broken_replays += 1

    def _later(self, each: OnItsWay, after_ms: int) -> None:
        def again() -> None:
            self._waiting.append(each)
            self._sending.set()

        wait_s = after_ms / 1000 * (1.0 + self._draw.random())
        asyncio.get_running_loop().call_later(wait_s, again)


def _named(error: Exception) -> str:
    if isinstance(error, ConnectionClosed):
        return f"closed {error.rcvd.code if error.rcvd is not None else 1006}"
    status = getattr(getattr(error, "response", None), "status_code", "")
    return f"{type(error).__name__} {status}".rstrip()
