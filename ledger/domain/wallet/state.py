"""The state of a wallet, and how events change it."""

# Methods name the class that they stand in.
from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import singledispatch

from ledger.domain.calendar import month_of
from ledger.domain.kinds import Event
from ledger.domain.persistent import PersistentMap
from ledger.domain.wallet.events import (
    Direction,
    HoldCaptured,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    Owner,
    TransactionReversed,
    WalletActivated,
    WalletClosed,
    WalletCreated,
    WalletCredited,
    WalletDebited,
    WalletLimitsChanged,
    WalletSuspended,
)
from ledger.domain.wallet.limits import Regulation, lower, regulation_on


class Status(StrEnum):
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class HoldStatus(StrEnum):
    OPEN = "OPEN"
    CAPTURED = "CAPTURED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Hold:
    """Money set aside on a day; kept after it was ended, so that its id stays taken."""

    amount_minor: int
    purpose: str
    owner: Owner
    day: date
    expires_at: datetime | None
    status: HoldStatus = HoldStatus.OPEN


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a reversal needs to know. `day`: whose limits it counts against; None where it counts against none."""

    direction: Direction
    amount_minor: int
    source: str
    owner: Owner
    hold_id: str | None = None
    day: date | None = None
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet that exists. Persistent maps: one more transaction costs the same on a new wallet and on an old one."""

    origin: WalletCreated
    status: Status
    daily_limit_minor: int | None
    monthly_limit_minor: int | None
    balance_minor: int = 0
    held_minor: int = 0
    holds_open: int = 0
    holds: PersistentMap[str, Hold] = PersistentMap()
    transactions: PersistentMap[str, Transaction] = PersistentMap()
    spent_by_day: PersistentMap[date, int] = PersistentMap()
    spent_by_month: PersistentMap[str, int] = PersistentMap()

    @property
    def currency(self) -> str:
        return self.origin.currency

    @property
    def available_minor(self) -> int:
        """The balance less the open holds; never negative."""
        return self.balance_minor - self.held_minor

    def regulation(self, day: date) -> Regulation:
        """What binds this wallet on a Cairo day."""
        return regulation_on(day, self.origin.owner_class, self.currency)

    def daily_remaining_minor(self, day: date) -> int | None:
        """What may still be spent on a Cairo day; never negative, None without a limit."""
        limit = lower(self.daily_limit_minor, self.regulation(day).daily_limit_minor)
        return None if limit is None else max(0, limit - self.spent_by_day.get(day, 0))

    def monthly_remaining_minor(self, day: date) -> int | None:
        """What may still be spent in the Cairo month of a day; never negative, None without a limit."""
        limit = lower(self.monthly_limit_minor, self.regulation(day).monthly_limit_minor)
        return None if limit is None else max(0, limit - self.spent_by_month.get(month_of(day), 0))

    def _with_spent(self, day: date, change_minor: int) -> Wallet:
        days, months, month = self.spent_by_day, self.spent_by_month, month_of(day)
        return replace(
            self,
            spent_by_day=days.insert(day, days.get(day, 0) + change_minor),
            spent_by_month=months.insert(month, months.get(month, 0) + change_minor),
        )

    def _with_transaction(self, transaction_id: str, transaction: Transaction) -> Wallet:
        """With its effect on the balance."""
        up = transaction.direction is Direction.CREDIT
        return replace(
            self,
            balance_minor=self.balance_minor + (transaction.amount_minor if up else -transaction.amount_minor),
            transactions=self.transactions.insert(transaction_id, transaction),
        )

    def _with_hold_ended(self, hold_id: str, status: HoldStatus, given_back_minor: int) -> Wallet:
        """The hold's money is no longer set aside; what was given back may be spent again on the hold's day."""
        hold = self.holds[hold_id]
        ended = replace(
            self,
            held_minor=self.held_minor - hold.amount_minor,
            holds_open=self.holds_open - 1,
            holds=self.holds.insert(hold_id, replace(hold, status=status)),
        )
        return ended._with_spent(hold.day, -given_back_minor) if counts(hold.owner) else ended


