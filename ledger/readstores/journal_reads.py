"""Queries of the journal in PostgreSQL."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg

from ledger.reads import Page
from ledger.reads.journal import AccountRow, EntryFilter, EntryRow, TotalsRow
from ledger.readstores.queries import fetch, of_page

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]


class PostgresJournalReads:
    """`JournalReads` over a pool of the application's role."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._one_at_a_time = asyncio.Lock()
        self._next: asyncio.Task[Sequence[TotalsRow]] | None = None

    async def entries(self, where: EntryFilter, page: Page) -> Sequence[EntryRow]:
        values = {"account": where.account, "since": where.since, "until": where.until, **of_page(page)}
        return [EntryRow(**row) for row in await fetch(self._pool, "journal_of_account", values)]

    async def accounts(self, prefix: str, limit: int, after: tuple[str, str] | None) -> Sequence[AccountRow]:
        after_account, after_currency = after or ("", "")
        values = {"prefix": prefix, "limit": limit}
        values |= {"after_account": after_account, "after_currency": after_currency}
        return [AccountRow(**row) for row in await fetch(self._pool, "accounts", values)]

    async def totals(self) -> Sequence[TotalsRow]:
        """Adds up every account there is, so that only one such sum is made at a time: all who ask while one is on its
        way share the next one, and nobody gets one that began before it asked."""
        if self._next is None:
            self._next = asyncio.create_task(self._add_up())
        return await asyncio.shield(self._next)

    async def _add_up(self) -> Sequence[TotalsRow]:
        async with self._one_at_a_time:
            self._next = None
            return [TotalsRow(**row) for row in await fetch(self._pool, "trial_balance", {})]
