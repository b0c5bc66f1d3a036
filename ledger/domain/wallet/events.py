"""Events of a wallet. Class and field names are the stored format: add, never rename.

Amounts are positive and in minor units. `day` is the Cairo day whose limits an amount counts against.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ledger.domain.kinds import Event
from ledger.domain.wallet.limits import OwnerClass


class Owner(StrEnum):
    """Who owns a hold or a transaction: the public (whoever has the right), or a process of this kind."""

    PUBLIC = "PUBLIC"
    TRANSFER = "TRANSFER"
    COPAY = "COPAY"
    REFUND = "REFUND"
    TOP_UP = "TOP_UP"


class Direction(StrEnum):
    """Which way a transaction moved the balance: up or down."""

    CREDIT = "CREDIT"
    DEBIT = "DEBIT"


@dataclass(frozen=True, slots=True)
class WalletCreated(Event):
    """`daily_limit_minor`, `monthly_limit_minor`: the wallet's own limits; None where it has the regulation's."""

    user_id: str
    owner_class: OwnerClass
    currency: str
    daily_limit_minor: int | None
    monthly_limit_minor: int | None


@dataclass(frozen=True, slots=True)
class WalletActivated(Event):
    pass


@dataclass(frozen=True, slots=True)
class WalletSuspended(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class WalletClosed(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class WalletCredited(Event):
    transaction_id: str
    amount_minor: int
    currency: str
    source: str
    reference: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class WalletDebited(Event):
    transaction_id: str
    amount_minor: int
    currency: str
    purpose: str
    reference: str
    day: date


@dataclass(frozen=True, slots=True)
class HoldPlaced(Event):
    """Money set aside. A hold of a process has no `expires_at`: it never ends by itself."""

    hold_id: str
    amount_minor: int
    currency: str
    purpose: str
    reference: str
    owner: Owner
    day: date
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class HoldCaptured(Event):
    """A hold taken, whole or in part: `amount_minor` leaves the wallet, `released_minor` is free again."""

    hold_id: str
    transaction_id: str
    amount_minor: int
    released_minor: int
    currency: str
    purpose: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class HoldReleased(Event):
    hold_id: str
    amount_minor: int
    currency: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class HoldExpired(Event):
    hold_id: str
    amount_minor: int
    currency: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class WalletLimitsChanged(Event):
    """The wallet's own limits from now on; None where it has the regulation's."""

    daily_limit_minor: int | None
    monthly_limit_minor: int | None


@dataclass(frozen=True, slots=True)
class TransactionReversed(Event):
    """A transaction turned round. `direction`, `source` and `owner` are those of the reversed one, `reverses`."""

    transaction_id: str
    reverses: str
    direction: Direction
    amount_minor: int
    currency: str
    source: str
    owner: Owner
    reason: str


EVENTS: tuple[type[Event], ...] = (
    WalletCreated,
    WalletActivated,
    WalletSuspended,
    WalletClosed,
    WalletCredited,
    WalletDebited,
    HoldPlaced,
    HoldCaptured,
    HoldReleased,
    HoldExpired,
    WalletLimitsChanged,
    TransactionReversed,
)
