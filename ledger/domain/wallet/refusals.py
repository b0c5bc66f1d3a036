"""Refusals of a wallet's commands, and the outcomes that change nothing."""

from dataclasses import dataclass
from datetime import datetime

from ledger.domain.kinds import Refusal, Unchanged


@dataclass(frozen=True, slots=True)
class WalletAlreadyExists(Refusal):
    """The id is taken by a wallet of other content, or by something that is no wallet."""


@dataclass(frozen=True, slots=True)
class LimitAboveRegulation(Refusal):
    """One of the wallet's own limits is above the regulation's, which are these."""

    daily_limit_minor: int | None
    monthly_limit_minor: int | None


@dataclass(frozen=True, slots=True)
class LimitNotPositive(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class WalletNotFound(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class WalletPending(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class WalletSuspended(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class WalletClosed(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class InvalidState(Refusal):
    status: str


@dataclass(frozen=True, slots=True)
class HoldsOpen(Refusal):
    holds: int
    held_minor: int


@dataclass(frozen=True, slots=True)
class BalanceNotZero(Refusal):
    balance_minor: int


@dataclass(frozen=True, slots=True)
class CurrencyMismatch(Refusal):
    """`currency` is the wallet's."""

    currency: str


@dataclass(frozen=True, slots=True)
class AmountNotPositive(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class BalanceCapExceeded(Refusal):
    """`remaining_minor` still fits under the cap."""

    cap_minor: int
    remaining_minor: int


@dataclass(frozen=True, slots=True)
class DailyLimitExceeded(Refusal):
    remaining_minor: int


@dataclass(frozen=True, slots=True)
class MonthlyLimitExceeded(Refusal):
    remaining_minor: int


@dataclass(frozen=True, slots=True)
class InsufficientFunds(Refusal):
    """What is available is the balance less the open holds."""

    available_minor: int


@dataclass(frozen=True, slots=True)
class HoldAlreadyExists(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class HoldNotFound(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class HoldClosed(Refusal):
    """The hold was captured, released or expired already."""

    status: str


@dataclass(frozen=True, slots=True)
class HoldOwnedByProcess(Refusal):
    """Only the process that placed the hold may end it, or reverse what it captured; and it never expires."""

    owner: str


@dataclass(frozen=True, slots=True)
class CaptureExceedsHold(Refusal):
    held_minor: int


@dataclass(frozen=True, slots=True)
class HoldNotDue(Refusal):
    """The hold's time is not over; without `expires_at` it never is."""

    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class TransactionAlreadyExists(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class TransactionNotFound(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class AlreadyReversed(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class TransactionOwnedByProcess(Refusal):
    """Only the process that made the credit may take it back."""

    owner: str


@dataclass(frozen=True, slots=True)
class WalletCreatedBefore(Unchanged):
    """The same wallet was created under this id before."""


@dataclass(frozen=True, slots=True)
class LimitsUnchanged(Unchanged):
    """The wallet has these limits already."""
