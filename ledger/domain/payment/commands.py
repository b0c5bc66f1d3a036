"""Commands of a payment, as its deciders see them: amounts in minor units, everything well-formed."""

from dataclasses import dataclass
from datetime import datetime

from ledger.domain.payment.events import Customer, Gateway, OutcomeStatus, RefundOutcomeStatus, RefundSource


@dataclass(frozen=True, slots=True)
class InitiatePayment:
    """`user_id`: the payer, of whom the customer's data speak."""

    wallet_id: str
    user_id: str
    amount_minor: int
    currency: str
    gateway: Gateway
    method: str
    customer: Customer


@dataclass(frozen=True, slots=True)
class RecordGatewayAccepted:
    """The gateway took the order, under its own `reference` and one of our integrations where it has several."""

    reference: str
    checkout_url: str | None
    expires_at: datetime
    integration_id: str | None = None


@dataclass(frozen=True, slots=True)
class RecordGatewayOutcome:
    """What a verified callback, or a poll, says. None: it did not say.

    `reference` and `integration_id` as in `RecordGatewayAccepted`; `digest` is that of the message as it came.
    A gateway must be read so that its callbacks and its polls name the same transaction alike.
    """

    status: OutcomeStatus
    gateway_transaction_id: str | None
    amount_minor: int | None
    currency: str | None
    fees_minor: int
    digest: str
    reference: str | None = None
    integration_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CancelPayment:
    reason: str


@dataclass(frozen=True, slots=True)
class RequestRefund:
    """`refund_id`: of the client's choice, or made from the command's id."""

    amount_minor: int
    reason: str
    refund_id: str | None = None
    source: RefundSource = RefundSource.WALLET


@dataclass(frozen=True, slots=True)
class RecordRefundOutcome:
    refund_id: str
    status: RefundOutcomeStatus
    gateway_refund_id: str | None = None


Command = (
    InitiatePayment | RecordGatewayAccepted | RecordGatewayOutcome | CancelPayment | RequestRefund | RecordRefundOutcome
)
