"""Queries of the payments' read models. Every list is one index walked from a key: no offset, no count, no sort."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from ledger.ports import Row
from ledger.reads import Page
from ledger.reads.paging import walked
from ledger.reads.payments import PaymentFilter, PaymentRow, RefundRow
from ledger.readstores.queries import fetch, of_page

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]


class PostgresPaymentReads:
    """`PaymentReads` over a pool of the application's role. Every query raises `StoreUnavailable`."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def payment(self, payment_id: str) -> PaymentRow | None:
        rows = await self._fetch("payment", {"payment_id": payment_id})
        return _payment(rows[0]) if rows else None

    async def payments(self, where: PaymentFilter, page: Page) -> Sequence[PaymentRow]:
        values = {
            "wallet_id": where.wallet_id,
            "user_id": where.user_id,
            "status": where.status,
            "gateway": where.gateway,
            **of_page(page),
        }
        rows = await self._fetch(_payments_statement(where), values)
        return walked(rows, _payment, "created_at", "payment_id")

    async def refunds(self, payment_ids: Collection[str]) -> Sequence[RefundRow]:
        rows = await self._fetch("refunds", {"payment_ids": list(payment_ids)})
        return [RefundRow(**row) for row in rows]

    async def _fetch(self, name: str, values: Row) -> Sequence[Any]:
        return await fetch(self._pool, name, values)


def _payments_statement(where: PaymentFilter) -> str:
    """By the narrowest index: a wallet has fewer payments than its owner."""
    if where.wallet_id is not None:
        return "payments_of_wallet"
    return "payments_newest" if where.user_id is None else "payments_of_user"


def _payment(row: Any) -> PaymentRow:
    return PaymentRow(**{**row, "customer": row["customer"].encode()})
