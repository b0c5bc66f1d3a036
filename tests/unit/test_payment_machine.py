"""What payments post, and payments at random against lists of what happened, which are only ever added up."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.domain.journal import entries
from ledger.domain.journal.all import FAMILIES, Posting, Side, balance, postings
from ledger.domain.kinds import Event
from ledger.domain.payment.commands import (
    CancelPayment,
    Command,
    RecordGatewayOutcome,
    RecordRefundOutcome,
    RequestRefund,
)
from ledger.domain.payment.decide import decide
from ledger.domain.payment.events import Gateway, OutcomeStatus, PaymentCancelled, RefundOutcomeStatus, RefundSource
from ledger.domain.payment.state import Payment, evolve
from tests.support.payments import (
    ACCEPTED,
    COMPLETED,
    DISPUTED,
    EXPIRED,
    FAILED,
    INITIATED,
    NOT_REFUNDED,
    OUTCOME,
    PENDING,
    REFUNDED,
    REQUESTED,
    context,
)

CLEARING, FEES, SUSPENSE = "gateway:paymob:clearing", "gateway:paymob:fees", "suspense"


def test_a_payment_waits_in_suspense_for_its_credit_and_the_gateway_owes_it_less_its_fees() -> None:
    assert postings(COMPLETED, "pay-1") == (
        Posting(CLEARING, Side.DEBIT, 500_00, "EGP"),
        Posting(SUSPENSE, Side.CREDIT, 500_00, "EGP"),
        Posting(FEES, Side.DEBIT, 12_50, "EGP"),
        Posting(CLEARING, Side.CREDIT, 12_50, "EGP"),
    )
    assert len(postings(replace(COMPLETED, fees_minor=0), "pay-1")) == 2
    # A small payment may be eaten up by its fees, and more.
    assert balance(postings(replace(COMPLETED, fees_minor=600_00), "pay-1")) == {"EGP": 0}


@pytest.mark.parametrize("source", RefundSource)
def test_a_refund_goes_out_of_suspense_through_its_gateway(source: RefundSource) -> None:
    refunded = replace(REFUNDED, gateway=Gateway.FAWRY, source=source)
    assert postings(refunded, "pay-1") == (
        Posting(SUSPENSE, Side.DEBIT, 200_00, "EGP"),
        Posting("gateway:fawry:clearing", Side.CREDIT, 200_00, "EGP"),
    )


@pytest.mark.parametrize(
    "event",
    [INITIATED, PENDING, FAILED, EXPIRED, DISPUTED, PaymentCancelled("x"), REQUESTED, NOT_REFUNDED],
    ids=lambda event: type(event).__name__,
)
def test_nothing_else_of_a_payment_moves_money(event: Event) -> None:
    assert postings(event, "pay-1") == ()


def test_every_family_is_named_where_the_postings_are_gathered() -> None:
    assert entries.__file__ is not None
    written = {path.stem for path in Path(entries.__file__).parent.glob("*_postings.py")}
    assert {family.__name__.rsplit(".", 1)[-1] for family in FAMILIES} == written


@dataclass
class Asked:
    """One refund in the plain model's book."""

    id: str
    amount: int
    state: str = "open"


AMOUNT, FEE = 500_00, 12_50
REFUND_IDS = st.sampled_from("abcdefghijklmnop")
TRANSACTIONS = st.sampled_from(["t1", "t1", "t1", "t2", "t3"])


