"""Commands of a wallet, as its deciders see them: amounts in minor units, everything well-formed.

`owner` says in whose name a command comes. The doors leave it at PUBLIC; a process gives its own kind.
"""

from dataclasses import dataclass
from datetime import datetime

from ledger.domain.wallet.events import Owner
from ledger.domain.wallet.limits import OwnerClass


@dataclass(frozen=True, slots=True)
class CreateWallet:
    """Limits that are not given are the regulation's, whatever that is on the day."""

    user_id: str
    currency: str
    owner_class: OwnerClass = OwnerClass.INDIVIDUAL
    daily_limit_minor: int | None = None
    monthly_limit_minor: int | None = None


@dataclass(frozen=True, slots=True)
class ActivateWallet:
    pass


@dataclass(frozen=True, slots=True)
class SuspendWallet:
    reason: str


@dataclass(frozen=True, slots=True)
class CloseWallet:
    reason: str


@dataclass(frozen=True, slots=True)
class CreditWallet:
    """`transaction_id`: of the client's choice, or made from the command's id."""

    amount_minor: int
    currency: str
    source: str
    reference: str
    transaction_id: str | None = None
    owner: Owner = Owner.PUBLIC


@dataclass(frozen=True, slots=True)
class DebitWallet:
    """`transaction_id`: of the client's choice, or made from the command's id."""

    amount_minor: int
    currency: str
    purpose: str
    reference: str
    transaction_id: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Sets money aside. `hold_id` None: one is made from the command's id. `expires_at` None: it does not expire."""

    hold_id: str | None
    amount_minor: int
    currency: str
    expires_at: datetime | None = None
    owner: Owner = Owner.PUBLIC
    purpose: str = "hold"
    reference: str = ""


@dataclass(frozen=True, slots=True)
class CaptureHold:
    """Takes an amount of a hold, None for all of it; the rest is released."""

    hold_id: str
    amount_minor: int | None = None
    owner: Owner = Owner.PUBLIC


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    hold_id: str
    owner: Owner = Owner.PUBLIC


@dataclass(frozen=True, slots=True)
class ExpireHold:
    """What a timer says once a hold's time is over."""

    hold_id: str


@dataclass(frozen=True, slots=True)
class ChangeWalletLimits:
    """The wallet's own limits; None leaves one as it is."""

    daily_limit_minor: int | None = None
    monthly_limit_minor: int | None = None


@dataclass(frozen=True, slots=True)
class ReverseTransaction:
    transaction_id: str
    reason: str
    owner: Owner = Owner.PUBLIC


Command = (
    CreateWallet
    | ActivateWallet
    | SuspendWallet
    | CloseWallet
    | CreditWallet
    | DebitWallet
    | PlaceHold
    | CaptureHold
    | ReleaseHold
    | ExpireHold
    | ChangeWalletLimits
    | ReverseTransaction
)
