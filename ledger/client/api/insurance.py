"""Insurance claims, from their filing to an appeal.

Written by `ledger docs` from the OpenAPI document.
"""

from collections.abc import AsyncIterator
from datetime import date

from ledger.client.api.insurance_shapes import (
    InsuranceClaimAnswer,
    InsuranceClaimPage,
    InsuranceClaimView,
    LineInput,
)
from ledger.client.calls import Calls, quoted
from ledger.client.money import Amount


class Insurance:
    """Insurance claims, from their filing to an appeal."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def file_insurance_claim(
        self,
        id: str,
        *,
        provider_id: str,
        beneficiary_id: str,
        service_date: date,
        amount: Amount,
        diagnosis_codes: tuple[str, ...] | None = None,
        lines: tuple[LineInput, ...] | None = None,
        documents: tuple[str, ...] | None = None,
        claim_id: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> InsuranceClaimAnswer:
        """File insurance claim."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/claims/insurance",
            InsuranceClaimAnswer,
            {
                "providerId": provider_id,
                "beneficiaryId": beneficiary_id,
                "serviceDate": service_date,
                "amount": amount,
                "diagnosisCodes": diagnosis_codes,
                "lines": lines,
                "documents": documents,
                "claimId": claim_id,
            },
            key,
            if_match,
        )

    async def insurance_claims(
        self,
        id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        provider_id: str | None = None,
        plan_id: str | None = None,
        beneficiary_id: str | None = None,
        status: str | None = None,
    ) -> InsuranceClaimPage:
        """Insurance claims."""
        return await self._calls.query(
            f"/medcards/{quoted(id)}/claims/insurance",
            (InsuranceClaimPage,),
            {
                "limit": limit,
                "cursor": cursor,
                "providerId": provider_id,
                "planId": plan_id,
                "beneficiaryId": beneficiary_id,
                "status": status,
            },
        )

    def all_insurance_claims(
        self,
        id: str,
        *,
        limit: int | None = None,
        provider_id: str | None = None,
        plan_id: str | None = None,
        beneficiary_id: str | None = None,
        status: str | None = None,
    ) -> AsyncIterator[InsuranceClaimView]:
        """Insurance claims: all of them, a page at a time."""
        return self._calls.pages(
            f"/medcards/{quoted(id)}/claims/insurance",
            InsuranceClaimPage,
            {
                "limit": limit,
                "providerId": provider_id,
                "planId": plan_id,
                "beneficiaryId": beneficiary_id,
                "status": status,
            },
            "cursor",
        )

    async def insurance_claim(
        self,
        id: str,
        claim: str,
    ) -> InsuranceClaimView:
        """Insurance claim."""
        return await self._calls.query(
            f"/medcards/{quoted(id)}/claims/insurance/{quoted(claim)}",
            (InsuranceClaimView,),
            {},
        )

    async def appeal_insurance_claim(
        self,
        id: str,
        claim: str,
        *,
        reason: str,
        documents: tuple[str, ...] | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> InsuranceClaimAnswer:
        """Appeal insurance claim. Why the provider wants another decision."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/claims/insurance/{quoted(claim)}/appeal",
            InsuranceClaimAnswer,
            {
                "reason": reason,
                "documents": documents,
            },
            key,
            if_match,
        )

    async def decide_insurance_claim(
        self,
        id: str,
        claim: str,
        *,
        approved_amount: Amount,
        reason_codes: tuple[str, ...] | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> InsuranceClaimAnswer:
        """Decide insurance claim. What is approved: nothing is a rejection, all of it an approval in full."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/claims/insurance/{quoted(claim)}/decision",
            InsuranceClaimAnswer,
            {
                "approvedAmount": approved_amount,
                "reasonCodes": reason_codes,
            },
            key,
            if_match,
        )

    async def pay_insurance_claim(
        self,
        id: str,
        claim: str,
        *,
        amount: Amount,
        reference: str,
        reason_codes: tuple[str, ...] | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> InsuranceClaimAnswer:
        """Pay insurance claim. What the plan has paid the provider; the reference names the payment."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/claims/insurance/{quoted(claim)}/payment",
            InsuranceClaimAnswer,
            {
                "amount": amount,
                "reference": reference,
                "reasonCodes": reason_codes,
            },
            key,
            if_match,
        )

    async def start_insurance_claim_review(
        self,
        id: str,
        claim: str,
        *,
        key: str | None = None,
        if_match: int | None = None,
    ) -> InsuranceClaimAnswer:
        """Start insurance claim review. No fields."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/claims/insurance/{quoted(claim)}/review",
            InsuranceClaimAnswer,
            {},
            key,
            if_match,
        )
