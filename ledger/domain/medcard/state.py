"""The state of a MedCard, and how events change it."""

# The persistent map's class cannot be subscripted at run time.
from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import singledispatch

from rpds import HashTrieMap, HashTrieSet

from ledger.domain.calendar import year_of_month
from ledger.domain.kinds import Erased, Event
from ledger.domain.medcard.events import (
    Item,
    MedCardActivated,
    MedCardClosed,
    MedCardCreated,
    MedCardSuspended,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)

ClaimKey = tuple[str, str, int]
"""(pharmacy, prescription, fill): what makes two claims the same."""


class Status(StrEnum):
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Beneficiary:
    beneficiary_id: str
    relation: str
    monthly_limit_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What later commands need to know of a paid claim; `reversed` once it was taken back."""

    claim_id: str
    key: ClaimKey
    beneficiary_id: str
    month: str
    total_minor: int
    covered_minor: int
    copay_minor: int
    serials: tuple[str, ...] = ()
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class MedCard:
    """A card that exists. Persistent maps: one more claim costs the same on a card with ten and with 100,000."""

    origin: MedCardCreated
    status: Status
    monthly_limit_minor: int
    annual_limit_minor: int | None
    copayment_basis_points: int
    expiry_date: date
    beneficiaries: HashTrieMap[str, Beneficiary]
    claims: HashTrieMap[str, Claim] = HashTrieMap()
    latest_claims: HashTrieMap[ClaimKey, str] = HashTrieMap()
    covered_by_month: HashTrieMap[str, int] = HashTrieMap()
    covered_by_year: HashTrieMap[str, int] = HashTrieMap()
    covered_by_beneficiary: HashTrieMap[tuple[str, str], int] = HashTrieMap()
    voids_pending: HashTrieMap[ClaimKey, datetime] = HashTrieMap()
    serials: HashTrieSet[str] = HashTrieSet()

    def latest_claim(self, key: ClaimKey) -> Claim | None:
        """The newest paid claim of a prescription and fill, reversed or not."""
        claim_id = self.latest_claims.get(key)
        return None if claim_id is None else self.claims[claim_id]

    def month_remaining_minor(self, month: str) -> int:
        """What the card's monthly limit still covers in a month; never negative."""
        return max(0, self.monthly_limit_minor - self.covered_by_month.get(month, 0))

    def cover_remaining_minor(self, beneficiary: Beneficiary, month: str) -> int:
        """What is left for a beneficiary in a month, under the month's, the beneficiary's and the annual limit."""
        remaining = self.month_remaining_minor(month)
        if beneficiary.monthly_limit_minor is not None:
            used = self.covered_by_beneficiary.get((beneficiary.beneficiary_id, month), 0)
            remaining = min(remaining, beneficiary.monthly_limit_minor - used)
        if self.annual_limit_minor is not None:
            used = self.covered_by_year.get(year_of_month(month), 0)
            remaining = min(remaining, self.annual_limit_minor - used)
        return max(0, remaining)

    def _with_cover(self, beneficiary_id: str, month: str, change_minor: int) -> MedCard:
        year, person = year_of_month(month), (beneficiary_id, month)
        months, years, persons = self.covered_by_month, self.covered_by_year, self.covered_by_beneficiary
        return replace(
            self,
            covered_by_month=months.insert(month, months.get(month, 0) + change_minor),
            covered_by_year=years.insert(year, years.get(year, 0) + change_minor),
            covered_by_beneficiary=persons.insert(person, persons.get(person, 0) + change_minor),
        )


def created(event: MedCardCreated) -> MedCard:
    """A new card; its primary holder is the first beneficiary, under the card's user id."""
    return MedCard(
        origin=event,
        status=Status.PENDING,
        monthly_limit_minor=event.monthly_limit_minor,
        annual_limit_minor=event.annual_limit_minor,
        copayment_basis_points=event.copayment_basis_points,
        expiry_date=event.expiry_date,
        beneficiaries=HashTrieMap({event.user_id: Beneficiary(event.user_id, "PRIMARY")}),
    )


def evolve(card: MedCard | None, event: Event) -> MedCard:
    """The card after an event that its decider gave; `card` is None before the first."""
    if isinstance(event, MedCardCreated):
        return created(event)
    assert card is not None, "a card's first event is MedCardCreated"
    return _evolve(event, card)


@singledispatch
def _evolve(event: Event, card: MedCard) -> MedCard:
    raise AssertionError(f"no MedCard knows {type(event).__name__}")


@_evolve.register
def _(_event: MedCardActivated, card: MedCard) -> MedCard:
    return replace(card, status=Status.ACTIVE)


@_evolve.register
def _(_event: MedCardSuspended, card: MedCard) -> MedCard:
    return replace(card, status=Status.SUSPENDED)


@_evolve.register
def _(_event: MedCardClosed, card: MedCard) -> MedCard:
    return replace(card, status=Status.CLOSED)


@_evolve.register
def _(event: PrescriptionClaimed, card: MedCard) -> MedCard:
    key = (event.pharmacy_id, event.prescription_id, event.fill_number)
    claim = Claim(
        claim_id=event.claim_id,
        key=key,
        beneficiary_id=event.beneficiary_id,
        month=event.month,
        total_minor=event.total_minor,
        covered_minor=event.covered_minor,
        copay_minor=event.copay_minor,
        serials=serials_of(event.items),
    )
    paid = replace(
        card,
        claims=card.claims.insert(event.claim_id, claim),
        latest_claims=card.latest_claims.insert(key, event.claim_id),
        serials=card.serials.update(claim.serials),
    )
    return paid._with_cover(event.beneficiary_id, event.month, event.covered_minor)


@_evolve.register
def _(_event: PrescriptionClaimRejected, card: MedCard) -> MedCard:
    return card


@_evolve.register
def _(event: PrescriptionClaimVoided, card: MedCard) -> MedCard:
    key = (event.pharmacy_id, event.prescription_id, event.fill_number)
    return replace(card, voids_pending=card.voids_pending.discard(key))


@_evolve.register
def _(event: PrescriptionClaimReversed, card: MedCard) -> MedCard:
    claim = card.claims[event.claim_id]
    serials = card.serials
    for serial in claim.serials:
        serials = serials.discard(serial)
    card = replace(card, claims=card.claims.insert(claim.claim_id, replace(claim, reversed=True)), serials=serials)
    return card._with_cover(event.beneficiary_id, event.month, -event.covered_minor)


@_evolve.register
def _(event: PrescriptionVoidPending, card: MedCard) -> MedCard:
    key = (event.pharmacy_id, event.prescription_id, event.fill_number)
    return replace(card, voids_pending=card.voids_pending.insert(key, event.expires_at))


def serials_of(items: tuple[Item, ...] | Erased) -> tuple[str, ...]:
    """The serial numbers of packs; none are known once the items were erased."""
    return () if isinstance(items, Erased) else tuple(item.serial for item in items if item.serial is not None)
