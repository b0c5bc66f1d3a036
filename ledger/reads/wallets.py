"""Rows of the wallets' read models, and what may be asked of them. Amounts in minor units of the row's currency."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ledger.reads.paging import Page


@dataclass(frozen=True, slots=True)
class WalletRow:
    """A wallet; its limits are None where it has none of its own."""

    wallet_id: str
    user_id: str
    owner_class: str
    currency: str
    status: str
    daily_limit_minor: int | None
    monthly_limit_minor: int | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """What a wallet held from `at` on, after its event `version`."""

    wallet_id: str
    currency: str
    balance_minor: int
    held_minor: int
    at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """Money that came into a wallet or left it. `kind`: CREDIT, DEBIT, CAPTURE or REVERSAL; `source`: from or for what.

    `reverses`: what a reversal turns round; `reversed_by`: the reversal that turned this one round, `reversed_at`.
    """

    wallet_id: str
    transaction_id: str
    kind: str
    direction: str
    amount_minor: int
    currency: str
    source: str
    reference: str
    owner: str
    hold_id: str | None
    reverses: str | None
    reason: str
    reversed_by: str | None
    reversed_at: datetime | None
    posted_at: datetime
    position: str


@dataclass(frozen=True, slots=True)
class WalletFilter:
    """Which wallets; None means any."""

    user_id: str | None = None
    currency: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Which transactions of a wallet; None means any. `since` inclusive, `until` exclusive."""

    wallet_id: str
    kind: str | None = None
    direction: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class WalletReads(Protocol):
    """Queries of the wallets' read models. Lists are newest first and stable while rows arrive."""

    async def wallet(self, wallet_id: str) -> WalletRow | None: ...

    async def wallets(self, where: WalletFilter, page: Page) -> Sequence[WalletRow]:
        """Sort key: (created_at, wallet_id)."""
        ...

    async def balances(self, wallet_ids: Collection[str]) -> Sequence[BalanceRow]:
        """As they are now."""
        ...

    async def balance_at(self, wallet_id: str, at: datetime) -> BalanceRow | None:
        """As it was at a moment; None before the wallet was created."""
        ...

    async def transactions(self, where: TransactionFilter, page: Page) -> Sequence[TransactionRow]:
        """Sort key: (posted_at, transaction_id)."""
        ...
