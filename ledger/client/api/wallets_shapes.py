"""What wallets take and answer.

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
class BalanceView:
    """What a wallet holds since `since`, after its event `version`. `available`: the balance less the open
    holds.
    """

    wallet_id: str
    currency: str
    balance: Decimal
    held: Decimal
    available: Decimal
    since: str
    version: int


@dataclass(frozen=True, kw_only=True)
class ChangeWalletLimitsInput:
    """The wallet's own limits; one that is not given stays as it is."""

    daily_limit: Amount | None = None
    monthly_limit: Amount | None = None


@dataclass(frozen=True, kw_only=True)
class CreateWalletInput:
    """A new wallet; limits that are not given are the regulation's, whatever that is on the day."""

    user_id: str
    id: str | None = None
    currency: Any = None
    owner_class: str | None = None
    daily_limit: Any = None
    monthly_limit: Any = None


@dataclass(frozen=True, kw_only=True)
class WalletAnswer:
    """The wallet after the command. `available`: the balance less the open holds; limits are null where it has
    none of its own, and so the regulation's.
    """

    wallet_id: str
    status: str
    currency: str
    balance: Decimal
    held: Decimal
    available: Decimal
    daily_limit: Decimal | None
    monthly_limit: Decimal | None
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WalletView:
    """A wallet; a limit is null where it has none of its own, and so the regulation's."""

    id: str
    wallet_id: str
    user_id: str
    owner_class: str
    currency: str
    status: str
    daily_limit: Decimal | None
    monthly_limit: Decimal | None
    created_at: str
    updated_at: str
    version: int


@dataclass(frozen=True, kw_only=True)
class WalletPage:
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[WalletView, ...]
    next: str | None
