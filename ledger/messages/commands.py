"""One call to a host: a list of commands in one MessagePack buffer, answered by a list in the same order."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """What became of a command at its host."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    OVERLOADED = "overloaded"
    EXPIRED = "expired"
    FENCED = "fenced"
    UNKNOWN = "unknown"
    INTERNAL = "internal"


class Caller(msgspec.Struct, array_like=True, frozen=True):
    """Who asks, as the token says. A key belongs to one `scope`: the principal, and the terminal where there is one.

    `scopes`: what a SERVICE may do, by the names of commands and queries.
    """

    principal: str
    role: str
    pharmacy_id: str | None = None
    terminal_id: str | None = None
    user_id: str | None = None
    provider_id: str | None = None
    plan_id: str | None = None
    scopes: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        return self.principal if self.terminal_id is None else f"{self.principal}\n{self.terminal_id}"


class Trace(msgspec.Struct, array_like=True, frozen=True):
    """Where a command comes from; stored with its event."""

    source: str
    correlation_id: str
    causation_id: str | None = None
    trace_id: str | None = None


class CommandRequest(msgspec.Struct, array_like=True, frozen=True):
    """A command on its way to the host of its aggregate.

    `body` is the client's JSON as it came; `args` are what the door took from elsewhere (path parameters).
    `told` is what the door looked up elsewhere for the decider; it is no part of the request, whose repeat stays the
    same request when it has changed. `timeout_ms` is what is left of the caller's patience: relative, because clocks
    of machines differ.
    """

    topic: str
    aggregate_id: str
    caller: Caller
    key: str
    name: str
    body: bytes
    timeout_ms: int
    trace: Trace
    args: dict[str, str] = {}
    expected_version: int | None = None
    told: dict[str, bool] = {}


class CommandAnswer(msgspec.Struct, array_like=True, frozen=True):
    """What a host answers. `body` is JSON.

    ACCEPTED: the answer's object, with `position` and `version`. REFUSED: `code` and `facts`. INVALID: `errors`, each
    with `code`, `path` (a JSON pointer) and `detail`. OVERLOADED: `retryAfterS`. `position` is that of the
    command's event, or of the state that the answer stands on; empty where nothing was decided.
    """

    outcome: Outcome
    body: bytes = b"{}"
    position: str = ""
    replayed: bool = False


_encoder = msgspec.msgpack.Encoder()
_requests_decoder = msgspec.msgpack.Decoder(list[CommandRequest])
_answers_decoder = msgspec.msgpack.Decoder(list[CommandAnswer])


def encode_requests(requests: Sequence[CommandRequest]) -> bytes:
    return _encoder.encode(requests)


def decode_requests(buffer: bytes) -> list[CommandRequest]:
    return _requests_decoder.decode(buffer)


def encode_answers(answers: Sequence[CommandAnswer]) -> bytes:
    return _encoder.encode(answers)


def decode_answers(buffer: bytes) -> list[CommandAnswer]:
    return _answers_decoder.decode(buffer)
