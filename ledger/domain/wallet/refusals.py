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
    """A limit of the wallet's own is zero or less."""


@dataclass(frozen=True, slots=True)
class WalletNotFound(Refusal):
    """There is no such wallet."""


@dataclass(frozen=True, slots=True)
class WalletPending(Refusal):
    """The wallet has not been activated yet."""


@dataclass(frozen=True, slots=True)
class WalletSuspended(Refusal):
    """The wallet is suspended: nothing goes out of it."""


@dataclass(frozen=True, slots=True)
class WalletClosed(Refusal):
    """The wallet is closed, for good."""


@dataclass(frozen=True, slots=True)
class InvalidState(Refusal):
    """The wallet is not in a state in which it can be activated, or suspended."""

    status: str


@dataclass(frozen=True, slots=True)
class HoldsOpen(Refusal):
    """A wallet with open holds cannot be closed."""

    holds: int
    held_minor: int


@dataclass(frozen=True, slots=True)
class BalanceNotZero(Refusal):
    """A wallet with money in it cannot be closed."""

    balance_minor: int


@dataclass(frozen=True, slots=True)
class CurrencyMismatch(Refusal):
    """The amount is in another currency than the wallet, whose `currency` is this."""

    currency: str


@dataclass(frozen=True, slots=True)
class AmountNotPositive(Refusal):
    """The amount is zero or less."""


@dataclass(frozen=True, slots=True)
class BalanceCapExceeded(Refusal):
    """The wallet would hold more than the regulation's cap; what remains still fits."""

    cap_minor: int
    remaining_minor: int


@dataclass(frozen=True, slots=True)
class DailyLimitExceeded(Refusal):
    """The amount is above what the day's limit leaves."""

    remaining_minor: int


@dataclass(frozen=True, slots=True)
class MonthlyLimitExceeded(Refusal):
    """The amount is above what the month's limit leaves."""

    remaining_minor: int


@dataclass(frozen=True, slots=True)
class InsufficientFunds(Refusal):
    """The amount is above what is available: the balance less the open holds."""

    available_minor: int


@dataclass(frozen=True, slots=True)
class HoldAlreadyExists(Refusal):
    """The wallet has used the hold's id before."""


@dataclass(frozen=True, slots=True)
class HoldNotFound(Refusal):
    """The wallet has no such hold."""


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
    """More is asked for than the hold has set aside."""

    held_minor: int


@dataclass(frozen=True, slots=True)
class HoldNotDue(Refusal):
    """The hold's time is not over; without an `expires_at` it never is."""

    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class TransactionAlreadyExists(Refusal):
    """The wallet has used the transaction's id before."""


@dataclass(frozen=True, slots=True)
class TransactionNotFound(Refusal):
    """The wallet has no such transaction."""


@dataclass(frozen=True, slots=True)
class AlreadyReversed(Refusal):
    """The transaction was reversed before."""


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
