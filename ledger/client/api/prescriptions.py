"""Prescription claims and their reversals, eligibility and spend.

Written by `ledger docs` from the OpenAPI document.
"""

from collections.abc import AsyncIterator
from datetime import date

from ledger.client.api.prescriptions_shapes import (
    ClaimAnswer,
    EligibilityView,
    ItemInput,
    ReversalAnswer,
    SpendView,
)
from ledger.client.api.shared_shapes import (
    ClaimPage,
    ClaimView,
)
from ledger.client.calls import Calls, quoted
from ledger.client.money import Amount


class Prescriptions:
    """Prescription claims and their reversals, eligibility and spend."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def claim_prescription(
        self,
        id: str,
        *,
        prescription_id: str,
        pharmacy_id: str,
        beneficiary_id: str,
        total_amount: Amount,
        items: tuple[ItemInput, ...] | None = None,
        fill_number: int | None = None,
        service_date: date | None = None,
        copay_source: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> ClaimAnswer:
        """Claim prescription."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/claims/prescriptions",
            ClaimAnswer,
            {
                "prescriptionId": prescription_id,
                "pharmacyId": pharmacy_id,
                "beneficiaryId": beneficiary_id,
                "totalAmount": total_amount,
                "items": items,
                "fillNumber": fill_number,
                "serviceDate": service_date,
                "copaySource": copay_source,
            },
            key,
            if_match,
        )

    async def prescription_claims(
        self,
        id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        pharmacy_id: str | None = None,
        beneficiary_id: str | None = None,
        status: str | None = None,
        month: str | None = None,
    ) -> ClaimPage:
        """Prescription claims."""
        return await self._calls.query(
            f"/medcards/{quoted(id)}/claims/prescriptions",
            (ClaimPage,),
            {
                "limit": limit,
                "cursor": cursor,
                "pharmacyId": pharmacy_id,
                "beneficiaryId": beneficiary_id,
                "status": status,
                "month": month,
            },
        )

    def all_prescription_claims(
        self,
        id: str,
        *,
        limit: int | None = None,
        pharmacy_id: str | None = None,
        beneficiary_id: str | None = None,
        status: str | None = None,
        month: str | None = None,
    ) -> AsyncIterator[ClaimView]:
        """Prescription claims: all of them, a page at a time."""
        return self._calls.pages(
            f"/medcards/{quoted(id)}/claims/prescriptions",
            ClaimPage,
            {
                "limit": limit,
                "pharmacyId": pharmacy_id,
                "beneficiaryId": beneficiary_id,
                "status": status,
                "month": month,
            },
            "cursor",
        )

    async def reverse_prescription_claim(
        self,
        id: str,
        *,
        pharmacy_id: str,
        prescription_id: str,
        fill_number: int | None = None,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> ReversalAnswer:
        """Reverse prescription claim. Which prescription's claim to take back, also one that has not come yet."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/claims/prescriptions/reversals",
            ReversalAnswer,
            {
                "pharmacyId": pharmacy_id,
                "prescriptionId": prescription_id,
                "fillNumber": fill_number,
                "reason": reason,
            },
            key,
            if_match,
        )

    async def prescription_claim(
        self,
        id: str,
        claim: str,
    ) -> ClaimView:
        """Prescription claim."""
        return await self._calls.query(
            f"/medcards/{quoted(id)}/claims/prescriptions/{quoted(claim)}",
            (ClaimView,),
            {},
        )

    async def reverse_prescription_claim_by_id(
        self,
        id: str,
        claim: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> ReversalAnswer:
        """Reverse prescription claim. Why it is done."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/claims/prescriptions/{quoted(claim)}/reversal",
            ReversalAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )

    async def eligibility(
        self,
        id: str,
        *,
        beneficiary: str,
    ) -> EligibilityView:
        """Eligibility."""
        return await self._calls.query(
            f"/medcards/{quoted(id)}/eligibility",
            (EligibilityView,),
            {"beneficiary": beneficiary},
        )

    async def monthly_spend(
        self,
        id: str,
        *,
        month: str | None = None,
    ) -> SpendView:
        """Monthly spend."""
        return await self._calls.query(
            f"/medcards/{quoted(id)}/spend",
            (SpendView,),
            {"month": month},
        )
