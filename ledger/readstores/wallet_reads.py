"""Queries of the wallets' read models. Every list is one index walked from a key: no offset, no count, no sort."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg

from ledger.ports import Row
from ledger.reads import Page
from ledger.reads.paging import walked
from ledger.reads.wallets import BalanceRow, TransactionFilter, TransactionRow, WalletFilter, WalletRow
from ledger.readstores.queries import fetch, of_page

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]


class PostgresWalletReads:
    """`WalletReads` over a pool of the application's role. Every query raises `StoreUnavailable`."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def wallet(self, wallet_id: str) -> WalletRow | None:
        rows = await self._fetch("wallet", {"wallet_id": wallet_id})
        return WalletRow(**rows[0]) if rows else None

    async def wallets(self, where: WalletFilter, page: Page) -> Sequence[WalletRow]:
        values = {"user_id": where.user_id, "currency": where.currency, "status": where.status, **of_page(page)}
        statement = "wallets_newest" if where.user_id is None else "wallets_of_user"
        rows = await self._fetch(statement, values)
        return walked(rows, lambda row: WalletRow(**row), "created_at", "wallet_id")

    async def balances(self, wallet_ids: Collection[str]) -> Sequence[BalanceRow]:
        rows = await self._fetch("balances", {"wallet_ids": list(wallet_ids)})
        return [BalanceRow(**row) for row in rows]

    async def balance_at(self, wallet_id: str, at: datetime) -> BalanceRow | None:
        rows = await self._fetch("balance_at", {"wallet_id": wallet_id, "at": at})
        return BalanceRow(**rows[0]) if rows else None

    async def transactions(self, where: TransactionFilter, page: Page) -> Sequence[TransactionRow]:
        values = {
            "wallet_id": where.wallet_id,
            "kind": where.kind,
            "direction": where.direction,
            "since": where.since,
            "until": where.until,
            **of_page(page),
        }
        rows = await self._fetch("transactions_of_wallet", values)
        return walked(rows, lambda row: TransactionRow(**row), "posted_at", "transaction_id")

    async def _fetch(self, name: str, values: Row) -> Sequence[Any]:
        return await fetch(self._pool, name, values)
