"""The journal: the lines of an account, and the trial balance."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from ledger.api.answers import Answer, CurrencyMoney, money
from ledger.api.edge import Edge, may_ask
from ledger.api.errors import Problem, invalid_at
from ledger.api.inputs import Input
from ledger.api.queries.inputs import Cursor, Limit, ListInput
from ledger.api.queries.money_inputs import Moment, in_utc
from ledger.api.queries.paging import cursor_at, page_of, part_of
from ledger.messages.commands import Caller
from ledger.reads.journal import AccountRow, EntryFilter, EntryRow, TotalsRow

Account = Annotated[str, Meta(pattern=r"^[!-}]{1,200}$(?!\n)", description="As in wallet:w-1 or suspense.")]
Prefix = Annotated[str, Meta(pattern=r"^[!-}]{0,200}$(?!\n)", description="As in pharmacy: for all pharmacies.")]


class EntriesInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which lines of an account: `since` is the first moment, `until` the first one after them."""

    account: Account | None = None
    since: Moment | None = None
    until: Moment | None = None


class TrialBalanceInput(Input, frozen=True, kw_only=True, omit_defaults=True):
    """Which accounts are listed beside the totals; the totals are always those of all."""

    prefix: Prefix = ""
    limit: Limit = 50
    cursor: Cursor | None = None


class EntryView(Answer, frozen=True, kw_only=True):
    """One line of an entry; the lines of one position are the whole entry."""

    id: str
    account: str
    side: str
    amount: CurrencyMoney
    currency: str
    aggregate_id: str
    event_type: str
    posted_at: datetime
    position: str


class EntryPage(Answer, frozen=True, kw_only=True):
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[EntryView, ...]
    next: str | None


class AccountView(Answer, frozen=True, kw_only=True):
    """`balance` is credits less debits: positive where we owe, negative where we are owed."""

    account: str
    currency: str
    debit: CurrencyMoney
    credit: CurrencyMoney
    balance: CurrencyMoney
    lines: int


class CurrencyTotalsView(Answer, frozen=True, kw_only=True):
    """All accounts of a currency: `difference` is debits less credits, and always nothing."""

    currency: str
    debit: CurrencyMoney
    credit: CurrencyMoney
    difference: CurrencyMoney
    accounts: int
    lines: int


class TrialBalanceView(Answer, frozen=True, kw_only=True):
    """The totals by currency, and accounts by their names. `next`: the cursor of what follows, null at the end."""

    balanced: bool
    totals: tuple[CurrencyTotalsView, ...]
    accounts: tuple[AccountView, ...]
    next: str | None


async def entries(edge: Edge, caller: Caller, given: EntriesInput) -> EntryPage:
    """A part of an account's lines. An account that nothing was written into has none. Raises `Problem`."""
    may_ask("journalEntries", caller)
    given, page = page_of("journalEntries", given)
    if given.account is None:
        raise invalid_at("/account", "the account is missing")
    where = EntryFilter(given.account, in_utc(given.since), in_utc(given.until))
    rows = await edge.reads.journal.entries(where, page)
    shown, following = part_of("journalEntries", given, rows, lambda row: (row.posted_at, row.entry_id))
    return EntryPage(items=tuple(map(_entry, shown)), next=following)


def cursor_of(given: EntriesInput, view: EntryView) -> str:
    """The cursor behind one line of a list, for connections."""
    return cursor_at("journalEntries", given, view.posted_at, view.id)


async def trial_balance(edge: Edge, caller: Caller, given: TrialBalanceInput) -> TrialBalanceView:
    """The totals, and a part of the accounts. Raises `Problem`."""
    may_ask("trialBalance", caller)
    prefix, after = (given.prefix, None) if given.cursor is None else _opened(given.cursor)
    if given.prefix not in ("", prefix):
        raise _foreign()
    rows = await edge.reads.journal.accounts(prefix, given.limit + 1, after)
    shown = rows[: given.limit]
    totals = tuple(map(_totals, await edge.reads.journal.totals()))
    return TrialBalanceView(
        balanced=all(bytes(each.debit) == bytes(each.credit) for each in totals),
        totals=totals,
        accounts=tuple(map(_account, shown)),
        next=_sealed(prefix, shown[-1]) if len(rows) > given.limit else None,
    )


def _entry(row: EntryRow) -> EntryView:
    return EntryView(
        id=row.entry_id,
        account=row.account,
        side=row.side,
        amount=money(row.amount_minor, row.currency),
        currency=row.currency,
        aggregate_id=row.aggregate_id,
        event_type=row.event_type,
        posted_at=row.posted_at,
        position=row.position,
    )


def _account(row: AccountRow) -> AccountView:
    return AccountView(
        account=row.account,
        currency=row.currency,
        debit=money(row.debit_minor, row.currency),
        credit=money(row.credit_minor, row.currency),
        balance=money(row.credit_minor - row.debit_minor, row.currency),
        lines=row.lines,
    )


def _totals(row: TotalsRow) -> CurrencyTotalsView:
    return CurrencyTotalsView(
        currency=row.currency,
        debit=money(row.debit_minor, row.currency),
        credit=money(row.credit_minor, row.currency),
        difference=money(row.debit_minor - row.credit_minor, row.currency),
        accounts=row.accounts,
        lines=row.lines,
    )


def _sealed(prefix: str, row: AccountRow) -> str:
    """With the prefix, which the cursor of a list carries as every other its filters."""
    return urlsafe_b64encode(f"{row.currency} {row.account} {prefix}".encode()).decode().rstrip("=")


def _opened(text: str) -> tuple[str, tuple[str, str]]:
    """The prefix, and the account and currency that the list goes on after. Raises `Problem` for what is no cursor."""
    try:
        currency, account, prefix = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").split(" ")
    except ValueError:
        raise _foreign() from None
    if not (account + prefix).isprintable() or not account or not currency.isalpha():
        raise _foreign()
    return prefix, (account, currency)


def _foreign() -> Problem:
    return invalid_at("/cursor", "the cursor is not one of this list")
