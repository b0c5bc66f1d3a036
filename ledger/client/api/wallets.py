"""Wallets, and what they hold.

Written by `ledger docs` from the OpenAPI document.
"""

from collections.abc import AsyncIterator
from typing import Any

from ledger.client.api.wallets_shapes import (
    BalanceView,
    WalletAnswer,
    WalletPage,
    WalletView,
)
from ledger.client.calls import Calls, quoted
from ledger.client.money import Amount


class Wallets:
    """Wallets, and what they hold."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def create_wallet(
        self,
        *,
        user_id: str,
        id: str | None = None,
        currency: Any = None,
        owner_class: str | None = None,
        daily_limit: Any = None,
        monthly_limit: Any = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> WalletAnswer:
        """Create wallet."""
        return await self._calls.command(
            "POST",
            "/wallets",
            WalletAnswer,
            {
                "userId": user_id,
                "id": id,
                "currency": currency,
                "ownerClass": owner_class,
                "dailyLimit": daily_limit,
                "monthlyLimit": monthly_limit,
            },
            key,
            if_match,
        )

    async def wallets(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        currency: str | None = None,
        status: str | None = None,
    ) -> WalletPage:
        """Wallets."""
        return await self._calls.query(
            "/wallets",
            (WalletPage,),
            {
                "limit": limit,
                "cursor": cursor,
                "userId": user_id,
                "currency": currency,
                "status": status,
            },
        )

    def all_wallets(
        self,
        *,
        limit: int | None = None,
        user_id: str | None = None,
        currency: str | None = None,
        status: str | None = None,
    ) -> AsyncIterator[WalletView]:
        """Wallets: all of them, a page at a time."""
        return self._calls.pages(
            "/wallets",
            WalletPage,
            {"limit": limit, "userId": user_id, "currency": currency, "status": status},
            "cursor",
        )

    async def wallet(
        self,
        id: str,
    ) -> WalletView:
        """Wallet."""
        return await self._calls.query(
            f"/wallets/{quoted(id)}",
            (WalletView,),
            {},
        )

    async def activate_wallet(
        self,
        id: str,
        *,
        key: str | None = None,
        if_match: int | None = None,
    ) -> WalletAnswer:
        """Activate wallet. No fields."""
        return await self._calls.command(
            "POST",
            f"/wallets/{quoted(id)}/activate",
            WalletAnswer,
            {},
            key,
            if_match,
        )

    async def wallet_balance(
        self,
        id: str,
        *,
        at: str | None = None,
    ) -> BalanceView:
        """Wallet balance."""
        return await self._calls.query(
            f"/wallets/{quoted(id)}/balance",
            (BalanceView,),
            {"at": at},
        )

    async def close_wallet(
        self,
        id: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> WalletAnswer:
        """Close wallet. Why it is done."""
        return await self._calls.command(
            "POST",
            f"/wallets/{quoted(id)}/close",
            WalletAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )

    async def change_wallet_limits(
        self,
        id: str,
        *,
        daily_limit: Amount | None = None,
        monthly_limit: Amount | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> WalletAnswer:
        """Change wallet limits. The wallet's own limits; one that is not given stays as it is."""
        return await self._calls.command(
            "PATCH",
            f"/wallets/{quoted(id)}/limits",
            WalletAnswer,
            {
                "dailyLimit": daily_limit,
                "monthlyLimit": monthly_limit,
            },
            key,
            if_match,
        )

    async def suspend_wallet(
        self,
        id: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> WalletAnswer:
        """Suspend wallet. Why it is done."""
        return await self._calls.command(
            "POST",
            f"/wallets/{quoted(id)}/suspend",
            WalletAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )
