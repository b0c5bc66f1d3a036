"""Queries of pharmacies and their terminals. Every list is one index walked from a key."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import asyncpg

from ledger.reads.paging import Page, walked
from ledger.reads.pharmacies import OfflineBatchRow, PharmacyFilter, PharmacyRow, TerminalRow, TotalRow, TotalsFilter
from ledger.readstores.queries import fetch, of_page

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]


class PostgresPharmacyReads:
    """`PharmacyReads` over a pool of the application's role. Every query raises `StoreUnavailable`."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def pharmacy(self, pharmacy_id: str) -> PharmacyRow | None:
        rows = await fetch(self._pool, "pharmacy", {"pharmacy_id": pharmacy_id})
        return PharmacyRow(**rows[0]) if rows else None

    async def pharmacies(self, where: PharmacyFilter, page: Page) -> Sequence[PharmacyRow]:
        rows = await fetch(self._pool, "pharmacies_newest", {**asdict(where), **of_page(page)})
        return walked(rows, lambda row: PharmacyRow(**row), "registered_at", "pharmacy_id")

    async def terminal(self, pharmacy_id: str, terminal_id: str) -> TerminalRow | None:
        rows = await fetch(self._pool, "terminal", {"pharmacy_id": pharmacy_id, "terminal_id": terminal_id})
        return TerminalRow(**rows[0]) if rows else None

    async def terminals(self, pharmacy_ids: Collection[str], page: Page) -> Sequence[TerminalRow]:
        rows = await fetch(self._pool, "terminals", {"pharmacy_ids": list(pharmacy_ids), **of_page(page)})
        return [TerminalRow(**row) for row in rows]

    async def revoked(self, terminals: Sequence[tuple[str, str]]) -> Collection[tuple[str, str]]:
        values = {"pharmacy_ids": [of for of, _ in terminals], "terminal_ids": [each for _, each in terminals]}
        rows = await fetch(self._pool, "terminals_revoked", values)
        return {(row["pharmacy_id"], row["terminal_id"]) for row in rows}

    async def offline_batch(self, pharmacy_id: str, terminal_id: str, batch_id: str) -> OfflineBatchRow | None:
        values = {"pharmacy_id": pharmacy_id, "terminal_id": terminal_id, "batch_id": batch_id}
        rows = await fetch(self._pool, "offline_batch", values)
        return OfflineBatchRow(**rows[0]) if rows else None

    async def totals(self, pharmacy_ids: Collection[str], where: TotalsFilter) -> Sequence[TotalRow]:
        values = {"pharmacy_ids": list(pharmacy_ids), **asdict(where)}
        return [TotalRow(**row) for row in await fetch(self._pool, "pharmacy_totals", values)]
