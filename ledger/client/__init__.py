"""The Python client of HealthPay Ledger: `Terminal` for a pharmacy's counter, `Ledger` for back ends.

Needs nothing of the server: the standard library, `websockets` and `httpx`.
"""

from ledger.client.answers import (
    BatchReport,
    Captured,
    ClaimAnswer,
    CommandStatus,
    EligibilityAnswer,
    ReversalAnswer,
    Warning_,
)
from ledger.client.backoff import Backoff
from ledger.client.calls import RestOptions
from ledger.client.claims import Item
from ledger.client.errors import (
    ClientError,
    Closed,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NoAnswerYet,
    NotFound,
    Offline,
    OfflineCapReached,
    ProblemError,
    ProtocolBroken,
    RecordFailed,
    RecordInUse,
    RecordUnreadable,
    Refused,
    TerminalRevoked,
    TokenEnded,
    Unauthenticated,
    Unavailable,
)
from ledger.client.messages import Advice
from ledger.client.options import Options
from ledger.client.record import Answer, Command, Entry, Record, Sync
from ledger.client.rest import Ledger
from ledger.client.terminal import Terminal, TooManyUnanswered

__all__ = [
    "Advice",
    "Answer",
    "Backoff",
    "BatchReport",
    "Captured",
    "ClaimAnswer",
    "ClientError",
    "Closed",
    "Command",
    "CommandStatus",
    "Conflict",
    "EligibilityAnswer",
    "Entry",
    "FieldError",
    "Forbidden",
    "Invalid",
    "Item",
    "Ledger",
    "NoAnswerYet",
    "NotFound",
    "Offline",
    "OfflineCapReached",
    "Options",
    "ProblemError",
    "ProtocolBroken",
    "Record",
    "RecordFailed",
    "RecordInUse",
    "RecordUnreadable",
    "Refused",
    "RestOptions",
    "ReversalAnswer",
    "Sync",
    "Terminal",
    "TerminalRevoked",
    "TokenEnded",
    "TooManyUnanswered",
    "Unauthenticated",
    "Unavailable",
    "Warning_",
]
