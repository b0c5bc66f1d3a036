"""The bodies of a wallet's commands.

Amounts stand in the wallet's currency, which the door does not know; a `currency` in the body must be that one.
Nobody names the owner of a hold here: those of processes are placed by processes alone.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from ledger.api.inputs import Input
from ledger.api.wire import CurrencyAmount, CurrencyCode, Id, NewId, Reference
from ledger.domain.journal.pharmacy_postings import REMITTANCES
from ledger.domain.money import EGP
from ledger.domain.wallet.limits import OwnerClass

_RESERVED = REMITTANCES.partition(":")[2]

AccountName = Annotated[
    str,
    Meta(
        pattern=rf"^(?!{_RESERVED}$)[a-z0-9][a-z0-9_-]{{0,31}}$(?!\n)",
        description=f"Names the account `adjustments:<name>` that the money comes from or goes to; not `{_RESERVED}`.",
    ),
]
Moment = Annotated[datetime, Meta(tz=True, description="With its time zone, as in 2026-11-23T09:15:02Z.")]


class CreateWalletInput(Input, frozen=True, kw_only=True):
    """A new wallet; limits that are not given are the regulation's, whatever that is on the day."""

    user_id: Id
    id: NewId | None = None
    currency: CurrencyCode = EGP
    owner_class: OwnerClass = OwnerClass.INDIVIDUAL
    daily_limit: CurrencyAmount | None = None
    monthly_limit: CurrencyAmount | None = None


class CreditWalletInput(Input, frozen=True, kw_only=True):
    """Money put in by hand, with where it comes from."""

    amount: CurrencyAmount
    source: AccountName
    currency: CurrencyCode | None = None
    reference: Reference = ""
    transaction_id: NewId | None = None


class DebitWalletInput(Input, frozen=True, kw_only=True):
    """Money taken out, with what for."""

    amount: CurrencyAmount
    purpose: AccountName
    currency: CurrencyCode | None = None
    reference: Reference = ""
    transaction_id: NewId | None = None


class PlaceHoldInput(Input, frozen=True, kw_only=True):
    """Money to set aside; without `expiresAt` until it is captured or released."""

    amount: CurrencyAmount
    hold_id: NewId | None = None
    currency: CurrencyCode | None = None
    purpose: AccountName = "hold"
    reference: Reference = ""
    expires_at: Moment | None = None


class CaptureHoldInput(Input, frozen=True, kw_only=True):
    """How much of the hold to take, all of it by default; the rest is released."""

    amount: CurrencyAmount | None = None


class ChangeWalletLimitsInput(Input, frozen=True, kw_only=True):
    """The wallet's own limits; one that is not given stays as it is."""

    daily_limit: CurrencyAmount | None = None
    monthly_limit: CurrencyAmount | None = None


class TransferInput(Input, frozen=True, kw_only=True):
    """Money to move from one wallet to another of the same currency."""

    from_wallet_id: NewId
    to_wallet_id: NewId
    amount: CurrencyAmount
    id: NewId | None = None
    currency: CurrencyCode | None = None
    reference: Reference = ""
