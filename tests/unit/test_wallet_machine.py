"""Wallets at random against lists of what happened, which are only ever added up."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.domain.calendar import cairo_date
from ledger.domain.journal.all import Posting, balance, postings
from ledger.domain.kinds import Event
from ledger.domain.wallet.commands import (
    ActivateWallet,
    CaptureHold,
    ChangeWalletLimits,
    CloseWallet,
    Command,
    CreditWallet,
    DebitWallet,
    ExpireHold,
    PlaceHold,
    ReleaseHold,
    ReverseTransaction,
    SuspendWallet,
)
from ledger.domain.wallet.decide import decide
from ledger.domain.wallet.events import (
    Owner,
)
from ledger.domain.wallet.state import Wallet, evolve
from tests.support.wallets import CREATED, NOW, context

WALLET, HOLDS = "wallet:w-1", "wallet-holds:w-1"


@dataclass
class Line:
    """One hold, debit, capture, credit or reversal in the plain model's book."""

    id: str
    kind: str
    amount: int
    owner: Owner = Owner.PUBLIC
    day: date | None = None
    state: str = "open"
    taken: int = 0
    expires_at: datetime | None = None


DAILY, MONTHLY = 400, 900
IDS = st.sampled_from("abcdefghijkl")
AMOUNTS = st.integers(1, 150) | st.integers(-1, 400)
OWNERS = st.sampled_from([Owner.PUBLIC, Owner.PUBLIC, Owner.TRANSFER, Owner.COPAY, Owner.REFUND])


class WalletMachine(RuleBasedStateMachine):
    """Every answer is foretold by name from the book, and every figure is a sum over it."""

    def __init__(self) -> None:
        super().__init__()
        created = replace(CREATED, daily_limit_minor=DAILY, monthly_limit_minor=MONTHLY)
        self.wallet: Wallet = evolve(None, created)
        self.status = "PENDING"
        self.daily, self.monthly = DAILY, MONTHLY
        self.at = NOW
        self.commands = 0
        self.book: list[Line] = []
        self.journal: list[Posting] = []

    def balance(self) -> int:
        signs = {"credit": 1, "debit": -1, "capture": -1, "hold": 0}
        return sum(signs[line.kind] * line.amount for line in self.book if line.state != "reversed")

    def held(self) -> int:
        return sum(line.amount for line in self.book if line.kind == "hold" and line.state == "open")

    def spent(self, day: date, of_month: bool) -> int:
        """Debits and open holds in full, captured holds by what was taken."""
        total = 0
        for line in self.book:
            if line.day is None or line.owner is Owner.REFUND or line.kind == "credit" or line.state == "reversed":
                continue
            in_time = (line.day.year, line.day.month) == (day.year, day.month) if of_month else line.day == day
            open_hold = line.kind == "hold" and line.state == "open"
            total += line.amount * (in_time and (open_hold or line.kind in ("debit", "capture")))
        return total

    def line(self, id: str, *kinds: str) -> Line | None:
        return next((line for line in self.book if line.id == id and line.kind in kinds), None)

    def spending(self, amount: int, owner: Owner) -> str | None:
        day, free = cairo_date(self.at), self.balance() - self.held()
        refund = owner is Owner.REFUND
        reasons = [
            ("WalletPending", self.status == "PENDING"),
            ("WalletSuspended", self.status == "SUSPENDED" and not refund),
            ("WalletClosed", self.status == "CLOSED"),
            ("AmountNotPositive", amount <= 0),
            ("DailyLimitExceeded", not refund and amount > max(0, self.daily - self.spent(day, False))),
            ("MonthlyLimitExceeded", not refund and amount > max(0, self.monthly - self.spent(day, True))),
            ("InsufficientFunds", amount > free),
        ]
        return next((name for name, holds in reasons if holds), None)

    def ending(self, id: str, owner: Owner) -> str | None:
        hold = self.line(id, "hold")
        if hold is None:
            return "HoldNotFound"
        if hold.state != "open":
            return "HoldClosed"
        return None if hold.owner in (Owner.PUBLIC, owner) else "HoldOwnedByProcess"

    def give(self, command: Command, foretold: str) -> bool:
        """Gives a command, looks at its answer, and says whether something happened."""
        self.commands += 1
        answer = decide(self.wallet, command, context(f"n{self.commands}", at=self.at))
        assert type(answer).__name__ == foretold, (command, answer, foretold)
        for name, value in self.figures(foretold).items():
            assert getattr(answer, name) == value, (command, answer)
        if isinstance(answer, Event):
            self.wallet = evolve(self.wallet, answer)
            lines = postings(answer, "w-1")
            assert not any(balance(lines).values())
            self.journal.extend(lines)
        return isinstance(answer, Event)

    def figures(self, refusal: str) -> dict[str, int]:
        day = cairo_date(self.at)
        figures = {
            "InsufficientFunds": {"available_minor": self.balance() - self.held()},
            "BalanceNotZero": {"balance_minor": self.balance()},
            "HoldsOpen": {"held_minor": self.held()},
            "DailyLimitExceeded": {"remaining_minor": max(0, self.daily - self.spent(day, False))},
            "MonthlyLimitExceeded": {"remaining_minor": max(0, self.monthly - self.spent(day, True))},
        }
        return figures.get(refusal, {})

    @initialize(pending=st.sampled_from([True] + [False] * 9), amount=st.integers(1, 2_000))
    def begins(self, pending: bool, amount: int) -> None:
        if not pending:
            self.activate()
            self.credit(amount, "seed", Owner.PUBLIC)

    @precondition(lambda self: self.status != "ACTIVE" or self.commands % 6 == 0)
    @rule()
    def activate(self) -> None:
        foretold = {"ACTIVE": "InvalidState", "CLOSED": "WalletClosed"}.get(self.status, "WalletActivated")
        if self.give(ActivateWallet(), foretold):
            self.status = "ACTIVE"

    @precondition(lambda self: self.commands % 7 == 0)
    @rule()
    def suspend(self) -> None:
        foretold = {"ACTIVE": "WalletSuspended", "CLOSED": "WalletClosed"}.get(self.status, "InvalidState")
        if self.give(SuspendWallet("x"), foretold):
            self.status = "SUSPENDED"

    @precondition(lambda self: self.commands % 11 == 0)
    @rule()
    def close(self) -> None:
        foretold = "BalanceNotZero" if self.balance() else "WalletClosed"
        if any(line.kind == "hold" and line.state == "open" for line in self.book):
            foretold = "HoldsOpen"
        if self.give(CloseWallet("x"), "WalletClosed" if self.status == "CLOSED" else foretold):
            self.status = "CLOSED"

    @rule(days=st.integers(0, 9), hours=st.integers(0, 14))
    def time_passes(self, days: int, hours: int) -> None:
        self.at += timedelta(days=days, hours=hours)

    @rule(amount=AMOUNTS, id=IDS, owner=st.sampled_from([Owner.PUBLIC, Owner.TOP_UP]))
    def credit(self, amount: int, id: str, owner: Owner) -> None:
        state = {"PENDING": "WalletPending", "CLOSED": "WalletClosed"}.get(self.status)
        bad = "AmountNotPositive" if amount <= 0 else None
        taken = "TransactionAlreadyExists" if self.line(id, "credit", "debit", "capture") else None
        foretold = state or bad or taken or "WalletCredited"
        if self.give(CreditWallet(amount, "EGP", "s", "r", id, owner), foretold):
            self.book.append(Line(id, "credit", amount, owner))

    @rule(amount=AMOUNTS, id=IDS)
    def debit(self, amount: int, id: str) -> None:
        taken = "TransactionAlreadyExists" if self.line(id, "credit", "debit", "capture") else None
        foretold = self.spending(amount, Owner.PUBLIC) or taken or "WalletDebited"
        if self.give(DebitWallet(amount, "EGP", "p", "r", id), foretold):
            self.book.append(Line(id, "debit", amount, day=cairo_date(self.at)))

    @rule(amount=AMOUNTS, id=IDS, owner=OWNERS, days=st.none() | st.integers(-1, 3))
    def hold(self, amount: int, id: str, owner: Owner, days: int | None) -> None:
        taken = "HoldAlreadyExists" if self.line(id, "hold") else None
        expires_at = None if days is None else self.at + timedelta(days=days)
        foretold = self.spending(amount, owner) or taken or "HoldPlaced"
        if self.give(PlaceHold(id, amount, "EGP", expires_at, owner), foretold):
            day = cairo_date(self.at)
            self.book.append(Line(id, "hold", amount, owner, day, expires_at=expires_at))

    def has_holds(self) -> bool:
        return any(line.kind == "hold" for line in self.book)

    def some_hold(self, data: st.DataObject) -> tuple[str, Owner]:
        """Mostly one that can be ended, by its owner."""
        holds = [line for line in self.book if line.kind == "hold"]
        open_holds = [line for line in holds if line.state == "open"]
        hold = data.draw(st.sampled_from([*open_holds, *open_holds, *holds, Line("nobody", "hold", 0)]))
        return hold.id, data.draw(st.sampled_from([hold.owner, hold.owner, Owner.PUBLIC, Owner.COPAY]))

    @precondition(lambda self: self.has_holds() or self.commands % 6 == 0)
    @rule(amount=st.none() | AMOUNTS, data=st.data())
    def capture(self, amount: int | None, data: st.DataObject) -> None:
        id, owner = self.some_hold(data)
        hold, foretold = self.line(id, "hold"), self.ending(id, owner)
        whole = 0 if hold is None else hold.amount
        taken = whole if amount is None else amount
        if foretold is None:
            foretold = "HoldCaptured" if 0 < taken <= whole else "AmountNotPositive"
            foretold = "CaptureExceedsHold" if taken > whole else foretold
        if self.give(CaptureHold(id, amount, owner), foretold):
            assert hold is not None
            hold.state, hold.taken = "captured", taken
            self.book.append(Line(f"txn_n{self.commands}", "capture", taken, hold.owner, hold.day))

    @precondition(lambda self: self.has_holds() or self.commands % 6 == 0)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        id, owner = self.some_hold(data)
        if self.give(ReleaseHold(id, owner), self.ending(id, owner) or "HoldReleased"):
            self.end(id, "released")

    @precondition(lambda self: self.has_holds() or self.commands % 6 == 0)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        id, _ = self.some_hold(data)
        hold, foretold = self.line(id, "hold"), self.ending(id, Owner.PUBLIC)
        due = hold is not None and hold.expires_at is not None and hold.expires_at <= self.at
        if self.give(ExpireHold(id), foretold or ("HoldExpired" if due else "HoldNotDue")):
            self.end(id, "expired")

    def end(self, id: str, state: str) -> None:
        next(line for line in self.book if (line.id, line.kind) == (id, "hold")).state = state

    @precondition(lambda self: self.commands % 4 == 0)
    @rule(daily=st.none() | st.integers(0, 900), monthly=st.none() | st.integers(0, 2_000))
    def change_limits(self, daily: int | None, monthly: int | None) -> None:
        wanted = (self.daily if daily is None else daily, self.monthly if monthly is None else monthly)
        foretold = "LimitsUnchanged" if wanted == (self.daily, self.monthly) else "WalletLimitsChanged"
        foretold = "LimitNotPositive" if 0 in (daily, monthly) else foretold
        if self.give(ChangeWalletLimits(daily, monthly), "WalletClosed" if self.status == "CLOSED" else foretold):
            self.daily, self.monthly = wanted

    @precondition(lambda self: self.commands % 3 == 0)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        made = [line for line in self.book if line.kind != "hold"]
        id, maker = data.draw(st.sampled_from([*((line.id, line.owner) for line in made), ("nobody", Owner.PUBLIC)]))
        owner = data.draw(st.sampled_from([maker, maker, Owner.PUBLIC, Owner.COPAY]))
        line = self.line(id, "credit", "debit", "capture")
        if self.give(ReverseTransaction(id, "x", owner), self.reversal(line, owner)):
            assert line is not None
            line.state = "reversed"

    def reversal(self, line: Line | None, owner: Owner) -> str:
        if line is None:
            return "TransactionNotFound"
        if line.state == "reversed":
            return "AlreadyReversed"
        if line.owner not in (Owner.PUBLIC, owner):
            return "HoldOwnedByProcess" if line.kind == "capture" else "TransactionOwnedByProcess"
        if line.kind == "credit" and line.amount > self.balance() - self.held():
            return "InsufficientFunds"
        return "WalletClosed" if self.status == "CLOSED" else "TransactionReversed"

    @invariant()
    def the_figures_are_the_sums(self) -> None:
        wallet, day = self.wallet, cairo_date(self.at)
        assert (wallet.balance_minor, wallet.held_minor) == (self.balance(), self.held())
        assert wallet.holds_open == sum(line.kind == "hold" and line.state == "open" for line in self.book)
        assert wallet.status == self.status
        assert wallet.daily_remaining_minor(day) == max(0, self.daily - self.spent(day, False))
        assert wallet.monthly_remaining_minor(day) == max(0, self.monthly - self.spent(day, True))

    @invariant()
    def what_is_available_is_never_negative(self) -> None:
        assert self.wallet.available_minor >= 0
        assert self.wallet.held_minor >= 0

    @invariant()
    def no_more_leaves_the_holds_than_was_held(self) -> None:
        holds = [line for line in self.book if line.kind == "hold"]
        captured = sum(line.amount for line in self.book if line.kind == "capture")
        freed = sum(line.amount - line.taken for line in holds if line.state in ("captured", "released", "expired"))
        assert captured == sum(line.taken for line in holds)
        assert captured + freed + self.held() == sum(line.amount for line in holds)

    @invariant()
    def the_journal_is_balanced_and_says_what_the_wallet_says(self) -> None:
        for account, minor in ((WALLET, self.wallet.available_minor), (HOLDS, self.wallet.held_minor)):
            assert sum(balance(line for line in self.journal if line.account == account).values()) == -minor
        assert not any(balance(self.journal).values())


TestWalletMachine = WalletMachine.TestCase
TestWalletMachine.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
