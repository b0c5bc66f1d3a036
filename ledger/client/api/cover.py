"""Who a MedCard covers, and up to how much.

Written by `ledger docs` from the OpenAPI document.
"""

from ledger.client.api.cover_shapes import (
    Beneficiaries,
    BeneficiaryAnswer,
    LimitAnswer,
)
from ledger.client.api.shared_shapes import (
    CardAnswer,
    PersonInput,
)
from ledger.client.calls import Calls, quoted
from ledger.client.money import Amount


class Cover:
    """Who a MedCard covers, and up to how much."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def add_beneficiary(
        self,
        id: str,
        *,
        beneficiary_id: str,
        relation: str,
        person: PersonInput,
        monthly_limit: Amount | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> BeneficiaryAnswer:
        """Add beneficiary. One more person; without a monthly limit of its own the person shares the card's."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/beneficiaries",
            BeneficiaryAnswer,
            {
                "beneficiaryId": beneficiary_id,
                "relation": relation,
                "person": person,
                "monthlyLimit": monthly_limit,
            },
            key,
            if_match,
        )

    async def beneficiaries(
        self,
        id: str,
    ) -> Beneficiaries:
        """Beneficiaries."""
        return await self._calls.query(
            f"/medcards/{quoted(id)}/beneficiaries",
            (Beneficiaries,),
            {},
        )

    async def update_beneficiary(
        self,
        id: str,
        beneficiary: str,
        *,
        relation: str | None = None,
        person: PersonInput | None = None,
        monthly_limit: Amount | None = None,
        without_monthly_limit: bool | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> BeneficiaryAnswer:
        """Update beneficiary. What is not given stays; `withoutMonthlyLimit` takes the person's own limit away."""
        return await self._calls.command(
            "PATCH",
            f"/medcards/{quoted(id)}/beneficiaries/{quoted(beneficiary)}",
            BeneficiaryAnswer,
            {
                "relation": relation,
                "person": person,
                "monthlyLimit": monthly_limit,
                "withoutMonthlyLimit": without_monthly_limit,
            },
            key,
            if_match,
        )

    async def remove_beneficiary(
        self,
        id: str,
        beneficiary: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> BeneficiaryAnswer:
        """Remove beneficiary. Why it is done."""
        return await self._calls.command(
            "DELETE",
            f"/medcards/{quoted(id)}/beneficiaries/{quoted(beneficiary)}",
            BeneficiaryAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )

    async def change_copayment(
        self,
        id: str,
        *,
        copayment_percentage: Amount,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> CardAnswer:
        """Change copayment. The patient's share in percent."""
        return await self._calls.command(
            "PATCH",
            f"/medcards/{quoted(id)}/copayment",
            CardAnswer,
            {
                "copaymentPercentage": copayment_percentage,
                "reason": reason,
            },
            key,
            if_match,
        )

    async def approve_limit_change(
        self,
        id: str,
        request: str,
        *,
        key: str | None = None,
        if_match: int | None = None,
    ) -> LimitAnswer:
        """Approve limit change. No fields."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/limit-requests/{quoted(request)}/approve",
            LimitAnswer,
            {},
            key,
            if_match,
        )

    async def reject_limit_change(
        self,
        id: str,
        request: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> LimitAnswer:
        """Reject limit change. Why it is done."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/limit-requests/{quoted(request)}/reject",
            LimitAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )

    async def request_limit_change(
        self,
        id: str,
        *,
        monthly_limit: Amount,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> LimitAnswer:
        """Request limit change."""
        return await self._calls.command(
            "PATCH",
            f"/medcards/{quoted(id)}/monthly-limit",
            LimitAnswer,
            {
                "monthlyLimit": monthly_limit,
                "reason": reason,
            },
            key,
            if_match,
        )

    async def change_tier(
        self,
        id: str,
        *,
        card_type: str,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> CardAnswer:
        """Change tier. The new tier; what the card has of its own outlives it."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/tier",
            CardAnswer,
            {
                "cardType": card_type,
                "reason": reason,
            },
            key,
            if_match,
        )
