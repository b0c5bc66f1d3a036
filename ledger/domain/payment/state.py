"""The state of a payment, and how events change it."""

# Methods name the class that they stand in.
from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import singledispatch

from ledger.domain.kinds import Event
from ledger.domain.payment.events import (
    OutcomeStatus,
    PaymentCancelled,
    PaymentCompleted,
    PaymentDisputed,
    PaymentExpired,
    PaymentFailed,
    PaymentInitiated,
    PaymentPending,
    RefundCompleted,
    RefundFailed,
    RefundRequested,
    RefundSource,
)
from ledger.domain.persistent import PersistentMap, PersistentSet


class Status(StrEnum):
    INITIATED = "INITIATED"
    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


OPEN = frozenset({Status.INITIATED, Status.PENDING})
"""Nobody knows yet whether the payer pays."""

PAID = frozenset({Status.COMPLETED, Status.PARTIALLY_REFUNDED, Status.REFUNDED})
"""The payer's money was received, whatever became of it since."""


class RefundStatus(StrEnum):
    REQUESTED = "REQUESTED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Refund:
    amount_minor: int
    source: RefundSource
    status: RefundStatus = RefundStatus.REQUESTED


OutcomeKey = tuple[str | None, str]
"""(gateway's transaction, status): what makes two outcomes the same."""

DisputeKey = tuple[str | int | None, ...]
"""All that a disputed message states. Not its digest: a gateway may send the same with another time stamp."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment that exists. `disputed` is a mark beside the state."""

    origin: PaymentInitiated
    status: Status = Status.INITIATED
    disputed: bool = False
    reference: str | None = None
    integration_id: str | None = None
    expires_at: datetime | None = None
    paid_transaction_id: str | None = None
    captured_minor: int = 0
    refunded_minor: int = 0
    refunds_open_minor: int = 0
    refunds: PersistentMap[str, Refund] = PersistentMap()
    outcomes: PersistentSet[OutcomeKey] = PersistentSet()
    disputes: PersistentSet[DisputeKey] = PersistentSet()

    @property
    def refundable_minor(self) -> int:
        """Captured, less refunded, less asked for and still open; never negative."""
        return self.captured_minor - self.refunded_minor - self.refunds_open_minor

    def _with_outcome(self, transaction_id: str | None, status: OutcomeStatus) -> Payment:
        return replace(self, outcomes=self.outcomes.insert((transaction_id, status)))

    def _with_refund_ended(self, refund_id: str, status: RefundStatus) -> Payment:
        refund = self.refunds[refund_id]
        return replace(
            self,
            refunds=self.refunds.insert(refund_id, replace(refund, status=status)),
            refunds_open_minor=self.refunds_open_minor - refund.amount_minor,
        )


def dispute_key(disputed: PaymentDisputed) -> DisputeKey:
    """What makes two disputed messages the same."""
    return (
        disputed.status,
        disputed.gateway_transaction_id,
        disputed.reference,
        disputed.integration_id,
        disputed.refund_id,
        disputed.amount_minor,
        disputed.currency,
        *disputed.mismatches,
    )


def evolve(payment: Payment | None, event: Event) -> Payment:
    """The payment after an event that its decider gave; `payment` is None before the first."""
    if isinstance(event, PaymentInitiated):
        return Payment(event)
    assert payment is not None, "a payment's first event is PaymentInitiated"
    return _evolve(event, payment)


@singledispatch
def _evolve(event: Event, payment: Payment) -> Payment:
    raise AssertionError(f"no payment knows {type(event).__name__}")


@_evolve.register
def _(event: PaymentPending, payment: Payment) -> Payment:
    return replace(
        payment,
        status=Status.PENDING,
        reference=event.reference,
        integration_id=event.integration_id,
        expires_at=event.expires_at,
    )


@_evolve.register
def _(event: PaymentCompleted, payment: Payment) -> Payment:
    completed = replace(
        payment,
        status=Status.COMPLETED,
        reference=payment.reference or event.reference,
        paid_transaction_id=event.gateway_transaction_id,
        captured_minor=event.amount_minor,
    )
    return completed._with_outcome(event.gateway_transaction_id, OutcomeStatus.PAID)


@_evolve.register
def _(event: PaymentFailed, payment: Payment) -> Payment:
    recorded = payment._with_outcome(event.gateway_transaction_id, OutcomeStatus.FAILED)
    return recorded if event.late else replace(recorded, status=Status.FAILED)


@_evolve.register
def _(event: PaymentExpired, payment: Payment) -> Payment:
    recorded = payment._with_outcome(event.gateway_transaction_id, OutcomeStatus.EXPIRED)
    return recorded if event.late else replace(recorded, status=Status.EXPIRED)


@_evolve.register
def _(event: PaymentDisputed, payment: Payment) -> Payment:
    return replace(payment, disputed=True, disputes=payment.disputes.insert(dispute_key(event)))


@_evolve.register
def _(_event: PaymentCancelled, payment: Payment) -> Payment:
    return replace(payment, status=Status.CANCELLED)


@_evolve.register
def _(event: RefundRequested, payment: Payment) -> Payment:
    return replace(
        payment,
        refunds=payment.refunds.insert(event.refund_id, Refund(event.amount_minor, event.source)),
        refunds_open_minor=payment.refunds_open_minor + event.amount_minor,
    )


@_evolve.register
def _(event: RefundCompleted, payment: Payment) -> Payment:
    refunded_minor = payment.refunded_minor + event.amount_minor
    all_of_it = refunded_minor == payment.captured_minor
    ended = payment._with_refund_ended(event.refund_id, RefundStatus.COMPLETED)
    return replace(
        ended,
        refunded_minor=refunded_minor,
        status=Status.REFUNDED if all_of_it else Status.PARTIALLY_REFUNDED,
    )


@_evolve.register
def _(event: RefundFailed, payment: Payment) -> Payment:
    return payment._with_refund_ended(event.refund_id, RefundStatus.FAILED)
