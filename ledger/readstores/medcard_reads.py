"""Queries of the MedCard read models. Every list is one index walked from a key: no offset, no count, no sort."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from ledger.ports import Row
from ledger.reads import BeneficiaryRow, CardFilter, CardRow, Page, PrescriptionFilter, PrescriptionRow, SpendRow
from ledger.reads.paging import walked
from ledger.readstores.queries import fetch, of_page

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]

_REJECTED = "REJECTED"


class PostgresMedCardReads:
    """`MedCardReads` over a pool of the application's role. Every query raises `StoreUnavailable`."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def card(self, medcard_id: str) -> CardRow | None:
        rows = await self._fetch("medcard", {"medcard_id": medcard_id})
        return _card(rows[0]) if rows else None

    async def cards(self, where: CardFilter, page: Page) -> Sequence[CardRow]:
        values = {"user_id": where.user_id, "plan_id": where.plan_id, "status": where.status, **of_page(page)}
        rows = await self._fetch(_cards_statement(where), values)
        return walked(rows, _card, "created_at", "medcard_id")

    async def beneficiaries(self, medcard_ids: Collection[str]) -> Sequence[BeneficiaryRow]:
        """By card, oldest first."""
        rows = await self._fetch("beneficiaries", {"medcard_ids": list(medcard_ids)})
        return [BeneficiaryRow(**{**row, "person": row["person"].encode()}) for row in rows]

    async def prescription(self, medcard_id: str, claim_id: str) -> PrescriptionRow | None:
        rows = await self._fetch("prescription", {"medcard_id": medcard_id, "claim_id": claim_id})
        return _prescription(rows[0]) if rows else None

    async def prescriptions(self, where: PrescriptionFilter, page: Page) -> Sequence[PrescriptionRow]:
        values = {
            "medcard_id": where.medcard_id,
            "pharmacy_id": where.pharmacy_id,
            "beneficiary_id": where.beneficiary_id,
            "status": where.status,
            "month": where.month,
            **of_page(page),
        }
        rows = await self._fetch(_prescriptions_statement(where), values)
        return walked(rows, _prescription, "claimed_at", "claim_id")

    async def spend(self, medcard_ids: Collection[str], month: str) -> Sequence[SpendRow]:
        rows = await self._fetch("monthly_spend", {"medcard_ids": list(medcard_ids), "month": month})
        return [SpendRow(**row) for row in rows]

    async def _fetch(self, name: str, values: Row) -> Sequence[Any]:
        return await fetch(self._pool, name, values)


def _cards_statement(where: CardFilter) -> str:
    """By the narrowest index: a user has few cards, a plan has many."""
    if where.user_id is not None:
        return "medcards_of_user"
    return "medcards_newest" if where.plan_id is None else "medcards_of_plan"


def _prescriptions_statement(where: PrescriptionFilter) -> str:
    """By the narrowest index: a card has fewer claims than a pharmacy, and a pharmacy fewer rejected ones."""
    if where.medcard_id is not None:
        return "prescriptions_of_medcard"
    assert where.pharmacy_id is not None, "there is no list of everybody's claims"
    return "prescriptions_rejected" if where.status == _REJECTED else "prescriptions_of_pharmacy"


def _card(row: Any) -> CardRow:
    return CardRow(**{**row, "holder": row["holder"].encode()})


def _prescription(row: Any) -> PrescriptionRow:
    items = row["items"]
    sealed = None if items is None else items.encode()
    return PrescriptionRow(**{**row, "items": sealed, "reject_codes": tuple(row["reject_codes"])})
