"""What payments take and answer.

Written by `ledger docs` from the OpenAPI document.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledger.client.api.shared_shapes import (
    Warning_,
)
from ledger.client.money import Amount


@dataclass(frozen=True, kw_only=True)
class CustomerInput:
    """Who pays, as the gateway asks for it."""

    name: str
    phone_number: str
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class CustomerView:
    """Who pays; null as a whole once it was erased."""

    name: str
    phone_number: str
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class InitiatePaymentInput:
    """Money to bring into a wallet through a gateway."""

    wallet_id: str
    user_id: str
    amount: Amount
    gateway: str
    method: str
    customer: CustomerInput
    id: str | None = None
    currency: Any = None


@dataclass(frozen=True, kw_only=True)
class PaymentAnswer:
    """The payment after the command. `disputed`: a gateway said something of it that our record does not bear
    out.
    """

    payment_id: str
    wallet_id: str
    status: str
    disputed: bool
    amount: Decimal
    refunded: Decimal
    currency: str
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RefundView:
    """A refund, REQUESTED, COMPLETED or FAILED; `source`: where its money lies."""

    refund_id: str
    amount: Decimal
    source: str
    status: str
    reason: str
    gateway_refund_id: str | None
    requested_at: str
    ended_at: str | None


@dataclass(frozen=True, kw_only=True)
class PaymentView:
    """A payment. `disputed`: a gateway said something of it that our record does not bear out."""

    id: str
    payment_id: str
    wallet_id: str
    user_id: str
    amount: Decimal
    currency: str
    gateway: str
    method: str
    customer: CustomerView | None
    status: str
    disputed: bool
    reference: str | None
    checkout_url: str | None
    expires_at: str | None
    gateway_transaction_id: str | None
    captured: Decimal
    refunded: Decimal
    fees: Decimal
    refunds: tuple[RefundView, ...]
    created_at: str
    updated_at: str
    version: int


@dataclass(frozen=True, kw_only=True)
class PaymentPage:
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[PaymentView, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class RefundAnswer:
    """A refund that was asked for."""

    refund_id: str
    payment_id: str
    status: str
    amount: Decimal
    currency: str
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RefundPaymentInput:
    """How much of a payment to give back through its gateway."""

    amount: Amount
    reason: str | None = None
    refund_id: str | None = None
