"""The protocol `healthpay.terminal.v1`: what is sent, and what comes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.client.jsontext import decode, encode, objects_of
from ledger.client.record import Answer, Command

SUBPROTOCOL = "healthpay.terminal.v1"
NOT_UNDERSTOOD = frozenset({1002, 1003, 1007, 1008})
FRAME_TOO_BIG, TOKEN_ENDED, REVOKED = 1009, 4401, 4403
"""Close codes that mean something to the client; after all others it just comes back."""
RETRYABLE = frozenset({"overloaded", "expired", "unknown", "unavailable", "rate_limited", "fenced"})
"""Statuses after which a command is sent again, where the answer does not say so itself."""


NOT_TAKEN = "window_exceeded"
"""The one trouble that ends nothing: the command is to be sent again."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The line is open; at most `window` commands may be unanswered."""

    session: str
    window: int
    limits: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """An answer, and whether and when its command is to be sent again."""

    answer: Answer
    retryable: bool
    retry_after_s: float


@dataclass(frozen=True, slots=True)
class Advice:
    """What the server would have the terminal know; `window` where it is another one from now on."""

    code: str
    detail: str
    window: int | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that we sent was not understood; `id` where the server could tell which command it was."""

    code: str
    detail: str
    id: str | None


Message = Welcome | Result | Advice | Trouble


def hello(token: str) -> str:
    return encode({"type": "hello", "accessToken": token})


def text_of(command: Command) -> str:
    """The message, without the frame around it; the same bytes at every try."""
    parts = [f'"type":{json.dumps(command.type)},"id":{json.dumps(command.id)}']
    if command.card is not None:
        parts.append(f'"card":{json.dumps(command.card)}')
    if command.body is not None:
        parts.append(f'"body":{command.body}')
    if command.captured_at is not None:
        parts.append(f'"capturedAt":"{command.captured_at}","seq":{command.seq},"batch":{json.dumps(command.batch)}')
    return "{" + ",".join(parts) + "}"


def frame_of(messages: list[str]) -> str:
    return messages[0] if len(messages) == 1 else "[" + ",".join(messages) + "]"


def messages_of(frame: str) -> list[Message]:
    """Those that we know; a later server may have others. Raises ValueError for what is no message."""
    found = (_message_of(members) for members in objects_of(frame))
    return [message for message in found if message is not None]


def _message_of(members: dict[str, str]) -> Message | None:
    def value(name: str) -> Any:
        return decode(members[name]) if name in members else None

    match value("type"):
        case "result":
            return _result_of(members, str(value("id")), str(value("status")))
        case "welcome":
            return Welcome(str(value("session")), max(1, int(value("window") or 1)), value("limits") or {})
        case "advice":
            return Advice(str(value("code")), str(value("detail") or ""), value("window"))
        case "error":
            return Trouble(str(value("code")), str(value("detail") or ""), value("id"))
        case _:
            return None


def _result_of(members: dict[str, str], command_id: str, status: str) -> Result:
    body = members.get("body", "{}")
    position = decode(members.get("position", "null"))
    answer = Answer(command_id, status, body, position, members.get("replayed") == "true")
    if status == "accepted":
        return Result(answer, False, 0.0)
    problem = decode(body)
    told = problem if isinstance(problem, dict) else {}
    after_ms = told.get("retryAfterMs") or 0
    return Result(answer, bool(told.get("retryable", status in RETRYABLE)), float(after_ms) / 1000)