def counts(owner: Owner) -> bool:
    """Whether a hold counts against the limits: giving a payer back his own payment is no spending."""
    return owner is not Owner.REFUND


def evolve(wallet: Wallet | None, event: Event) -> Wallet:
    """The wallet after an event that its decider gave; `wallet` is None before the first."""
    if isinstance(event, WalletCreated):
        return Wallet(event, Status.PENDING, event.daily_limit_minor, event.monthly_limit_minor)
    assert wallet is not None, "a wallet's first event is WalletCreated"
    return _evolve(event, wallet)


@singledispatch
def _evolve(event: Event, wallet: Wallet) -> Wallet:
    raise AssertionError(f"no wallet knows {type(event).__name__}")


@_evolve.register
def _(_event: WalletActivated, wallet: Wallet) -> Wallet:
    return replace(wallet, status=Status.ACTIVE)


@_evolve.register
def _(_event: WalletSuspended, wallet: Wallet) -> Wallet:
    return replace(wallet, status=Status.SUSPENDED)


@_evolve.register
def _(_event: WalletClosed, wallet: Wallet) -> Wallet:
    return replace(wallet, status=Status.CLOSED)


@_evolve.register
def _(event: WalletCredited, wallet: Wallet) -> Wallet:
    credit = Transaction(Direction.CREDIT, event.amount_minor, event.source, event.owner)
    return wallet._with_transaction(event.transaction_id, credit)


@_evolve.register
def _(event: WalletDebited, wallet: Wallet) -> Wallet:
    debit = Transaction(Direction.DEBIT, event.amount_minor, event.purpose, Owner.PUBLIC, day=event.day)
    return wallet._with_transaction(event.transaction_id, debit)._with_spent(event.day, event.amount_minor)


@_evolve.register
def _(event: HoldPlaced, wallet: Wallet) -> Wallet:
    hold = Hold(event.amount_minor, event.purpose, event.owner, event.day, event.expires_at)
    holding = replace(
        wallet,
        held_minor=wallet.held_minor + event.amount_minor,
        holds_open=wallet.holds_open + 1,
        holds=wallet.holds.insert(event.hold_id, hold),
    )
    return holding._with_spent(event.day, event.amount_minor) if counts(event.owner) else holding


@_evolve.register
def _(event: HoldCaptured, wallet: Wallet) -> Wallet:
    hold = wallet.holds[event.hold_id]
    capture = Transaction(
        Direction.DEBIT,
        event.amount_minor,
        event.purpose,
        event.owner,
        event.hold_id,
        hold.day if counts(event.owner) else None,
    )
    ended = wallet._with_hold_ended(event.hold_id, HoldStatus.CAPTURED, event.released_minor)
    return ended._with_transaction(event.transaction_id, capture)


@_evolve.register
def _(event: HoldReleased, wallet: Wallet) -> Wallet:
    return wallet._with_hold_ended(event.hold_id, HoldStatus.RELEASED, event.amount_minor)


@_evolve.register
def _(event: HoldExpired, wallet: Wallet) -> Wallet:
    return wallet._with_hold_ended(event.hold_id, HoldStatus.EXPIRED, event.amount_minor)


@_evolve.register
def _(event: WalletLimitsChanged, wallet: Wallet) -> Wallet:
    return replace(wallet, daily_limit_minor=event.daily_limit_minor, monthly_limit_minor=event.monthly_limit_minor)


@_evolve.register
def _(event: TransactionReversed, wallet: Wallet) -> Wallet:
    """A debit turned round was no spending after all: its day and month get it back, as those of a release do."""
    before = wallet.transactions[event.reverses]
    way_back = Direction.DEBIT if before.direction is Direction.CREDIT else Direction.CREDIT
    # A reversal is not reversed in its turn: what was turned round is posted anew.
    reversal = Transaction(way_back, event.amount_minor, event.source, event.owner, reversed=True)
    transactions = wallet.transactions.insert(event.reverses, replace(before, reversed=True))
    after = replace(wallet, transactions=transactions)._with_transaction(event.transaction_id, reversal)
    return after if before.day is None else after._with_spent(before.day, -event.amount_minor)
