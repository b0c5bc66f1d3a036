"""Queries of the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ledger.reads.paging import Page

JOURNAL_PROJECTION = "journal"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line of an entry: `amount_minor` is positive, on one side of one account."""

    entry_id: str
    account: str
    side: str
    amount_minor: int
    currency: str
    aggregate_id: str
    event_type: str
    posted_at: datetime
    position: str


@dataclass(frozen=True, slots=True)
class AccountRow:
    """The sums of an account in one currency."""

    account: str
    currency: str
    debit_minor: int
    credit_minor: int
    lines: int


@dataclass(frozen=True, slots=True)
class TotalsRow:
    """The sums of all accounts in one currency: debits equal credits, or the journal is broken."""

    currency: str
    debit_minor: int
    credit_minor: int
    accounts: int
    lines: int


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which lines: `since` is the first moment, `until` the first one after them."""

    account: str
    since: datetime | None = None
    until: datetime | None = None


class JournalReads(Protocol):
    """Every query raises `StoreUnavailable`."""

    async def entries(self, where: EntryFilter, page: Page) -> Sequence[EntryRow]:
        """Newest first. Sort key: (posted_at, entry_id)."""
        ...

    async def accounts(self, prefix: str, limit: int, after: tuple[str, str] | None) -> Sequence[AccountRow]:
        """Those whose name begins so, by name and currency, from behind `after` on."""
        ...

    async def totals(self) -> Sequence[TotalsRow]: ...
