"""What a payment's events post: money that a gateway owes us, and has not yet reached a wallet or a payer."""

from ledger.domain.journal.entries import Posting, moved, postings
from ledger.domain.journal.wallet_postings import SUSPENSE
from ledger.domain.payment.events import Gateway, PaymentCompleted, RefundCompleted


def clearing_account(gateway: Gateway) -> str:
    return f"gateway:{gateway.lower()}:clearing"


def fees_account(gateway: Gateway) -> str:
    return f"gateway:{gateway.lower()}:fees"


@postings.register
def _(event: PaymentCompleted, aggregate_id: str) -> tuple[Posting, ...]:
    """All of it waits in suspense for its wallet's credit: a credit that is refused leaves it there, in sight."""
    del aggregate_id
    clearing, fees = clearing_account(event.gateway), fees_account(event.gateway)
    return (
        *moved(event.amount_minor, event.currency, debit=clearing, credit=SUSPENSE),
        *moved(event.fees_minor, event.currency, debit=fees, credit=clearing),
    )


@postings.register
def _(event: RefundCompleted, aggregate_id: str) -> tuple[Posting, ...]:
    """Out of suspense, where the capture of the wallet's hold puts it, or a refused credit had left it."""
    del aggregate_id
    return moved(event.amount_minor, event.currency, debit=SUSPENSE, credit=clearing_account(event.gateway))
