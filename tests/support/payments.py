"""Given, when, then for payments, and payments to begin with."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ledger.domain.context import Context
from ledger.domain.kinds import Event
from ledger.domain.payment.commands import (
    Command,
    InitiatePayment,
    RecordGatewayAccepted,
    RecordGatewayOutcome,
    RequestRefund,
)
from ledger.domain.payment.decide import Decision, decide
from ledger.domain.payment.events import (
    Customer,
    Gateway,
    OutcomeStatus,
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
from ledger.domain.payment.state import Payment, evolve

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
EXPIRES = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
METHODS = {Gateway.PAYMOB: frozenset({"CARD", "MWALLET"})}
CUSTOMER = Customer("Ahmed Mohamed", "+201234567890", "ahmed@example.com")

INITIATE = InitiatePayment("wallet-1", "user-123", 500_00, "EGP", Gateway.PAYMOB, "CARD", CUSTOMER)
INITIATED = PaymentInitiated("wallet-1", "user-123", 500_00, "EGP", Gateway.PAYMOB, "CARD", CUSTOMER)
ACCEPTED = RecordGatewayAccepted("700001", "https://pay.example/1", EXPIRES, "1001")
PENDING = PaymentPending("700001", "1001", "https://pay.example/1", EXPIRES)

OUTCOME = RecordGatewayOutcome(OutcomeStatus.PAID, "900001", 500_00, "EGP", 12_50, "d1", "700001", "1001")
COMPLETED = PaymentCompleted(
    "wallet-1", Gateway.PAYMOB, "900001", "700001", 500_00, "EGP", fees_minor=12_50, digest="d1"
)
FAILED = PaymentFailed("900000", "declined", late=False, digest="d0")
EXPIRED = PaymentExpired(None, late=False, digest="d9")
DISPUTED = PaymentDisputed(("amount",), "PAID", "900001", "700001", "1001", None, 50_00, "EGP", "d1")

WAITING = (INITIATED, PENDING)
PAID = (*WAITING, COMPLETED)

REFUND = RequestRefund(200_00, "wrong top-up", "refund-1")
REQUESTED = RefundRequested("refund-1", "wallet-1", Gateway.PAYMOB, 200_00, "EGP", RefundSource.WALLET, "wrong top-up")
REFUNDED = RefundCompleted("refund-1", "wallet-1", Gateway.PAYMOB, "g-1", 200_00, "EGP", RefundSource.WALLET)
NOT_REFUNDED = RefundFailed("refund-1", "wallet-1", Gateway.PAYMOB, "g-1", 200_00, "EGP", RefundSource.WALLET)


def context(command_id: str = "1") -> Context:
    return Context(NOW, "tester", "ADMIN", command_id, payment_methods=METHODS)


def payment_after(events: Sequence[Event]) -> Payment:
    payment: Payment | None = None
    for event in events:
        payment = evolve(payment, event)
    assert payment is not None
    return payment


def when(given: Sequence[Event], command: Command, at: Context | None = None) -> Decision:
    """What a payment with this past answers."""
    return decide(payment_after(given) if given else None, command, at or context())


def happened(given: Sequence[Event], command: Command, at: Context | None = None) -> Event:
    """As `when`, of a command that is not refused."""
    answer = when(given, command, at)
    assert isinstance(answer, Event), answer
    return answer
