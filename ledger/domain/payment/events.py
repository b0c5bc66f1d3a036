"""Events of a payment. Class and field names are the stored format: add, never rename. Amounts are in minor units."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ledger.domain.kinds import Erased, Event, personal


class Gateway(StrEnum):
    FAWRY = "FAWRY"
    PAYMOB = "PAYMOB"


class OutcomeStatus(StrEnum):
    """What a gateway says became of a payment."""

    PAID = "PAID"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


class RefundOutcomeStatus(StrEnum):
    """What a gateway says became of a refund."""

    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class RefundSource(StrEnum):
    """Where the money of a refund lies: in the wallet that was credited, or in suspense, its credit being refused."""

    WALLET = "WALLET"
    SUSPENSE = "SUSPENSE"


@dataclass(frozen=True, slots=True)
class Customer:
    """Who pays, as the gateway asks for it; personal data throughout."""

    name: str
    phone_number: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentInitiated(Event):
    """`user_id`: the payer, of whom the customer's data speak."""

    wallet_id: str
    user_id: str
    amount_minor: int
    currency: str
    gateway: Gateway
    method: str
    customer: Customer | Erased = personal(of="user_id")


@dataclass(frozen=True, slots=True)
class PaymentPending(Event):
    """The gateway took the order, under its own `reference` and one of our integrations where it has several."""

    reference: str
    integration_id: str | None
    checkout_url: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentCompleted(Event):
    """The payer's money was received, of which the gateway keeps `fees_minor`."""

    wallet_id: str
    gateway: Gateway
    gateway_transaction_id: str | None
    reference: str | None
    amount_minor: int
    currency: str
    fees_minor: int
    digest: str


@dataclass(frozen=True, slots=True)
class PaymentFailed(Event):
    """`late`: the payment had ended already; this is recorded and changes nothing."""

    gateway_transaction_id: str | None
    reason: str
    late: bool
    digest: str


@dataclass(frozen=True, slots=True)
class PaymentExpired(Event):
    """`late`: the payment had ended already; this is recorded and changes nothing."""

    gateway_transaction_id: str | None
    late: bool
    digest: str


@dataclass(frozen=True, slots=True)
class PaymentDisputed(Event):
    """A gateway says what our record does not bear out: for people to settle, never credited.

    `mismatches` name what differs: amount, currency, reference, integration, transaction (a second one was paid),
    fees, or refund (it ended otherwise before). The other fields are as the gateway stated them.
    """

    mismatches: tuple[str, ...]
    status: str
    gateway_transaction_id: str | None
    reference: str | None
    integration_id: str | None
    refund_id: str | None
    amount_minor: int | None
    currency: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class PaymentCancelled(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class RefundRequested(Event):
    refund_id: str
    wallet_id: str
    gateway: Gateway
    amount_minor: int
    currency: str
    source: RefundSource
    reason: str


@dataclass(frozen=True, slots=True)
class RefundCompleted(Event):
    refund_id: str
    wallet_id: str
    gateway: Gateway
    gateway_refund_id: str | None
    amount_minor: int
    currency: str
    source: RefundSource


@dataclass(frozen=True, slots=True)
class RefundFailed(Event):
    refund_id: str
    wallet_id: str
    gateway: Gateway
    gateway_refund_id: str | None
    amount_minor: int
    currency: str
    source: RefundSource


EVENTS: tuple[type[Event], ...] = (
    PaymentInitiated,
    PaymentPending,
    PaymentCompleted,
    PaymentFailed,
    PaymentExpired,
    PaymentDisputed,
    PaymentCancelled,
    RefundRequested,
    RefundCompleted,
    RefundFailed,
)
