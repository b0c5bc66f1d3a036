"""What a pharmacy's events post: the money that it was paid."""

from ledger.domain.journal.entries import Posting, moved, postings
from ledger.domain.journal.medcard_postings import pharmacy_account
from ledger.domain.pharmacy.events import PharmacyRemitted

REMITTANCES = "adjustments:remittance"
"""The bank transfers that operators record: money that leaves by a way outside the ledger, as all `adjustments` do."""


@postings.register
def _(event: PharmacyRemitted, aggregate_id: str) -> tuple[Posting, ...]:
    return moved(event.amount_minor, event.currency, debit=pharmacy_account(aggregate_id), credit=REMITTANCES)
