"""Pharmacies, their terminals, claims and totals.

Written by `ledger docs` from the OpenAPI document.
"""

from collections.abc import AsyncIterator
from datetime import date

from ledger.client.api.pharmacies_shapes import (
    PharmacyAnswer,
    PharmacyPage,
    PharmacyView,
    TerminalAnswer,
    Terminals,
    TerminalView,
    TotalsView,
)
from ledger.client.api.shared_shapes import (
    ClaimPage,
    ClaimView,
)
from ledger.client.calls import Calls, quoted
from ledger.client.money import Amount


class Pharmacies:
    """Pharmacies, their terminals, claims and totals."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def register_pharmacy(
        self,
        *,
        name: str,
        governorate: str,
        licence: str,
        id: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> PharmacyAnswer:
        """Register pharmacy. A pharmacy that joins the network; it has no contract yet."""
        return await self._calls.command(
            "POST",
            "/pharmacies",
            PharmacyAnswer,
            {
                "name": name,
                "governorate": governorate,
                "licence": licence,
                "id": id,
            },
            key,
            if_match,
        )

    async def pharmacies(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: str | None = None,
        governorate: str | None = None,
    ) -> PharmacyPage:
        """Pharmacies."""
        return await self._calls.query(
            "/pharmacies",
            (PharmacyPage,),
            {"limit": limit, "cursor": cursor, "status": status, "governorate": governorate},
        )

    def all_pharmacies(
        self,
        *,
        limit: int | None = None,
        status: str | None = None,
        governorate: str | None = None,
    ) -> AsyncIterator[PharmacyView]:
        """Pharmacies: all of them, a page at a time."""
        return self._calls.pages(
            "/pharmacies",
            PharmacyPage,
            {"limit": limit, "status": status, "governorate": governorate},
            "cursor",
        )

    async def pharmacy(
        self,
        id: str,
    ) -> PharmacyView:
        """Pharmacy."""
        return await self._calls.query(
            f"/pharmacies/{quoted(id)}",
            (PharmacyView,),
            {},
        )

    async def pharmacy_claims(
        self,
        id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: str | None = None,
        month: str | None = None,
    ) -> ClaimPage:
        """Pharmacy claims."""
        return await self._calls.query(
            f"/pharmacies/{quoted(id)}/claims",
            (ClaimPage,),
            {"limit": limit, "cursor": cursor, "status": status, "month": month},
        )

    def all_pharmacy_claims(
        self,
        id: str,
        *,
        limit: int | None = None,
        status: str | None = None,
        month: str | None = None,
    ) -> AsyncIterator[ClaimView]:
        """Pharmacy claims: all of them, a page at a time."""
        return self._calls.pages(
            f"/pharmacies/{quoted(id)}/claims",
            ClaimPage,
            {"limit": limit, "status": status, "month": month},
            "cursor",
        )

    async def contract_pharmacy(
        self,
        id: str,
        *,
        key: str | None = None,
        if_match: int | None = None,
    ) -> PharmacyAnswer:
        """Contract pharmacy. No fields."""
        return await self._calls.command(
            "POST",
            f"/pharmacies/{quoted(id)}/contract",
            PharmacyAnswer,
            {},
            key,
            if_match,
        )

    async def pharmacy_rejections(
        self,
        id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        month: str | None = None,
    ) -> ClaimPage:
        """Pharmacy rejections."""
        return await self._calls.query(
            f"/pharmacies/{quoted(id)}/rejections",
            (ClaimPage,),
            {"limit": limit, "cursor": cursor, "month": month},
        )

    def all_pharmacy_rejections(
        self,
        id: str,
        *,
        limit: int | None = None,
        month: str | None = None,
    ) -> AsyncIterator[ClaimView]:
        """Pharmacy rejections: all of them, a page at a time."""
        return self._calls.pages(
            f"/pharmacies/{quoted(id)}/rejections",
            ClaimPage,
            {"limit": limit, "month": month},
            "cursor",
        )

    async def suspend_pharmacy(
        self,
        id: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> PharmacyAnswer:
        """Suspend pharmacy. Why it is done."""
        return await self._calls.command(
            "POST",
            f"/pharmacies/{quoted(id)}/suspend",
            PharmacyAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )

    async def register_terminal(
        self,
        id: str,
        *,
        terminal_id: str,
        offline_claims_max: int | None = None,
        offline_amount_max: Amount | None = None,
        offline_age_max_s: int | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> TerminalAnswer:
        """Register terminal."""
        return await self._calls.command(
            "POST",
            f"/pharmacies/{quoted(id)}/terminals",
            TerminalAnswer,
            {
                "terminalId": terminal_id,
                "offlineClaimsMax": offline_claims_max,
                "offlineAmountMax": offline_amount_max,
                "offlineAgeMaxS": offline_age_max_s,
            },
            key,
            if_match,
        )

    async def terminals(
        self,
        id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Terminals:
        """Terminals."""
        return await self._calls.query(
            f"/pharmacies/{quoted(id)}/terminals",
            (Terminals,),
            {"limit": limit, "cursor": cursor},
        )

    def all_terminals(
        self,
        id: str,
        *,
        limit: int | None = None,
    ) -> AsyncIterator[TerminalView]:
        """Terminals: all of them, a page at a time."""
        return self._calls.pages(
            f"/pharmacies/{quoted(id)}/terminals",
            Terminals,
            {"limit": limit},
            "cursor",
        )

    async def revoke_terminal(
        self,
        id: str,
        terminal: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> TerminalAnswer:
        """Revoke terminal. Why it is done."""
        return await self._calls.command(
            "DELETE",
            f"/pharmacies/{quoted(id)}/terminals/{quoted(terminal)}",
            TerminalAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )

    async def pharmacy_totals(
        self,
        id: str,
        *,
        date: date | None = None,
        terminal: str | None = None,
    ) -> TotalsView:
        """Pharmacy totals."""
        return await self._calls.query(
            f"/pharmacies/{quoted(id)}/totals",
            (TotalsView,),
            {"date": date, "terminal": terminal},
        )
