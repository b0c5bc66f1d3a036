"""What a wallet answers to its commands. Checks stand in the order in which they are made, which is the contract."""

from functools import singledispatch

from ledger.domain.calendar import cairo_date
from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.wallet import events, holds, refusals
from ledger.domain.wallet.commands import (
    ActivateWallet,
    CaptureHold,
    ChangeWalletLimits,
    CloseWallet,
    Command,
    CreateWallet,
    CreditWallet,
    DebitWallet,
    ExpireHold,
    PlaceHold,
    ReleaseHold,
    ReverseTransaction,
    SuspendWallet,
)
from ledger.domain.wallet.events import Direction, Owner
from ledger.domain.wallet.limits import Regulation, is_above, regulation_on
from ledger.domain.wallet.spending import against_credit, against_spending
from ledger.domain.wallet.state import Status, Transaction, Wallet

Decision = Event | Refusal | Unchanged


def decide(wallet: Wallet | None, command: Command, context: Context) -> Decision:
    """The one event that the command brings about, or the refusal or known fact that answers it."""
    if isinstance(command, CreateWallet):
        return _create(wallet, command, context)
    if wallet is None:
        return refusals.WalletNotFound()
    return _decide(command, wallet, context)


def _create(wallet: Wallet | None, command: CreateWallet, context: Context) -> Decision:
    wanted = events.WalletCreated(
        user_id=command.user_id,
        owner_class=command.owner_class,
        currency=command.currency,
        daily_limit_minor=command.daily_limit_minor,
        monthly_limit_minor=command.monthly_limit_minor,
    )
    if wallet is not None:
        return refusals.WalletCreatedBefore() if wallet.origin == wanted else refusals.WalletAlreadyExists()
    regulation = regulation_on(cairo_date(context.at), command.owner_class, command.currency)
    return _against_limits(wanted.daily_limit_minor, wanted.monthly_limit_minor, regulation) or wanted


def _against_limits(daily_minor: int | None, monthly_minor: int | None, regulation: Regulation) -> Refusal | None:
    """Why a wallet may not have these limits of its own."""
    if is_above(daily_minor, regulation.daily_limit_minor) or is_above(monthly_minor, regulation.monthly_limit_minor):
        return refusals.LimitAboveRegulation(regulation.daily_limit_minor, regulation.monthly_limit_minor)
    if any(limit_minor is not None and limit_minor <= 0 for limit_minor in (daily_minor, monthly_minor)):
        return refusals.LimitNotPositive()
    return None


def _transaction_id(chosen: str | None, context: Context) -> str:
    return f"txn_{context.command_id}" if chosen is None else chosen


@singledispatch
def _decide(command: Command, _wallet: Wallet, _context: Context) -> Decision:
    raise AssertionError(f"no wallet decides {type(command).__name__}")


@_decide.register
def _(_command: ActivateWallet, wallet: Wallet, _context: Context) -> Decision:
    if wallet.status is Status.CLOSED:
        return refusals.WalletClosed()
    if wallet.status not in (Status.PENDING, Status.SUSPENDED):
        return refusals.InvalidState(wallet.status)
    return events.WalletActivated()


@_decide.register
def _(command: SuspendWallet, wallet: Wallet, _context: Context) -> Decision:
    if wallet.status is Status.CLOSED:
        return refusals.WalletClosed()
    if wallet.status is not Status.ACTIVE:
        return refusals.InvalidState(wallet.status)
    return events.WalletSuspended(command.reason)


@_decide.register
def _(command: CloseWallet, wallet: Wallet, _context: Context) -> Decision:
    """From every state but CLOSED, and only when nothing is left in it."""
    if wallet.status is Status.CLOSED:
        return refusals.WalletClosed()
    if wallet.holds_open:
        return refusals.HoldsOpen(wallet.holds_open, wallet.held_minor)
    if wallet.balance_minor:
        return refusals.BalanceNotZero(wallet.balance_minor)
    return events.WalletClosed(command.reason)


@_decide.register
def _(command: CreditWallet, wallet: Wallet, context: Context) -> Decision:
    refusal = against_credit(wallet, command.amount_minor, command.currency, cairo_date(context.at))
    if refusal is not None:
        return refusal
    transaction_id = _transaction_id(command.transaction_id, context)
    if transaction_id in wallet.transactions:
        return refusals.TransactionAlreadyExists()
    return events.WalletCredited(
        transaction_id=transaction_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        source=command.source,
        reference=command.reference,
        owner=command.owner,
    )


@_decide.register
def _(command: DebitWallet, wallet: Wallet, context: Context) -> Decision:
    day = cairo_date(context.at)
    refusal = against_spending(wallet, command.amount_minor, command.currency, day)
    if refusal is not None:
        return refusal
    transaction_id = _transaction_id(command.transaction_id, context)
    if transaction_id in wallet.transactions:
        return refusals.TransactionAlreadyExists()
    return events.WalletDebited(
        transaction_id=transaction_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        purpose=command.purpose,
        reference=command.reference,
        day=day,
    )


@_decide.register
def _(command: PlaceHold, wallet: Wallet, context: Context) -> Decision:
    return holds.place(wallet, command, context)


@_decide.register
def _(command: CaptureHold, wallet: Wallet, context: Context) -> Decision:
    return holds.capture(wallet, command, _transaction_id(None, context))


@_decide.register
def _(command: ReleaseHold, wallet: Wallet, _context: Context) -> Decision:
    return holds.release(wallet, command)


@_decide.register
def _(command: ExpireHold, wallet: Wallet, context: Context) -> Decision:
    return holds.expire(wallet, command, context)


@_decide.register
def _(command: ChangeWalletLimits, wallet: Wallet, context: Context) -> Decision:
    if wallet.status is Status.CLOSED:
        return refusals.WalletClosed()
    daily_minor, monthly_minor = wallet.daily_limit_minor, wallet.monthly_limit_minor
    if command.daily_limit_minor is not None:
        daily_minor = command.daily_limit_minor
    if command.monthly_limit_minor is not None:
        monthly_minor = command.monthly_limit_minor
    # Only what is asked for is judged: an old limit that a new law has overtaken does not bar a lower other one.
    regulation = wallet.regulation(cairo_date(context.at))
    refusal = _against_limits(command.daily_limit_minor, command.monthly_limit_minor, regulation)
    if refusal is not None:
        return refusal
    if (daily_minor, monthly_minor) == (wallet.daily_limit_minor, wallet.monthly_limit_minor):
        return refusals.LimitsUnchanged()
    return events.WalletLimitsChanged(daily_minor, monthly_minor)


@_decide.register
def _(command: ReverseTransaction, wallet: Wallet, context: Context) -> Decision:
    transaction = wallet.transactions.get(command.transaction_id)
    if transaction is None:
        return refusals.TransactionNotFound()
    refusal = _against_reversal(wallet, transaction, command.owner)
    if refusal is not None:
        return refusal
    transaction_id = _transaction_id(None, context)
    if transaction_id in wallet.transactions:
        return refusals.TransactionAlreadyExists()
    return events.TransactionReversed(
        transaction_id=transaction_id,
        reverses=command.transaction_id,
        direction=transaction.direction,
        amount_minor=transaction.amount_minor,
        currency=wallet.currency,
        source=transaction.source,
        owner=transaction.owner,
        reason=command.reason,
    )


def _against_reversal(wallet: Wallet, transaction: Transaction, owner: Owner) -> Refusal | None:
    if transaction.reversed:
        return refusals.AlreadyReversed()
    if transaction.owner not in (Owner.PUBLIC, owner):
        of_hold = transaction.hold_id is not None
        return (refusals.HoldOwnedByProcess if of_hold else refusals.TransactionOwnedByProcess)(transaction.owner)
    if transaction.direction is Direction.CREDIT and transaction.amount_minor > wallet.available_minor:
        return refusals.InsufficientFunds(wallet.available_minor)
    if wallet.status is Status.CLOSED:
        # Nobody could ever take the money out again.
        return refusals.WalletClosed()
    return None
