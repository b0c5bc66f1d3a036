"""Rows of insurance claims, what is used of a card's limits, and what may be asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from ledger.reads.paging import Page


@dataclass(frozen=True, slots=True)
class InsuranceClaimRow:
    """An insurance claim as it stands. `diagnosis_codes`, `lines` and `appeal_reason` are sealed boxes."""

    medcard_id: str
    claim_id: str
    provider_id: str
    plan_id: str
    beneficiary_id: str
    service_date: date
    year: str
    currency: str
    status: str
    claimed_minor: int
    approved_minor: int
    paid_minor: int
    reason_codes: Sequence[str]
    payment_reference: str | None
    document_refs: Sequence[str]
    diagnosis_codes: bytes
    lines: bytes
    appeal_reason: bytes | None
    filed_at: datetime
    updated_at: datetime
    position: str


@dataclass(frozen=True, slots=True)
class InsuranceFilter:
    """Which insurance claims; None means any."""

    medcard_id: str | None = None
    provider_id: str | None = None
    plan_id: str | None = None
    beneficiary_id: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class UseRow:
    """What is used of a card's limits: by all in the month, by one beneficiary in it, and in the month's year."""

    month_minor: int
    beneficiary_minor: int
    year_minor: int


class InsuranceReads(Protocol):
    """Queries of insurance claims."""

    async def claim(self, medcard_id: str, claim_id: str) -> InsuranceClaimRow | None: ...

    async def claims(self, where: InsuranceFilter, page: Page) -> Sequence[InsuranceClaimRow]:
        """Newest first. Sort key: (filed_at, claim_id, medcard_id), for a claim's id is unique on its card alone."""
        ...

    async def use(self, medcard_id: str, beneficiary_id: str | None, month: str) -> UseRow:
        """Paid claims and approved insurance claims; what is only reserved does not count here yet.

        `beneficiary_id` None: nobody asks for what one person used, and 0 stands for it.
        """
        ...
