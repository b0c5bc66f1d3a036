"""The messages of `healthpay.terminal.v1`, as they stand on the wire."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

SUBPROTOCOL = "healthpay.terminal.v1"
ID_CHARS_MAX = 64

MessageId = Annotated[
    str, Meta(min_length=1, max_length=ID_CHARS_MAX, description="The idempotency key: printable ASCII characters.")
]
CardId = Annotated[str, Meta(min_length=1, max_length=64, description="The id of a medical card.")]
BatchId = Annotated[str, Meta(min_length=1, max_length=64)]
Sequence = Annotated[int, Meta(ge=1, le=2**53)]


# --- what a terminal says --------------------------------------------------------------------------------------------


class Hello(
    Struct, tag_field="type", tag="hello", rename="camel", forbid_unknown_fields=True, frozen=True, kw_only=True
):
    """Who speaks. First, where the handshake had no `Authorization`; later, to renew the token in place."""

    access_token: Annotated[str, Meta(min_length=1)]


class Command(Struct, tag_field="type", rename="camel", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Something that a terminal asks for, and that is answered by one `result` under its id."""

    id: MessageId


class ClaimPrescription(Command, tag="claimPrescription", frozen=True, kw_only=True):
    """A prescription to adjudicate. `body` is that of REST's claim, without what the token says.

    A claim that was captured offline names its time, its number and its batch: all three, or none.
    """

    card: CardId
    body: Raw
    captured_at: Annotated[datetime, Meta(tz=True)] | None = None
    seq: Sequence | None = None
    batch: BatchId | None = None

    @property
    def is_offline(self) -> bool:
        """Whether it says anything of an offline claim."""
        return self.seq is not None or self.batch is not None or self.captured_at is not None


class ReverseClaim(Command, tag="reverseClaim", frozen=True, kw_only=True):
    """A claim to take back: by `claimId`, or by `prescriptionId` and `fillNumber`."""

    card: CardId
    body: Raw


class Eligibility(Command, tag="eligibility", frozen=True, kw_only=True):
    """Whether a card would cover a person today: `{"beneficiary": "..."}`."""

    card: CardId
    body: Raw


class CommandStatus(Command, tag="commandStatus", frozen=True, kw_only=True):
    """What became of an earlier id: `{"key": "...", "card": "..."}`; without a card, of an offline batch."""

    body: Raw


class OpenOfflineBatch(Command, tag="openOfflineBatch", frozen=True, kw_only=True):
    """What the terminal took while it was offline, before it sends the claims of it."""

    body: Raw


class CloseOfflineBatch(Command, tag="closeOfflineBatch", frozen=True, kw_only=True):
    """What the terminal counted, after it has sent the claims."""

    body: Raw


class Ping(Command, tag="ping", frozen=True, kw_only=True):
    """Answered at once, with the server's time."""


Said = (
    Hello | ClaimPrescription | ReverseClaim | Eligibility | CommandStatus | OpenOfflineBatch | CloseOfflineBatch | Ping
)
"""One message of a terminal."""


# --- what the server says --------------------------------------------------------------------------------------------


class Limits(Struct, rename="camel", frozen=True, kw_only=True):
    """What the server takes, and for whom."""

    frame_bytes_max: int
    messages_per_frame_max: int
    id_chars_max: int
    idle_timeout_s: float
    pharmacy_id: str
    terminal_id: str
    token_ends_at: datetime


class Welcome(Struct, tag_field="type", tag="welcome", rename="camel", frozen=True, kw_only=True):
    """The terminal may begin, or go on with its new token. `window`: how many commands may be unanswered at once."""

    session: str
    window: int
    server_time: datetime
    limits: Limits


class ResultStatus(StrEnum):
    """What became of a command. ACCEPTED and REFUSED are durable, and the same whenever the id is sent again."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    OVERLOADED = "overloaded"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    INTERNAL = "internal"


class Trouble(Struct, rename="camel", frozen=True, kw_only=True, omit_defaults=True):
    """The body of a result that is not `accepted`. `retryable`: send the same id again, after `retry_after_ms`."""

    code: str
    detail: str
    retryable: bool
    retry_after_ms: int | None = None
    facts: Mapping[str, Any] = {}
    errors: tuple[Mapping[str, str], ...] = ()


class Pong(Struct, rename="camel", frozen=True, kw_only=True):
    """The body of a ping's result."""

    server_time: datetime


class Result(Struct, tag_field="type", tag="result", rename="camel", kw_only=False):
    """The answer to one command. `position`: where in the log it stands, if it stands there."""

    id: str
    status: ResultStatus
    body: Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
    position: str | None
    replayed: bool


class AdviceCode(StrEnum):
    TERMINAL_REVOKED = "terminal_revoked"
    TOKEN_ENDS_SOON = "token_ends_soon"
    SLOW_DOWN = "slow_down"
    CONFIGURATION = "configuration"


class Advice(Struct, tag_field="type", tag="advice", rename="camel", frozen=True, kw_only=True, omit_defaults=True):
    """Something that the terminal should know, and act on. `window`: the one to keep to from now on."""

    code: AdviceCode
    detail: str
    window: int | None = None


class Error(Struct, tag_field="type", tag="error", rename="camel", frozen=True, kw_only=True):
    """A frame or message that was not understood or not taken; nothing was done. `id`: of the message, where known."""

    code: str
    detail: str
    id: str | None = None


Told = Welcome | Result | Advice | Error
"""One message of the server."""
