"""Queries of insurance claims. Every list is one index walked from a key: no offset, no count, no sort."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import asyncpg

from ledger.domain.calendar import year_of_month
from ledger.reads.insurance import InsuranceClaimRow, InsuranceFilter, UseRow
from ledger.reads.paging import Page, walked
from ledger.readstores.queries import fetch, of_page

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]


class PostgresInsuranceReads:
    """`InsuranceReads` over a pool of the application's role. Every query raises `StoreUnavailable`."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def claim(self, medcard_id: str, claim_id: str) -> InsuranceClaimRow | None:
        rows = await fetch(self._pool, "claim", {"medcard_id": medcard_id, "claim_id": claim_id})
        return _claim(rows[0]) if rows else None

    async def claims(self, where: InsuranceFilter, page: Page) -> Sequence[InsuranceClaimRow]:
        rows = await fetch(self._pool, _claims_statement(where), {**asdict(where), **of_page(page)})
        return walked(rows, _claim, "filed_at", "claim_id", "medcard_id")

    async def use(self, medcard_id: str, beneficiary_id: str | None, month: str) -> UseRow:
        values = {
            "medcard_id": medcard_id,
            "beneficiary_id": beneficiary_id,
            "month": month,
            "year": year_of_month(month),
        }
        [row] = await fetch(self._pool, "use", values)
        return UseRow(**row)


def _claims_statement(where: InsuranceFilter) -> str:
    """By the narrowest index: a card has fewer claims than a provider, and a provider fewer than a plan."""
    if where.medcard_id is not None:
        return "claims_of_medcard"
    if where.provider_id is not None:
        return "claims_of_provider"
    return "claims_newest" if where.plan_id is None else "claims_of_plan"


def _claim(row: Any) -> InsuranceClaimRow:
    reason = row["appeal_reason"]
    boxes = {
        "diagnosis_codes": row["diagnosis_codes"].encode(),
        "lines": row["lines"].encode(),
        "appeal_reason": None if reason is None else reason.encode(),
    }
    lists = {name: tuple(row[name]) for name in ("reason_codes", "document_refs")}
    return InsuranceClaimRow(**{**row, **boxes, **lists})
