"""Events of a pharmacy. Class and field names are the stored format: add, never rename."""

from dataclasses import dataclass
from datetime import datetime

from ledger.domain.kinds import Event


@dataclass(frozen=True, slots=True)
class PharmacyRegistered(Event):
    """Known, and not yet contracted."""

    name: str
    governorate: str
    licence: str


@dataclass(frozen=True, slots=True)
class PharmacyContracted(Event):
    pass


@dataclass(frozen=True, slots=True)
class PharmacySuspended(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class TerminalRegistered(Event):
    """A terminal, and what one offline batch of it may hold: claims, their sum, and the age of the oldest."""

    terminal_id: str
    offline_claims_max: int
    offline_amount_max_minor: int
    offline_age_max_s: int


@dataclass(frozen=True, slots=True)
class TerminalRevoked(Event):
    """For good: the terminal's id is not given again."""

    terminal_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OfflineBatchOpened(Event):
    """What a terminal says that it took while it was offline, within its caps. Both sequences are included."""

    terminal_id: str
    batch_id: str
    first_sequence: int
    last_sequence: int
    claims: int
    amount_minor: int
    currency: str
    first_captured_at: datetime


@dataclass(frozen=True, slots=True)
class OfflineBatchClosed(Event):
    """What became of a batch, as the terminal counted the answers. A difference to its opening is left to auditors."""

    terminal_id: str
    batch_id: str
    claims: int
    rejected_claims: int
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class PharmacyRemitted(Event):
    """Money paid to the pharmacy; `reference` names the bank transfer, `period` the month it settles (`2026-11`)."""

    reference: str
    amount_minor: int
    currency: str
    period: str


EVENTS: tuple[type[Event], ...] = (
    PharmacyRegistered,
    PharmacyContracted,
    PharmacySuspended,
    TerminalRegistered,
    TerminalRevoked,
    OfflineBatchOpened,
    OfflineBatchClosed,
    PharmacyRemitted,
)
