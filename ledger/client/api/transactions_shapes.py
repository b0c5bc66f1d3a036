"""What transactions take and answer.

Written by `ledger docs` from the OpenAPI document.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledger.client.api.shared_shapes import (
    Warning_,
)
from ledger.client.money import Amount


@dataclass(frozen=True, kw_only=True)
class CaptureHoldInput:
    """How much of the hold to take, all of it by default; the rest is released."""

    amount: Amount | None = None


@dataclass(frozen=True, kw_only=True)
class CreditWalletInput:
    """Money put in by hand, with where it comes from."""

    amount: Amount
    source: str
    currency: Any = None
    reference: str | None = None
    transaction_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class DebitWalletInput:
    """Money taken out, with what for."""

    amount: Amount
    purpose: str
    currency: Any = None
    reference: str | None = None
    transaction_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class HoldAnswer:
    """A hold, and the wallet after it. A capture is the transaction `transactionId`; the rest of it was
    released.
    """

    hold_id: str
    wallet_id: str
    status: str
    amount: Decimal
    captured: Decimal
    released: Decimal
    transaction_id: str | None
    currency: str
    balance: Decimal
    held: Decimal
    available: Decimal
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlaceHoldInput:
    """Money to set aside; without `expiresAt` until it is captured or released."""

    amount: Amount
    hold_id: str | None = None
    currency: Any = None
    purpose: str | None = None
    reference: str | None = None
    expires_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class TransactionAnswer:
    """A transaction, and the wallet after it. `reverses`: the transaction that a reversal turns round."""

    transaction_id: str
    wallet_id: str
    direction: str
    amount: Decimal
    currency: str
    reverses: str | None
    balance: Decimal
    held: Decimal
    available: Decimal
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TransactionView:
    """Money that came into a wallet (CREDIT) or left it (DEBIT); `source`: from where, or for what. `reverses`:
    the transaction that a reversal turns round. `reversedBy`: the reversal that turned this one round.
    """

    id: str
    transaction_id: str
    wallet_id: str
    kind: str
    direction: str
    amount: Decimal
    currency: str
    source: str
    reference: str
    owner: str
    hold_id: str | None
    reverses: str | None
    reason: str
    reversed_by: str | None
    reversed_at: str | None
    posted_at: str
    position: str


@dataclass(frozen=True, kw_only=True)
class TransactionPage:
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[TransactionView, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class TransferAnswer:
    """Money on its way from one wallet to another."""

    transfer_id: str
    from_wallet_id: str
    to_wallet_id: str
    status: str
    amount: Decimal
    currency: str
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TransferInput:
    """Money to move from one wallet to another of the same currency."""

    from_wallet_id: str
    to_wallet_id: str
    amount: Amount
    id: str | None = None
    currency: Any = None
    reference: str | None = None
