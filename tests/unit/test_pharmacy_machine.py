"""A pharmacy at random, against lists of its batches and remittances."""

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ledger.domain.journal.entries import Side
from ledger.domain.journal.pharmacy_postings import postings
from ledger.domain.kinds import Event
from ledger.domain.pharmacy import commands, refusals
from ledger.domain.pharmacy.commands import Command
from ledger.domain.pharmacy.decide import Decision, decide
from ledger.domain.pharmacy.events import (
    OfflineBatchClosed,
    OfflineBatchOpened,
    PharmacyContracted,
    PharmacyRemitted,
    PharmacySuspended,
    TerminalRegistered,
)
from ledger.domain.pharmacy.events import TerminalRevoked as Revoked
from ledger.domain.pharmacy.state import Pharmacy, evolve
from tests.support.pharmacies import NOW, REGISTERED, context, pharmacy_after

terminals = st.sampled_from(["t-1", "t-2"])
batches = st.sampled_from(["b-1", "b-2", "b-3"])


@dataclass
class ModelBatch:
    opening: commands.OpenOfflineBatch
    closed: bool = False


@dataclass
class ModelTerminal:
    claims_max: int
    amount_max: int
    age_max_s: int
    revoked: bool = False
    batches: list[ModelBatch] = field(default_factory=list)

    @property
    def numbers(self) -> int:
        """How many numbers it has used: there is no gap, so the next one is one more."""
        return sum(batch.opening.claims for batch in self.batches)

    def named(self, batch_id: str) -> ModelBatch | None:
        return next((batch for batch in self.batches if batch.opening.batch_id == batch_id), None)


class PharmacyMachine(RuleBasedStateMachine):
    """Every command of a pharmacy, with the answer that the lists expect."""

    def __init__(self) -> None:
        super().__init__()
        pharmacy = pharmacy_after([REGISTERED])
        assert pharmacy is not None
        self.pharmacy: Pharmacy = pharmacy
        self.events: list[Event] = [REGISTERED]
        self.status = "REGISTERED"
        self.terminals: dict[str, ModelTerminal] = {}
        self.remitted: list[tuple[str, int]] = []
        self.earned = 0

    def do(self, command: Command) -> Decision:
        answer = decide(self.pharmacy, command, context(earned_minor=self.earned))
        if isinstance(answer, Event):
            self.pharmacy = evolve(self.pharmacy, answer)
            self.events.append(answer)
        return answer

    @rule(contract=st.booleans())
    def contract_or_suspend(self, contract: bool) -> None:
        answer = self.do(commands.ContractPharmacy() if contract else commands.SuspendPharmacy("x"))
        if contract is (self.status == "CONTRACTED"):
            assert answer == refusals.InvalidState(self.status)
        else:
            assert isinstance(answer, PharmacyContracted if contract else PharmacySuspended)
            self.status = "CONTRACTED" if contract else "SUSPENDED"

    @rule(terminal=terminals, claims=st.integers(0, 6), amount=st.integers(0, 400), age=st.integers(0, 400))
    def register(self, terminal: str, claims: int, amount: int, age: int) -> None:
        answer = self.do(commands.RegisterTerminal(terminal, claims, amount, age))
        if terminal in self.terminals:
            assert answer == refusals.TerminalAlreadyExists()
        else:
            assert isinstance(answer, TerminalRegistered)
            self.terminals[terminal] = ModelTerminal(claims, amount, age)

    @rule(terminal=terminals)
    def revoke(self, terminal: str) -> None:
        answer, model = self.do(commands.RevokeTerminal(terminal, "x")), self.terminals.get(terminal)
        if model is None:
            assert answer == refusals.TerminalNotFound()
        elif model.revoked:
            assert answer == refusals.TerminalRevokedBefore()
        else:
            assert isinstance(answer, Revoked)
            model.revoked = True

    @precondition(lambda self: self.terminals)
    @rule(
        terminal=terminals,
        batch=batches,
        skip=st.sampled_from([0, 0, 0, 1, -1]),
        claims=st.integers(1, 4),
        missing=st.sampled_from([0, 0, 0, 1]),
        amount=st.integers(1, 300),
        age=st.integers(0, 300),
    )
    def open(self, terminal: str, batch: str, skip: int, claims: int, missing: int, amount: int, age: int) -> None:
        model = self.terminals.get(terminal)
        first = (0 if model is None else model.numbers) + 1 + skip
        opening = commands.OpenOfflineBatch(
            terminal, batch, first, first + claims + missing - 1, claims, amount, NOW - timedelta(seconds=age)
        )
        answer = self.do(opening)
        if model is None:
            assert answer == refusals.TerminalNotFound()
            return
        earlier = model.named(batch)
        faults = [
            (refusals.TerminalRevoked(), model.revoked),
            (refusals.OfflineBatchOpenedBefore(), earlier is not None and earlier.opening == opening),
            (refusals.SequenceGap(model.numbers + 1), bool(skip or missing)),
            (refusals.OfflineCapExceeded(refusals.Cap.CLAIMS, model.claims_max), claims > model.claims_max),
            (refusals.OfflineCapExceeded(refusals.Cap.AMOUNT, model.amount_max), amount > model.amount_max),
            (refusals.OfflineCapExceeded(refusals.Cap.AGE, model.age_max_s), age > model.age_max_s),
            (refusals.OfflineBatchAlreadyExists(), earlier is not None),
        ]
        expected = next((fault for fault, holds in faults if holds), None)
        if expected is not None:
            assert answer == expected
        else:
            assert isinstance(answer, OfflineBatchOpened)
            model.batches.append(ModelBatch(opening))

    @precondition(lambda self: any(terminal.batches for terminal in self.terminals.values()))
    @rule(terminal=terminals, batch=batches)
    def close_or_repeat(self, terminal: str, batch: str) -> None:
        model = self.terminals.get(terminal)
        answer = self.do(commands.CloseOfflineBatch(terminal, batch, 1, 0, 5))
        known = None if model is None else model.named(batch)
        if model is None:
            assert answer == refusals.TerminalNotFound()
        elif model.revoked:
            assert answer == refusals.TerminalRevoked()
        elif known is None:
            assert answer == refusals.OfflineBatchNotFound()
        elif known.closed:
            assert answer == refusals.OfflineBatchClosedBefore()
        else:
            assert isinstance(answer, OfflineBatchClosed)
            known.closed = True
            assert self.do(known.opening) == refusals.OfflineBatchOpenedBefore()

    @rule(change=st.integers(-500, 1_000))
    def earn(self, change: int) -> None:
        self.earned = max(0, self.earned + change)

    @rule(reference=st.sampled_from("abcdefgh"), amount=st.integers(-1, 800))
    def remit(self, reference: str, amount: int) -> None:
        answer = self.do(commands.RecordRemittance(amount, reference, "2026-11"))
        payable = self.earned - sum(paid for _, paid in self.remitted)
        if any(reference == known for known, _ in self.remitted):
            assert answer == refusals.RemittanceAlreadyExists()
        elif amount <= 0:
            assert answer == refusals.AmountNotPositive()
        elif amount > payable:
            assert answer == refusals.RemittanceExceedsPayable(payable)
        else:
            assert isinstance(answer, PharmacyRemitted)
            self.remitted.append((reference, amount))

    @invariant()
    def the_status_and_the_sequences_are_those_of_the_lists(self) -> None:
        assert str(self.pharmacy.status) == self.status
        assert {name: (one.next_sequence, one.revoked) for name, one in self.pharmacy.terminals.items()} == {
            name: (model.numbers + 1, model.revoked) for name, model in self.terminals.items()
        }

    def teardown(self) -> None:
        """The journal has paid what was remitted, and the past alone makes the same pharmacy."""
        lines = [line for event in self.events for line in postings(event, "pharmacy-1")]
        paid = [line.amount_minor for line in lines if line.side is Side.DEBIT]
        assert all(line.account == "pharmacy:pharmacy-1:payable" for line in lines if line.side is Side.DEBIT)
        assert paid == [amount for _, amount in self.remitted]
        assert self.pharmacy.remitted_minor == sum(paid)
        assert pharmacy_after(self.events) == self.pharmacy


TestPharmacyMachine = PharmacyMachine.TestCase
TestPharmacyMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
