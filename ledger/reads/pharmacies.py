"""Rows of pharmacies and their terminals, and what may be asked of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ledger.reads.paging import Page


@dataclass(frozen=True, slots=True)
class PharmacyRow:
    """A pharmacy of the network; `status` REGISTERED, CONTRACTED or SUSPENDED."""

    pharmacy_id: str
    name: str
    governorate: str
    licence: str
    status: str
    registered_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class TerminalRow:
    """A terminal and the caps of one offline batch of it."""

    pharmacy_id: str
    terminal_id: str
    offline_claims_max: int
    offline_amount_max_minor: int
    offline_age_max_s: int
    registered_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class OfflineBatchRow:
    """The numbers that a terminal gave its claims, both included, and the time from which on it took them."""

    first_sequence: int
    last_sequence: int
    first_captured_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class TotalRow:
    """The claims of one status among those that a pharmacy made in a stretch of time."""

    pharmacy_id: str
    status: str
    currency: str
    claims: int
    total_minor: int
    covered_minor: int
    copay_minor: int


@dataclass(frozen=True, slots=True)
class PharmacyFilter:
    """Which pharmacies; None means any."""

    status: str | None = None
    governorate: str | None = None


@dataclass(frozen=True, slots=True)
class TotalsFilter:
    """Claims adjudicated from `since` until before `until`; a terminal of None means any."""

    since: datetime
    until: datetime
    terminal_id: str | None = None


class PharmacyReads(Protocol):
    """Queries of the read models of pharmacies."""

    async def pharmacy(self, pharmacy_id: str) -> PharmacyRow | None: ...

    async def pharmacies(self, where: PharmacyFilter, page: Page) -> Sequence[PharmacyRow]:
        """Newest first. Sort key: (registered_at, pharmacy_id)."""
        ...

    async def terminal(self, pharmacy_id: str, terminal_id: str) -> TerminalRow | None: ...

    async def terminals(self, pharmacy_ids: Collection[str], page: Page) -> Sequence[TerminalRow]:
        """Revoked ones included, by pharmacy and id; the page is each pharmacy's. Sort key: (None, terminal_id)."""
        ...

    async def revoked(self, terminals: Sequence[tuple[str, str]]) -> Collection[tuple[str, str]]:
        """Which of these are revoked; each a pharmacy and a terminal of it."""
        ...

    async def offline_batch(self, pharmacy_id: str, terminal_id: str, batch_id: str) -> OfflineBatchRow | None: ...

    async def totals(self, pharmacy_ids: Collection[str], where: TotalsFilter) -> Sequence[TotalRow]:
        """One row for each status that occurs, by pharmacy and status."""
        ...
