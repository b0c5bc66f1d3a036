"""Payments through gateways, and refunds.

Written by `ledger docs` from the OpenAPI document.
"""

from collections.abc import AsyncIterator
from typing import Any

from ledger.client.api.payments_shapes import (
    CustomerInput,
    PaymentAnswer,
    PaymentPage,
    PaymentView,
    RefundAnswer,
)
from ledger.client.calls import Calls, quoted
from ledger.client.money import Amount


class Payments:
    """Payments through gateways, and refunds."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def initiate_payment(
        self,
        *,
        wallet_id: str,
        user_id: str,
        amount: Amount,
        gateway: str,
        method: str,
        customer: CustomerInput,
        id: str | None = None,
        currency: Any = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> PaymentAnswer:
        """Initiate payment. Money to bring into a wallet through a gateway."""
        return await self._calls.command(
            "POST",
            "/payments",
            PaymentAnswer,
            {
                "walletId": wallet_id,
                "userId": user_id,
                "amount": amount,
                "gateway": gateway,
                "method": method,
                "customer": customer,
                "id": id,
                "currency": currency,
            },
            key,
            if_match,
        )

    async def payments(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        wallet_id: str | None = None,
        user_id: str | None = None,
        status: str | None = None,
        gateway: str | None = None,
    ) -> PaymentPage:
        """Payments."""
        return await self._calls.query(
            "/payments",
            (PaymentPage,),
            {
                "limit": limit,
                "cursor": cursor,
                "walletId": wallet_id,
                "userId": user_id,
                "status": status,
                "gateway": gateway,
            },
        )

    def all_payments(
        self,
        *,
        limit: int | None = None,
        wallet_id: str | None = None,
        user_id: str | None = None,
        status: str | None = None,
        gateway: str | None = None,
    ) -> AsyncIterator[PaymentView]:
        """Payments: all of them, a page at a time."""
        return self._calls.pages(
            "/payments",
            PaymentPage,
            {
                "limit": limit,
                "walletId": wallet_id,
                "userId": user_id,
                "status": status,
                "gateway": gateway,
            },
            "cursor",
        )

    async def payment(
        self,
        id: str,
    ) -> PaymentView:
        """Payment."""
        return await self._calls.query(
            f"/payments/{quoted(id)}",
            (PaymentView,),
            {},
        )

    async def cancel_payment(
        self,
        id: str,
        *,
        reason: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> PaymentAnswer:
        """Cancel payment. Why it is done."""
        return await self._calls.command(
            "POST",
            f"/payments/{quoted(id)}/cancel",
            PaymentAnswer,
            {
                "reason": reason,
            },
            key,
            if_match,
        )

    async def refund_payment(
        self,
        id: str,
        *,
        amount: Amount,
        reason: str | None = None,
        refund_id: str | None = None,
        key: str | None = None,
        if_match: int | None = None,
    ) -> RefundAnswer:
        """Refund payment. How much of a payment to give back through its gateway."""
        return await self._calls.command(
            "POST",
            f"/payments/{quoted(id)}/refunds",
            RefundAnswer,
            {
                "amount": amount,
                "reason": reason,
                "refundId": refund_id,
            },
            key,
            if_match,
        )
