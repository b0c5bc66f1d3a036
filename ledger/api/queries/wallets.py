"""Wallets, and what they hold."""

from collections.abc import Collection, Mapping
from datetime import datetime

from ledger.api.answers import Answer, CurrencyMoney, money, money_or_none
from ledger.api.edge import Edge, may_ask
from ledger.api.errors import Problem
from ledger.api.queries.money_inputs import BalanceInput, WalletsInput, in_utc
from ledger.api.queries.paging import cursor_at, page_of, part_of
from ledger.api.rights import bound_user
from ledger.api.wire import is_aggregate_id
from ledger.messages.commands import Caller
from ledger.reads.wallets import BalanceRow, WalletFilter, WalletRow


class WalletView(Answer, frozen=True, kw_only=True):
    """A wallet; a limit is null where it has none of its own, and so the regulation's."""

    id: str
    wallet_id: str
    user_id: str
    owner_class: str
    currency: str
    status: str
    daily_limit: CurrencyMoney | None
    monthly_limit: CurrencyMoney | None
    created_at: datetime
    updated_at: datetime
    version: int


class WalletPage(Answer, frozen=True, kw_only=True):
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[WalletView, ...]
    next: str | None


class BalanceView(Answer, frozen=True, kw_only=True):
    """What a wallet holds since `since`, after its event `version`. `available`: the balance less the open holds."""

    wallet_id: str
    currency: str
    balance: CurrencyMoney
    held: CurrencyMoney
    available: CurrencyMoney
    since: datetime
    version: int


async def visible_wallet(edge: Edge, caller: Caller, wallet_id: str) -> WalletRow:
    """The wallet. Raises `wallet_not_found` also where the caller may not know that it exists."""
    row = await edge.reads.wallets.wallet(wallet_id) if is_aggregate_id(wallet_id) else None
    if row is None or bound_user(caller) not in (None, row.user_id):
        raise Problem("wallet_not_found")
    return row


async def wallet(edge: Edge, caller: Caller, wallet_id: str) -> WalletView:
    """One wallet. Raises `Problem`."""
    may_ask("wallet", caller)
    return _view(await visible_wallet(edge, caller, wallet_id))


async def wallets(edge: Edge, caller: Caller, given: WalletsInput) -> WalletPage:
    """A part of the wallets that the caller may see. Raises `Problem`."""
    may_ask("wallets", caller)
    given, page = page_of("wallets", given)
    user = bound_user(caller)
    nothing = user is not None and given.user_id not in (None, user)
    status = None if given.status is None else given.status.value
    where = WalletFilter(user_id=user or given.user_id, currency=given.currency, status=status)
    rows = [] if nothing else await edge.reads.wallets.wallets(where, page)
    shown, following = part_of("wallets", given, rows, lambda row: (row.created_at, row.wallet_id))
    return WalletPage(items=tuple(map(_view, shown)), next=following)


def cursor_of(given: WalletsInput, view: WalletView) -> str:
    """The cursor behind one wallet of a list, for connections."""
    return cursor_at("wallets", given, view.created_at, view.wallet_id)


async def wallet_balance(edge: Edge, caller: Caller, wallet_id: str, given: BalanceInput) -> BalanceView:
    """Of one wallet, now or at a moment: `wallet_not_found` where it was created after that. Raises `Problem`."""
    may_ask("walletBalance", caller)
    at = in_utc(given.at)
    await visible_wallet(edge, caller, wallet_id)
    if at is None:
        return (await balances_of(edge, [wallet_id]))[wallet_id]
    row = await edge.reads.wallets.balance_at(wallet_id, at)
    if row is None:
        raise Problem("wallet_not_found", "the wallet was created after that moment")
    return _balance(row)


async def balances_of(edge: Edge, wallet_ids: Collection[str]) -> Mapping[str, BalanceView]:
    """Of wallets that the caller is known to see, in one question."""
    return {row.wallet_id: _balance(row) for row in await edge.reads.wallets.balances(wallet_ids)}


def _balance(row: BalanceRow) -> BalanceView:
    return BalanceView(
        wallet_id=row.wallet_id,
        currency=row.currency,
        balance=money(row.balance_minor, row.currency),
        held=money(row.held_minor, row.currency),
        available=money(row.balance_minor - row.held_minor, row.currency),
        since=row.at,
        version=row.version,
    )


def _view(row: WalletRow) -> WalletView:
    return WalletView(
        id=row.wallet_id,
        wallet_id=row.wallet_id,
        user_id=row.user_id,
        owner_class=row.owner_class,
        currency=row.currency,
        status=row.status,
        daily_limit=money_or_none(row.daily_limit_minor, row.currency),
        monthly_limit=money_or_none(row.monthly_limit_minor, row.currency),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )
