"""Terminals of tests: a socket to the edge in this process, without a network."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ledger.api.terminal.messages import SUBPROTOCOL
from ledger.api.terminal.route import ABORT, PATH
from tests.support.doors import Bench, token

PHARMACY, TERMINAL, CARD_ID = "pharmacy-101", "t-17", "medcard-456"
PATIENCE_S = 5.0


class Wire:
    """One websocket of a terminal. `read` may be cleared: it then reads nothing, and the server's writes wait."""

    def __init__(self, app: Any, bearer: str | None, subprotocols: Sequence[str]) -> None:
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.frames: list[str] = []
        self.accepted: dict[str, Any] | None = None
        self.closed: tuple[int, str] | None = None
        self.aborted = False
        self.reading = asyncio.Event()
        self.reading.set()
        self._news = asyncio.Event()
        self._taken = 0
        headers = [] if bearer is None else [(b"authorization", f"Bearer {bearer}".encode())]
        scope = {
            "type": "websocket",
            "path": PATH,
            "raw_path": PATH.encode(),
            "root_path": "",
            "scheme": "ws",
            "query_string": b"",
            "headers": headers,
            "subprotocols": list(subprotocols),
            "client": ("192.0.2.7", 4711),
            "server": ("edge", 80),
            "extensions": {ABORT: self._abort},
        }
        self.incoming.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(app(scope, self.incoming.get, self._send))

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.accept":
            self.accepted = message
            return
        await self.reading.wait()
        if message["type"] == "websocket.close":
            self.closed = (message["code"], message["reason"])
            self.hang_up(message["code"])
        else:
            self.frames.append(message["text"])
        self._news.set()

    def _abort(self) -> None:
        self.aborted = True
        self.hang_up(1006)

    def hang_up(self, code: int = 1006) -> None:
        """The connection is gone."""
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": code})

    def say_text(self, text: str) -> None:
        self.incoming.put_nowait({"type": "websocket.receive", "text": text})

    def say(self, *messages: dict[str, Any]) -> None:
        """One frame: an object, or an array of several."""
        self.say_text(json.dumps(messages[0] if len(messages) == 1 else messages))

    async def told(self, count: int) -> list[dict[str, Any]]:
        """The next messages, amounts as texts."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.messages()) < self._taken + count:
                await self._next()
        found = self.messages()[self._taken : self._taken + count]
        self._taken += count
        return found

    async def ended(self) -> tuple[int, str]:
        """The close that the server sent."""
        async with asyncio.timeout(PATIENCE_S):
            while self.closed is None:
                await self._next()
        assert self.closed is not None
        return self.closed

    async def results(self, count: int) -> dict[str, dict[str, Any]]:
        """By id."""
        found = await self.told(count)
        assert {each["type"] for each in found} == {"result"}, found
        return {each["id"]: each for each in found}

    async def _next(self) -> None:
        self._news.clear()
        await self._news.wait()

    def messages(self) -> list[dict[str, Any]]:
        """All of them, in their order."""
        found: list[dict[str, Any]] = []
        for frame in self.frames:
            said = json.loads(frame, parse_float=str)
            found += said if isinstance(said, list) else [said]
        return found


def terminal_token(**claims: Any) -> str:
    """Of one terminal of one pharmacy."""
    return token("PHARMACY", **{"pharmacy_id": PHARMACY, "terminal_id": TERMINAL, **claims})


@asynccontextmanager
async def wire(
    bench: Bench, bearer: str | None = None, *, subprotocols: Sequence[str] = (SUBPROTOCOL,), **claims: Any
) -> AsyncIterator[Wire]:
    """A socket whose handshake carries a token; `bearer=""`: one that carries none."""
    opened = Wire(bench.app, terminal_token(**claims) if bearer is None else bearer or None, subprotocols)
    try:
        yield opened
    finally:
        opened.reading.set()
        opened.hang_up()
        await asyncio.wait([opened.task], timeout=PATIENCE_S)
        assert opened.task.done(), "the handler outlives its connection"


@asynccontextmanager
async def counter(bench: Bench, **claims: Any) -> AsyncIterator[Wire]:
    """A terminal that has been welcomed."""
    async with wire(bench, **claims) as opened:
        [welcome] = await opened.told(1)
        assert welcome["type"] == "welcome", welcome
        yield opened


def claim(message_id: str, prescription: str = "rx-1", **body: Any) -> dict[str, Any]:
    """A claim of 350.00 on the card of the tests."""
    asked = {"prescriptionId": prescription, "beneficiaryId": "user-123", "totalAmount": "350.00", **body}
    return {"type": "claimPrescription", "id": message_id, "card": CARD_ID, "body": asked}
