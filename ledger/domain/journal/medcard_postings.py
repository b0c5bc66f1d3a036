"""What a card's events post: what its plan owes, and what pharmacies and providers are owed.

A plan pays providers itself, so its payment takes an approved claim off both sides. Pharmacies are paid by us
(`pharmacy_postings`), for cover and wallet shares together; the plan's receivable for their cover stands meanwhile.
"""

from ledger.domain.journal.entries import Posting, moved, postings
from ledger.domain.journal.wallet_postings import TRANSFERS
from ledger.domain.medcard.events import PrescriptionClaimed, PrescriptionClaimReversed
from ledger.domain.medcard.insurance_events import (
    InsuranceClaimApproved,
    InsuranceClaimPaid,
    InsuranceClaimRejected,
)


def receivable_account(plan_id: str) -> str:
    return f"payer:{plan_id}:receivable"


def pharmacy_account(pharmacy_id: str) -> str:
    return f"pharmacy:{pharmacy_id}:payable"


def provider_account(provider_id: str) -> str:
    return f"provider:{provider_id}:payable"


@postings.register
def _(event: PrescriptionClaimed, aggregate_id: str) -> tuple[Posting, ...]:
    """The wallet's share comes through the account that the capture of its hold goes to."""
    del aggregate_id
    receivable, pharmacy = receivable_account(event.plan_id), pharmacy_account(event.pharmacy_id)
    return (
        *moved(event.covered_minor, event.currency, debit=receivable, credit=pharmacy),
        *moved(event.wallet_minor, event.currency, debit=TRANSFERS, credit=pharmacy),
    )


@postings.register
def _(event: PrescriptionClaimReversed, aggregate_id: str) -> tuple[Posting, ...]:
    """The claim's posting with its sides turned round; the wallet's share waits for the credit that returns it."""
    del aggregate_id
    receivable, pharmacy = receivable_account(event.plan_id), pharmacy_account(event.pharmacy_id)
    return (
        *moved(event.covered_minor, event.currency, debit=pharmacy, credit=receivable),
        *moved(event.wallet_minor, event.currency, debit=pharmacy, credit=TRANSFERS),
    )


@postings.register
def _(event: InsuranceClaimApproved, aggregate_id: str) -> tuple[Posting, ...]:
    del aggregate_id
    return _decided(event, event.approved_minor)


@postings.register
def _(event: InsuranceClaimRejected, aggregate_id: str) -> tuple[Posting, ...]:
    del aggregate_id
    return _decided(event, 0)


def _decided(event: InsuranceClaimApproved | InsuranceClaimRejected, approved_minor: int) -> tuple[Posting, ...]:
    """Only the difference to the decision that this one takes the place of."""
    receivable, provider = receivable_account(event.plan_id), provider_account(event.provider_id)
    more_minor = approved_minor - event.previously_approved_minor
    if more_minor < 0:
        return moved(-more_minor, event.currency, debit=provider, credit=receivable)
    return moved(more_minor, event.currency, debit=receivable, credit=provider)


@postings.register
def _(event: InsuranceClaimPaid, aggregate_id: str) -> tuple[Posting, ...]:
    """What was approved and not paid stays owed."""
    del aggregate_id
    receivable, provider = receivable_account(event.plan_id), provider_account(event.provider_id)
    return moved(event.paid_minor, event.currency, debit=provider, credit=receivable)
