"""Transactions of wallets."""

from datetime import datetime

from ledger.api.answers import Answer, CurrencyMoney, money
from ledger.api.edge import Edge, may_ask
from ledger.api.queries.money_inputs import TransactionsInput, in_utc
from ledger.api.queries.paging import cursor_at, page_of, part_of
from ledger.api.queries.wallets import visible_wallet
from ledger.messages.commands import Caller
from ledger.reads.wallets import TransactionFilter, TransactionRow


class TransactionView(Answer, frozen=True, kw_only=True):
    """Money that came into a wallet (CREDIT) or left it (DEBIT); `source`: from where, or for what.

    `reverses`: the transaction that a reversal turns round. `reversedBy`: the reversal that turned this one round.
    """

    id: str
    transaction_id: str
    wallet_id: str
    kind: str
    direction: str
    amount: CurrencyMoney
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


class TransactionPage(Answer, frozen=True, kw_only=True):
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[TransactionView, ...]
    next: str | None


async def transactions(edge: Edge, caller: Caller, wallet_id: str, given: TransactionsInput) -> TransactionPage:
    """A part of a wallet's transactions. Raises `Problem`."""
    may_ask("transactions", caller)
    query = _query_of(wallet_id)
    given, page = page_of(query, given)
    since, until = in_utc(given.since), in_utc(given.until)
    await visible_wallet(edge, caller, wallet_id)
    where = TransactionFilter(
        wallet_id=wallet_id,
        kind=None if given.kind is None else given.kind.value,
        direction=None if given.direction is None else given.direction.value,
        since=since,
        until=until,
    )
    rows = await edge.reads.wallets.transactions(where, page)
    shown, following = part_of(query, given, rows, lambda row: (row.posted_at, row.transaction_id))
    return TransactionPage(items=tuple(map(_view, shown)), next=following)


def cursor_of(given: TransactionsInput, view: TransactionView) -> str:
    """The cursor behind one transaction of a list, for connections."""
    return cursor_at(_query_of(view.wallet_id), given, view.posted_at, view.transaction_id)


def _query_of(wallet_id: str) -> str:
    # The wallet belongs to the cursor: another wallet's cursor must not be taken for this one's.
    return f"transactions/{wallet_id}"


def _view(row: TransactionRow) -> TransactionView:
    return TransactionView(
        id=row.transaction_id,
        transaction_id=row.transaction_id,
        wallet_id=row.wallet_id,
        kind=row.kind,
        direction=row.direction,
        amount=money(row.amount_minor, row.currency),
        currency=row.currency,
        source=row.source,
        reference=row.reference,
        owner=row.owner,
        hold_id=row.hold_id,
        reverses=row.reverses,
        reason=row.reason,
        reversed_by=row.reversed_by,
        reversed_at=row.reversed_at,
        posted_at=row.posted_at,
        position=row.position,
    )
