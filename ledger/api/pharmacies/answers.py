"""What a pharmacy's commands answer."""

from enum import StrEnum

from ledger.api.answers import Answer, Warning_


class PharmacyAnswer(Answer, frozen=True, kw_only=True):
    """The pharmacy after the command."""

    pharmacy_id: str
    status: str
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int


class TerminalStatus(StrEnum):
    ACTIVE = "ACTIVE"
    REVOKED = "REVOKED"


class TerminalAnswer(Answer, frozen=True, kw_only=True):
    """The terminal after the command."""

    pharmacy_id: str
    terminal_id: str
    status: TerminalStatus
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int


class BatchStatus(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class BatchAnswer(Answer, frozen=True, kw_only=True):
    """An offline batch after the command; `next_sequence` is where the terminal's next one begins."""

    pharmacy_id: str
    terminal_id: str
    batch_id: str
    status: BatchStatus
    next_sequence: int
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int