class PaymentMachine(RuleBasedStateMachine):
    """Every answer is foretold by name from the book, and every figure is a sum over it."""

    def __init__(self) -> None:
        super().__init__()
        self.payment: Payment = evolve(None, INITIATED)
        self.commands = 0
        self.pending = False
        self.ended: str | None = None
        self.reference: str | None = None
        self.received: list[tuple[str, int]] = []
        self.heard: list[tuple[str, str]] = []
        self.refunds: list[Asked] = []
        self.disputes: list[object] = []
        self.journal: list[Posting] = []

    def status(self) -> str:
        given_back = sum(refund.amount for refund in self.refunds if refund.state == "COMPLETED")
        if self.received:
            return "COMPLETED" if not given_back else "REFUNDED" if given_back == AMOUNT else "PARTIALLY_REFUNDED"
        return self.ended or ("PENDING" if self.pending else "INITIATED")

    def remaining(self) -> int:
        """Received, less everything asked for that has not failed."""
        received = sum(amount for _, amount in self.received)
        return received - sum(refund.amount for refund in self.refunds if refund.state != "FAILED")

    def give(self, command: Command, foretold: str) -> bool:
        """Gives a command, looks at its answer, and says whether something happened."""
        self.commands += 1
        answer = decide(self.payment, command, context(f"n{self.commands}"))
        assert type(answer).__name__ == foretold, (command, answer, foretold)
        if foretold == "RefundExceedsCapture":
            assert getattr(answer, "remaining_minor", None) == self.remaining()
        if isinstance(answer, Event):
            self.payment = evolve(self.payment, answer)
            lines = postings(answer, "pay-1")
            assert not any(balance(lines).values())
            self.journal.extend(lines)
        return isinstance(answer, Event)

    # What may happen.

    @initialize(accepted=st.booleans(), paid=st.booleans())
    def begins(self, accepted: bool, paid: bool) -> None:
        if accepted:
            self.accept()
        if paid:
            self.hear(OutcomeStatus.PAID, "t1", {})

    @precondition(lambda self: self.status() == "INITIATED" or self.commands % 7 == 0)
    @rule()
    def accept(self) -> None:
        if self.give(ACCEPTED, "PaymentPending" if self.status() == "INITIATED" else "InvalidState"):
            self.pending, self.reference = True, ACCEPTED.reference

    @precondition(lambda self: self.commands % 5 == 0)
    @rule()
    def cancel(self) -> None:
        is_open = self.status() in ("INITIATED", "PENDING")
        if self.give(CancelPayment("x"), "PaymentCancelled" if is_open else "PaymentFinal"):
            self.ended = "CANCELLED"

    @rule(
        status=st.sampled_from(OutcomeStatus),
        transaction=TRANSACTIONS,
        lie=st.sampled_from([{}, {}, {}, {}, {"amount_minor": 5_00}, {"currency": "USD"}, {"reference": "x"}]),
    )
    def hear(self, status: OutcomeStatus, transaction: str, lie: dict[str, object]) -> None:
        told = replace(OUTCOME, status=status, gateway_transaction_id=transaction, fees_minor=FEE, **lie)  # type: ignore[arg-type]
        wrong = self.wrong(told)
        if wrong:
            self.disputes_once(told, (told, wrong))
        elif (transaction, status) in self.heard:
            self.give(told, "OutcomeRecordedBefore")
        else:
            self.news(told, transaction)

    def wrong(self, told: RecordGatewayOutcome) -> frozenset[str]:
        paid_by = [transaction for transaction, _ in self.received]
        reasons = {
            "amount": told.amount_minor != AMOUNT,
            "currency": told.currency != "EGP",
            "reference": self.reference not in (None, told.reference),
            "transaction": told.status == "PAID" and paid_by not in ([], [told.gateway_transaction_id]),
        }
        return frozenset(name for name, holds in reasons.items() if holds)

    def disputes_once(self, command: Command, what: object) -> None:
        if self.give(command, "OutcomeRecordedBefore" if what in self.disputes else "PaymentDisputed"):
            self.disputes.append(what)

    def news(self, told: RecordGatewayOutcome, transaction: str) -> None:
        self.heard.append((transaction, told.status))
        was_open = self.status() in ("INITIATED", "PENDING")
        if told.status == "PAID":
            self.give(told, "PaymentCompleted")
            self.received.append((transaction, AMOUNT))
            self.reference = self.reference or told.reference
            return
        self.give(told, "PaymentFailed" if told.status == "FAILED" else "PaymentExpired")
        self.ended = told.status if was_open else self.ended

    @precondition(lambda self: self.received or self.commands % 6 == 0)
    @rule(amount=st.integers(1, 300_00) | st.integers(-1, AMOUNT + 1), id=REFUND_IDS)
    def ask_refund(self, amount: int, id: str) -> None:
        reasons = [
            ("PaymentNotCompleted", not self.received),
            ("RefundAlreadyExists", any(refund.id == id for refund in self.refunds)),
            ("AmountNotPositive", amount <= 0),
            ("RefundExceedsCapture", amount > self.remaining()),
        ]
        foretold = next((name for name, holds in reasons if holds), "RefundRequested")
        if self.give(RequestRefund(amount, "x", id), foretold):
            self.refunds.append(Asked(id, amount))

    @precondition(lambda self: self.refunds or self.commands % 6 == 0)
    @rule(data=st.data(), status=st.sampled_from(RefundOutcomeStatus))
    def hear_of_refund(self, data: st.DataObject, status: RefundOutcomeStatus) -> None:
        is_open = [refund for refund in self.refunds if refund.state == "open"]
        refund = data.draw(st.sampled_from([*is_open, *is_open, *self.refunds, Asked("nobody", 0, "unknown")]))
        told = RecordRefundOutcome(refund.id, status)
        if refund.state == "unknown":
            self.give(told, "RefundNotFound")
        elif refund.state == "open":
            self.give(told, "RefundCompleted" if status == "COMPLETED" else "RefundFailed")
            refund.state = status
        elif refund.state == status:
            self.give(told, "RefundOutcomeRecordedBefore")
        else:
            self.disputes_once(told, told)

    # What always holds.

    @invariant()
    def the_figures_are_the_sums(self) -> None:
        payment = self.payment
        assert payment.status == self.status()
        assert payment.captured_minor == sum(amount for _, amount in self.received)
        assert payment.refundable_minor == self.remaining()
        assert payment.disputed is bool(self.disputes)

    @invariant()
    def what_is_given_back_is_never_more_than_was_captured(self) -> None:
        payment = self.payment
        assert payment.refunded_minor >= 0
        assert payment.refunds_open_minor >= 0
        assert payment.refunded_minor + payment.refunds_open_minor <= payment.captured_minor

    @invariant()
    def a_payment_completes_once(self) -> None:
        assert len(self.received) <= 1

    @invariant()
    def the_journal_is_balanced_and_says_what_the_payment_says(self) -> None:
        kept = self.payment.captured_minor - self.payment.refunded_minor
        fees = FEE if self.received else 0
        assert self.debit_of(SUSPENSE) == -kept
        assert self.debit_of(CLEARING) == kept - fees
        assert self.debit_of(FEES) == fees
        assert not any(balance(self.journal).values())

    def debit_of(self, account: str) -> int:
        return sum(balance(line for line in self.journal if line.account == account).values())


TestPaymentMachine = PaymentMachine.TestCase
TestPaymentMachine.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
