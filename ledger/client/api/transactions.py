"""Money into wallets, out of them, held in them, and between them.

Written by `ledger docs` from the OpenAPI document.
"""

from collections.abc import AsyncIterator
from typing import Any

from ledger.client.api.transactions_shapes import (
    HoldAnswer,
    TransactionAnswer,
    TransactionPage,
    TransactionView,
    TransferAnswer,
)
from ledger.client.calls import Calls, quoted
from ledger.client.money import Amount


class Transactions:
    """Money into wallets, out of them, held in them, and between them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def transfer(
        self,
        *,
        from_wallet_id: str,
        to_wallet_id: str,
        amount: Amount,
        id: str | None = None,
        currency: Any = None,
        reference: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> TransferAnswer:
        """Transfer. Money to move from one wallet to another of the same currency."""
        return await self._calls.command(
            "POST",
            "/transfers",
            TransferAnswer,
            {
                "fromWalletId": from_wallet_id,
                "toWalletId": to_wallet_id,
                "amount": amount,
                "id": id,
                "currency": currency,
                "reference": reference,
            },
            key,
            if_match,
        )

    async def credit_wallet(
        self,
        id: str,
        *,
        amount: Amount,
        source: str,
        currency: Any = None,
        reference: str | None = None,
        transaction_id: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> TransactionAnswer:
        """Credit wallet. Money put in by hand, with where it comes from."""
        return await self._calls.command(
            "POST",
            f"/wallets/{quoted(id)}/credits",
            TransactionAnswer,
            {
                "amount": amount,
                "source": source,
                "currency": currency,
                "reference": reference,
                "transactionId": transaction_id,
            },
            key,
            if_match,
        )

    async def debit_wallet(
        self,
        id: str,
        *,
        amount: Amount,
        purpose: str,
        currency: Any = None,
        reference: str | None = None,
        transaction_id: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> TransactionAnswer:
        """Debit wallet. Money taken out, with what for."""
        return await self._calls.command(
            "POST",
            f"/wallets/{quoted(id)}/debits",
            TransactionAnswer,
            {
                "amount": amount,
                "purpose": purpose,
                "currency": currency,
                "reference": reference,
                "transactionId": transaction_id,
            },
            key,
            if_match,
        )

    async def place_hold(
        self,
        id: str,
        *,
        amount: Amount,
        hold_id: str | None = None,
        currency: Any = None,
        purpose: str | None = None,
        reference: str | None = None,
        expires_at: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> HoldAnswer:
        """Place hold. Money to set aside; without `expiresAt` until it is captured or released."""
        return await self._calls.command(
            "POST",
            f"/wallets/{quoted(id)}/holds",
            HoldAnswer,
            {
                "amount": amount,
                "holdId": hold_id,
                "currency": currency,
                "purpose": purpose,
                "reference": reference,
                "expiresAt": expires_at,
            },
            key,
            if_match,
        )

    async def capture_hold(
        self,
        id: str,
        hold: str,
        *,
        amount: Amount | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> HoldAnswer:
        """Capture hold. How much of the hold to take, all of it by default; the rest is released."""
        return await self._calls.command(
            "POST",
            f"/wallets/{quoted(id)}/holds/{quoted(hold)}/capture",
            HoldAnswer,
            {
                "amount": amount,
            },
            key,
            if_match,
        )

    async def release_hold(
        self,
        id: str,
        hold: str,
        *,
        key: str | None = None,
        if_match: int | None = None,
    ) -> HoldAnswer:
        """Release hold. No fields."""
        return await self._calls.command(
            "POST",
            f"/wallets/{quoted(id)}/holds/{quoted(hold)}/release",
            HoldAnswer,
            {},
            key,
            if_match,
        )

    async def transactions(
        self,
        id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        kind: str | None = None,
        direction: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> TransactionPage:
        """Transactions."""
        return await self._calls.query(
            f"/wallets/{quoted(id)}/transactions",
            (TransactionPage,),
            {
                "limit": limit,
                "cursor": cursor,
                "kind": kind,
                "direction": direction,
                "since": since,
                "until": until,
            },
        )

    def all_transactions(
        self,
        id: str,
        *,
        limit: int | None = None,
        kind: str | None = None,
        direction: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> AsyncIterator[TransactionView]:
        """Transactions: all of them, a page at a time."""
        return self._calls.pages(
            f"/wallets/{quoted(id)}/transactions",
            TransactionPage,
            {"limit": limit, "kind": kind, "direction": direction, "since": since, "until": until},
            "cursor",
        )

    async def reverse_transaction(
        self,
        id: str,
        transaction: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> TransactionAnswer:
        """Reverse transaction. Why it is done."""
        return await self._calls.command(
            "POST",
            f"/wallets/{quoted(id)}/transactions/{quoted(transaction)}/reversal",
            TransactionAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )
