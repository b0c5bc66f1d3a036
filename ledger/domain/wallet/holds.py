"""Holds: placed, then captured, released or expired, each of them once."""

from ledger.domain.calendar import cairo_date
from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal
from ledger.domain.wallet import refusals
from ledger.domain.wallet.commands import CaptureHold, ExpireHold, PlaceHold, ReleaseHold
from ledger.domain.wallet.events import HoldCaptured, HoldExpired, HoldPlaced, HoldReleased, Owner
from ledger.domain.wallet.spending import against_spending
from ledger.domain.wallet.state import Hold, HoldStatus, Wallet


def place(wallet: Wallet, command: PlaceHold, context: Context) -> Event | Refusal:
    """Checked as a debit is; an id is used once, also after its hold has ended."""
    day = cairo_date(context.at)
    refusal = against_spending(wallet, command.amount_minor, command.currency, day, command.owner)
    if refusal is not None:
        return refusal
    hold_id = f"hld_{context.command_id}" if command.hold_id is None else command.hold_id
    if hold_id in wallet.holds:
        return refusals.HoldAlreadyExists()
    return HoldPlaced(
        hold_id=hold_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        purpose=command.purpose,
        reference=command.reference,
        owner=command.owner,
        day=day,
        expires_at=command.expires_at if command.owner is Owner.PUBLIC else None,
    )


def capture(wallet: Wallet, command: CaptureHold, transaction_id: str) -> Event | Refusal:
    """A hold captured after its `expires_at` is still captured: until a timer ends it, its money is set aside."""
    hold = _open_hold(wallet, command.hold_id, command.owner)
    if isinstance(hold, Refusal):
        return hold
    amount_minor = hold.amount_minor if command.amount_minor is None else command.amount_minor
    if amount_minor > hold.amount_minor:
        return refusals.CaptureExceedsHold(hold.amount_minor)
    if amount_minor <= 0:
        return refusals.AmountNotPositive()
    if transaction_id in wallet.transactions:
        return refusals.TransactionAlreadyExists()
    return HoldCaptured(
        hold_id=command.hold_id,
        transaction_id=transaction_id,
        amount_minor=amount_minor,
        released_minor=hold.amount_minor - amount_minor,
        currency=wallet.currency,
        purpose=hold.purpose,
        owner=hold.owner,
    )


def release(wallet: Wallet, command: ReleaseHold) -> Event | Refusal:
    hold = _open_hold(wallet, command.hold_id, command.owner)
    if isinstance(hold, Refusal):
        return hold
    return HoldReleased(command.hold_id, hold.amount_minor, wallet.currency, hold.owner)


def expire(wallet: Wallet, command: ExpireHold, context: Context) -> Event | Refusal:
    """For holds of the public alone: those of processes never expire."""
    hold = _open_hold(wallet, command.hold_id, Owner.PUBLIC)
    if isinstance(hold, Refusal):
        return hold
    if hold.expires_at is None or context.at < hold.expires_at:
        return refusals.HoldNotDue(hold.expires_at)
    return HoldExpired(command.hold_id, hold.amount_minor, wallet.currency, hold.owner)


def _open_hold(wallet: Wallet, hold_id: str, owner: Owner) -> Hold | Refusal:
    """The hold that this owner may end."""
    hold = wallet.holds.get(hold_id)
    if hold is None:
        return refusals.HoldNotFound()
    if hold.status is not HoldStatus.OPEN:
        return refusals.HoldClosed(hold.status)
    if hold.owner not in (Owner.PUBLIC, owner):
        return refusals.HoldOwnedByProcess(hold.owner)
    return hold
