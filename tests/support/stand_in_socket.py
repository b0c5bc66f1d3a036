"""A stand-in for the server's end of the terminals' socket: executes an id once, and fails as it is told."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

PROTOCOL: Any = "healthpay.terminal.v1"


@dataclass
class StandIn:
    """`answers`: what each id was answered, as text. Everything else is what a test may turn or look at."""

    window: int = 50
    handshakes_refused: list[int] = field(default_factory=list)
    cut_after_frames: list[int] = field(default_factory=list)
    silent: bool = False
    overloaded_first: int = 0
    refusals: dict[str, dict[str, Any]] = field(default_factory=dict)
    next_sequence: int = 1
    answers: dict[str, str] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    times_seen: Counter[str] = field(default_factory=Counter)
    frames: list[int] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    most_unanswered: int = 0
    sockets: set[ServerConnection] = field(default_factory=set)
    port: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/terminal"

    async def say(self, message: Any) -> None:
        for socket in self.sockets:
            await socket.send(json.dumps(message))

    async def close_all(self, code: int) -> None:
        for socket in tuple(self.sockets):
            await socket.close(code)

    async def refuse_or_not(self, _socket: ServerConnection, _request: Request) -> Response | None:
        if not self.handshakes_refused:
            return None
        return _socket.respond(HTTPStatus(self.handshakes_refused.pop(0)), "")

    async def serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.tokens.append(socket.request.headers.get("Authorization", ""))
        self.sockets.add(socket)
        left = self.cut_after_frames.pop(0) if self.cut_after_frames else None
        try:
            await socket.send(json.dumps({"type": "welcome", "session": "s", "window": self.window, "limits": {}}))
            async for frame in socket:
                messages = json.loads(frame)
                messages = messages if isinstance(messages, list) else [messages]
                self.frames.append(len(messages))
                self.most_unanswered = max(self.most_unanswered, len(messages))
                found = [self.answer(message) for message in messages]
                if left is not None:
                    left -= 1
                if left == 0:
                    # Executed, and the answers are lost.
                    socket.transport.abort()
                    return
                if not self.silent:
                    await socket.send("[" + ",".join(each for each in reversed(found) if each) + "]")
        except ConnectionClosed:
            return
        finally:
            self.sockets.discard(socket)

    def answer(self, message: dict[str, Any]) -> str:
        self.received.append(message)
        if message["type"] == "hello":
            self.tokens.append(message["accessToken"])
            return ""
        key = message["id"]
        self.times_seen[key] += 1
        if self.overloaded_first > 0:
            self.overloaded_first -= 1
            problem = {"code": "overloaded", "retryable": True, "retryAfterMs": 20}
            return _result(key, "overloaded", json.dumps(problem))
        if key in self.answers:
            return self.answers[key].replace('"replayed":false', '"replayed":true')
        self.order.append(key)
        self.answers[key] = self._executed(key, message)
        return self.answers[key]

    def _executed(self, key: str, message: dict[str, Any]) -> str:
        body = message.get("body") or {}
        if message["type"] == "openOfflineBatch" and body["firstSequence"] != self.next_sequence:
            facts = {"expectedSequence": self.next_sequence}
            return _result(key, "refused", json.dumps({"code": "sequence_gap", "facts": facts, "retryable": False}))
        problem = self.refusals.get(body.get("prescriptionId") or message["type"])
        if problem is not None:
            return _result(key, "refused", json.dumps(problem))
        if message["type"] == "openOfflineBatch":
            self.next_sequence = body["lastSequence"] + 1
        if message["type"] == "ping":
            return _result(key, "accepted", '{"serverTime":"2026-11-23T10:00:00Z"}')
        return _result(key, "accepted", _claim_text(len(self.answers), message, body))


def _result(key: str, status: str, body: str) -> str:
    return f'{{"type":"result","id":"{key}","status":"{status}","body":{body},"position":null,"replayed":false}}'


def _claim_text(number: int, message: dict[str, Any], body: dict[str, Any]) -> str:
    """With blanks and zeros that no second writing of it would have."""
    return (
        f'{{"claimId":"cl_{number}",  "medCardId":"{message.get("card")}",'
        f'"prescriptionId":"{body.get("prescriptionId")}",'
        f'"status":"PAID","currency":"EGP","total": {body.get("totalAmount", "1.00")},"covered":0.10,"copay":0.00,'
        '"patientPays":1e0,"remainingMonthlyLimit":10.50,"month":"2026-11","warnings":[],'
        '"restored":1.00,"position":"medcard/1@7","version":3}'
    )


@asynccontextmanager
async def stand_in(**knobs: Any) -> AsyncIterator[StandIn]:
    """Serves on a port of its own."""
    found = StandIn(**knobs)
    async with serve(
        found.serve, "127.0.0.1", 0, subprotocols=[PROTOCOL], process_request=found.refuse_or_not, compression=None
    ) as server:
        found.port = _port(server)
        yield found


@asynccontextmanager
async def stand_in_again(before: StandIn) -> AsyncIterator[StandIn]:
    """The same server, on the same port, after a stop."""
    async with serve(before.serve, "127.0.0.1", before.port, subprotocols=[PROTOCOL], compression=None):
        yield before


def _port(server: Server) -> int:
    [listener] = list(server.sockets)[:1]
    return int(listener.getsockname()[1])


async def until(wanted: Any, within_s: float = 5.0) -> None:
    """Looks until it is true."""
    async with asyncio.timeout(within_s):
        while not wanted():  # noqa: ASYNC110  # what is waited for is any state of two sides
            await asyncio.sleep(0.005)
