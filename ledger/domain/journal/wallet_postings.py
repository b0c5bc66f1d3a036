"""What a wallet's events post.

`wallet:{id}` is what is available and `wallet-holds:{id}` what is set aside: together they are the wallet's balance,
which we owe its owner. Money from and to other aggregates goes through accounts that are empty once both have posted.
"""

from ledger.domain.journal.entries import Posting, moved, postings
from ledger.domain.wallet.events import (
    Direction,
    HoldCaptured,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    Owner,
    TransactionReversed,
    WalletCredited,
    WalletDebited,
)

SUSPENSE = "suspense"
"""Money between a gateway and a wallet: received and not yet credited, or taken back and not yet refunded."""

TRANSFERS = "transfers:clearing"
"""Money between two wallets, or between a wallet and a pharmacy that a copayment goes to."""


def wallet_account(wallet_id: str) -> str:
    return f"wallet:{wallet_id}"


def holds_account(wallet_id: str) -> str:
    return f"wallet-holds:{wallet_id}"


def other_side(owner: Owner, source: str) -> str:
    """The account that money comes from, or goes to, when it enters or leaves a wallet."""
    match owner:
        case Owner.PUBLIC:
            return f"adjustments:{source}"
        case Owner.TRANSFER | Owner.COPAY:
            return TRANSFERS
        case Owner.TOP_UP | Owner.REFUND:
            return SUSPENSE


@postings.register
def _(event: WalletCredited, aggregate_id: str) -> tuple[Posting, ...]:
    other = other_side(event.owner, event.source)
    return moved(event.amount_minor, event.currency, debit=other, credit=wallet_account(aggregate_id))


@postings.register
def _(event: WalletDebited, aggregate_id: str) -> tuple[Posting, ...]:
    other = other_side(Owner.PUBLIC, event.purpose)
    return moved(event.amount_minor, event.currency, debit=wallet_account(aggregate_id), credit=other)


@postings.register
def _(event: HoldPlaced, aggregate_id: str) -> tuple[Posting, ...]:
    wallet, holds = wallet_account(aggregate_id), holds_account(aggregate_id)
    return moved(event.amount_minor, event.currency, debit=wallet, credit=holds)


@postings.register
def _(event: HoldCaptured, aggregate_id: str) -> tuple[Posting, ...]:
    wallet, holds = wallet_account(aggregate_id), holds_account(aggregate_id)
    other = other_side(event.owner, event.purpose)
    return (
        *moved(event.amount_minor, event.currency, debit=holds, credit=other),
        *moved(event.released_minor, event.currency, debit=holds, credit=wallet),
    )


@postings.register(HoldReleased)
@postings.register(HoldExpired)
def _(event: HoldReleased | HoldExpired, aggregate_id: str) -> tuple[Posting, ...]:
    wallet, holds = wallet_account(aggregate_id), holds_account(aggregate_id)
    return moved(event.amount_minor, event.currency, debit=holds, credit=wallet)


@postings.register
def _(event: TransactionReversed, aggregate_id: str) -> tuple[Posting, ...]:
    """The reversed transaction's posting with its sides turned round."""
    wallet, other = wallet_account(aggregate_id), other_side(event.owner, event.source)
    debit, credit = (wallet, other) if event.direction is Direction.CREDIT else (other, wallet)
    return moved(event.amount_minor, event.currency, debit=debit, credit=credit)
