"""MedCards, their holders and their history.

Written by `ledger docs` from the OpenAPI document.
"""

from collections.abc import AsyncIterator
from datetime import date

from ledger.client.api.cards_shapes import (
    CardAtView,
    CardPage,
    CardView,
    EventPage,
    EventView,
)
from ledger.client.api.shared_shapes import (
    CardAnswer,
    PersonInput,
)
from ledger.client.calls import Calls, quoted
from ledger.client.money import Amount


class Cards:
    """MedCards, their holders and their history."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def create_med_card(
        self,
        *,
        user_id: str,
        card_type: str,
        primary_holder: PersonInput,
        expiry_date: date,
        id: str | None = None,
        plan_id: str | None = None,
        monthly_limit: Amount | None = None,
        annual_limit: Amount | None = None,
        copayment_percentage: Amount | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> CardAnswer:
        """Create MedCard. A new card; limits and copayment that are not given are those of its tier."""
        return await self._calls.command(
            "POST",
            "/medcards",
            CardAnswer,
            {
                "userId": user_id,
                "cardType": card_type,
                "primaryHolder": primary_holder,
                "expiryDate": expiry_date,
                "id": id,
                "planId": plan_id,
                "monthlyLimit": monthly_limit,
                "annualLimit": annual_limit,
                "copaymentPercentage": copayment_percentage,
            },
            key,
            if_match,
        )

    async def med_cards(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        plan_id: str | None = None,
        status: str | None = None,
    ) -> CardPage:
        """Med cards."""
        return await self._calls.query(
            "/medcards",
            (CardPage,),
            {"limit": limit, "cursor": cursor, "userId": user_id, "planId": plan_id, "status": status},
        )

    def all_med_cards(
        self,
        *,
        limit: int | None = None,
        user_id: str | None = None,
        plan_id: str | None = None,
        status: str | None = None,
    ) -> AsyncIterator[CardView]:
        """Med cards: all of them, a page at a time."""
        return self._calls.pages(
            "/medcards",
            CardPage,
            {"limit": limit, "userId": user_id, "planId": plan_id, "status": status},
            "cursor",
        )

    async def close_med_card_by_delete(
        self,
        id: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> CardAnswer:
        """Close MedCard. Why it is done."""
        return await self._calls.command(
            "DELETE",
            f"/medcards/{quoted(id)}",
            CardAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )

    async def update_med_card(
        self,
        id: str,
        *,
        phone_number: str | None = None,
        name: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> CardAnswer:
        """Update MedCard. The primary holder's contact; what is not given stays."""
        return await self._calls.command(
            "PATCH",
            f"/medcards/{quoted(id)}",
            CardAnswer,
            {
                "phoneNumber": phone_number,
                "name": name,
            },
            key,
            if_match,
        )

    async def med_card(
        self,
        id: str,
    ) -> CardView:
        """Med card."""
        return await self._calls.query(
            f"/medcards/{quoted(id)}",
            (CardView,),
            {},
        )

    async def activate_med_card(
        self,
        id: str,
        *,
        key: str | None = None,
        if_match: int | None = None,
    ) -> CardAnswer:
        """Activate MedCard. No fields."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/activate",
            CardAnswer,
            {},
            key,
            if_match,
        )

    async def close_med_card(
        self,
        id: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> CardAnswer:
        """Close MedCard. Why it is done."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/close",
            CardAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )

    async def event_history(
        self,
        id: str,
        *,
        limit: int | None = None,
        after: int | None = None,
        at: str | None = None,
    ) -> EventPage | CardAtView:
        """Event history."""
        return await self._calls.query(
            f"/medcards/{quoted(id)}/history",
            (EventPage, CardAtView),
            {"limit": limit, "after": after, "at": at},
        )

    def all_event_history(
        self,
        id: str,
        *,
        limit: int | None = None,
    ) -> AsyncIterator[EventView]:
        """Event history: all of them, a page at a time."""
        return self._calls.pages(
            f"/medcards/{quoted(id)}/history",
            EventPage,
            {"limit": limit},
            "after",
        )

    async def renew_med_card(
        self,
        id: str,
        *,
        expiry_date: date,
        key: str | None = None,
        if_match: int | None = None,
    ) -> CardAnswer:
        """Renew MedCard. The new last day of cover."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/renew",
            CardAnswer,
            {
                "expiryDate": expiry_date,
            },
            key,
            if_match,
        )

    async def suspend_med_card(
        self,
        id: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> CardAnswer:
        """Suspend MedCard. Why it is done."""
        return await self._calls.command(
            "POST",
            f"/medcards/{quoted(id)}/suspend",
            CardAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )
