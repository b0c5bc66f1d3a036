"""Every family's postings. Import `postings` from here: from `entries` alone it knows of no event that moves money."""

from ledger.domain.journal import medcard_postings, payment_postings, pharmacy_postings, wallet_postings
from ledger.domain.journal.entries import Posting, Side, balance, postings

FAMILIES = (medcard_postings, payment_postings, pharmacy_postings, wallet_postings)
"""The modules whose import registers the postings."""

__all__ = ["FAMILIES", "Posting", "Side", "balance", "postings"]
