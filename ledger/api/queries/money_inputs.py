"""What wallets and payments can be asked with."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from ledger.api.inputs import Input
from ledger.api.queries.inputs import ListInput
from ledger.api.wire import CurrencyCode, Id, NewId, utc_of
from ledger.domain.payment.events import Gateway
from ledger.domain.payment.state import Status as PaymentStatus
from ledger.domain.wallet.events import Direction
from ledger.domain.wallet.state import Status as WalletStatus

Moment = Annotated[datetime, Meta(tz=True, description="With its time zone, as in 2026-11-23T09:15:02Z.")]


class TransactionKind(StrEnum):
    CREDIT = "CREDIT"
    DEBIT = "DEBIT"
    CAPTURE = "CAPTURE"
    REVERSAL = "REVERSAL"


class WalletsInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which wallets."""

    user_id: Id | None = None
    currency: CurrencyCode | None = None
    status: WalletStatus | None = None


class BalanceInput(Input, frozen=True, kw_only=True, omit_defaults=True):
    """When; now by default."""

    at: Moment | None = None


class TransactionsInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which transactions of a wallet: from `since` on, and before `until`."""

    kind: TransactionKind | None = None
    direction: Direction | None = None
    since: Moment | None = None
    until: Moment | None = None


class PaymentsInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which payments."""

    wallet_id: NewId | None = None
    user_id: Id | None = None
    status: PaymentStatus | None = None
    gateway: Gateway | None = None


def in_utc(moment: datetime | None) -> datetime | None:
    """A moment as the database takes it."""
    return None if moment is None else utc_of(moment)
