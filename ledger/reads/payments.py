"""Rows of the payments' read models, and what may be asked of them. Amounts in minor units of the row's currency."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ledger.reads.paging import Page


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment. `customer` is the sealed box, opened only for a caller who may see it."""

    payment_id: str
    wallet_id: str
    user_id: str
    amount_minor: int
    currency: str
    gateway: str
    method: str
    customer: bytes
    status: str
    disputed: bool
    reference: str | None
    checkout_url: str | None
    expires_at: datetime | None
    gateway_transaction_id: str | None
    captured_minor: int
    refunded_minor: int
    fees_minor: int
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class RefundRow:
    """A refund of a payment; `status` REQUESTED, COMPLETED or FAILED."""

    payment_id: str
    refund_id: str
    wallet_id: str
    amount_minor: int
    currency: str
    source: str
    status: str
    reason: str
    gateway_refund_id: str | None
    requested_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments; None means any."""

    wallet_id: str | None = None
    user_id: str | None = None
    status: str | None = None
    gateway: str | None = None


class PaymentReads(Protocol):
    """Queries of the payments' read models. Lists are newest first and stable while rows arrive."""

    async def payment(self, payment_id: str) -> PaymentRow | None: ...

    async def payments(self, where: PaymentFilter, page: Page) -> Sequence[PaymentRow]:
        """Sort key: (created_at, payment_id)."""
        ...

    async def refunds(self, payment_ids: Collection[str]) -> Sequence[RefundRow]:
        """By payment, oldest first."""
        ...
