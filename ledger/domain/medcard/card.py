"""A MedCard as its deciders see it: the state, and what can be asked of it. `state` says how events change it."""

# Methods name the class that they stand in.
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from ledger.domain.calendar import year_of_month
from ledger.domain.copying import copier
from ledger.domain.kinds import Erased, personal
from ledger.domain.medcard.events import MedCardCreated, Person, PrescriptionClaimReserved
from ledger.domain.persistent import PersistentMap, PersistentSet
from ledger.domain.tiers import CardType

ClaimKey = tuple[str, str, int]
"""(pharmacy, prescription, fill): what makes two claims the same."""


class Status(StrEnum):
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class ClaimState(StrEnum):
    """Of a claim that took cover. RELEASED and REVERSED gave it back, and the prescription may be claimed again."""

    RESERVED = "RESERVED"
    PAID = "PAID"
    RELEASED = "RELEASED"
    REVERSED = "REVERSED"


class InsuranceStatus(StrEnum):
    FILED = "FILED"
    UNDER_REVIEW = "UNDER_REVIEW"
    APPROVED = "APPROVED"
    PARTIALLY_APPROVED = "PARTIALLY_APPROVED"
    REJECTED = "REJECTED"
    APPEALED = "APPEALED"
    PAID = "PAID"


@dataclass(frozen=True, slots=True)
class Beneficiary:
    beneficiary_id: str
    relation: str
    person: Person | Erased = personal(of="beneficiary_id")
    monthly_limit_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What later commands need to know of a claim that took cover."""

    claim_id: str
    key: ClaimKey
    beneficiary_id: str
    month: str
    total_minor: int
    covered_minor: int
    copay_minor: int
    plan_id: str
    wallet_id: str | None
    wallet_minor: int
    state: ClaimState
    serials: tuple[str, ...] = personal(of="beneficiary_id", default=())

    @property
    def serials_out(self) -> tuple[str, ...]:
        """The packs that were dispensed on it and not given back: no other claim of the card may name them."""
        return self.serials if self.state in (ClaimState.RESERVED, ClaimState.PAID) else ()


class Claims(Mapping[str, Claim]):
    """Claims by their id, each kept as one text: most of them are only ever asked for again when they are reversed,
    and a claim as an object costs three times as much."""

    __slots__ = ("_texts",)

    def __init__(self, claims: Iterable[tuple[str, Claim]] = ()) -> None:
        self._texts: PersistentMap[str, bytes] = PersistentMap(
            (claim_id, _text_of(claim)) for claim_id, claim in claims
        )

    def __getitem__(self, claim_id: str) -> Claim:
        return _claim_of(claim_id, self._texts[claim_id])

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __contains__(self, claim_id: object) -> bool:
        return claim_id in self._texts

    def __hash__(self) -> int:
        return hash(self._texts)

    def __repr__(self) -> str:
        return f"Claims({list(self.items())!r})"

    def insert(self, claim_id: str, claim: Claim) -> Claims:
        """With this claim, in the place of what was known of it before."""
        made = Claims()
        made._texts = self._texts.insert(claim_id, _text_of(claim))
        return made


# No text that was ever stored has a NUL.
_BETWEEN = "\0"


def text_of_key(key: ClaimKey) -> str:
    """What the newest claim of a prescription and fill is found by; as one text, for the same reason."""
    pharmacy_id, prescription_id, fill_number = key
    return f"{pharmacy_id}{_BETWEEN}{prescription_id}{_BETWEEN}{fill_number}"


def _text_of(claim: Claim) -> bytes:
    text = _BETWEEN.join(
        (
            text_of_key(claim.key),
            claim.beneficiary_id,
            claim.month,
            str(claim.total_minor),
            str(claim.covered_minor),
            str(claim.copay_minor),
            claim.plan_id,
            claim.state,
            f"{claim.wallet_minor}" if claim.wallet_id is None else f"{claim.wallet_minor} {claim.wallet_id}",
            *claim.serials,
        )
    )
    return text.encode()


def _claim_of(claim_id: str, text: bytes) -> Claim:
    pharmacy_id, prescription_id, fill, person, month, total, covered, copay, plan_id, state, wallet, *serials = (
        text.decode().split(_BETWEEN)
    )
    wallet_minor, has_wallet, wallet_id = wallet.partition(" ")
    return Claim(
        claim_id=claim_id,
        key=(pharmacy_id, prescription_id, int(fill)),
        beneficiary_id=person,
        month=month,
        total_minor=int(total),
        covered_minor=int(covered),
        copay_minor=int(copay),
        plan_id=plan_id,
        wallet_id=wallet_id if has_wallet else None,
        wallet_minor=int(wallet_minor),
        state=ClaimState(state),
        serials=tuple(serials),
    )


@dataclass(frozen=True, slots=True)
class InsuranceClaim:
    """`approved_minor` is what the newest decision approved, which holds while an appeal against it is open."""

    claim_id: str
    provider_id: str
    beneficiary_id: str
    year: str
    claimed_minor: int
    approved_minor: int = 0
    status: InsuranceStatus = InsuranceStatus.FILED


@dataclass(frozen=True, slots=True)
class LimitRequest:
    request_id: str
    monthly_limit_minor: int
    requested_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class MedCard:
    """A card that exists. Persistent maps: one more claim costs the same on a card with ten and with 100,000.

    `latest_claims` go by `text_of_key`. `covered_by_month` and `covered_by_beneficiary` count prescription claims,
    reserved ones included; `covered_by_year` what counts against the annual limit: those and approved insurance claims.
    """

    origin: MedCardCreated
    status: Status
    card_type: CardType
    monthly_limit_minor: int
    monthly_limit_of_tier: bool
    annual_limit_minor: int | None
    copayment_basis_points: int
    copayment_of_tier: bool
    expiry_date: date
    beneficiaries: PersistentMap[str, Beneficiary]
    limit_requests: PersistentMap[str, LimitRequest] = PersistentMap()
    claims: Claims = Claims()
    latest_claims: PersistentMap[str, str] = PersistentMap()
    reserved: PersistentMap[str, PrescriptionClaimReserved] = PersistentMap()
    covered_by_month: PersistentMap[str, int] = PersistentMap()
    covered_by_year: PersistentMap[str, int] = PersistentMap()
    covered_by_beneficiary: PersistentMap[tuple[str, str], int] = PersistentMap()
    voids_pending: PersistentMap[ClaimKey, datetime] = PersistentMap()
    serials: PersistentSet[str] = PersistentSet()
    insurance_claims: PersistentMap[str, InsuranceClaim] = PersistentMap()

    @property
    def holder(self) -> Beneficiary:
        """The primary holder, who is always covered."""
        return self.beneficiaries[self.origin.user_id]

    def latest_claim(self, key: ClaimKey) -> Claim | None:
        """The newest claim of a prescription and fill that took cover, given back or not."""
        claim_id = self.latest_claims.get(text_of_key(key))
        return None if claim_id is None else self.claims[claim_id]

    def month_remaining_minor(self, month: str) -> int:
        """What the card's monthly limit still covers in a month; never negative."""
        return max(0, self.monthly_limit_minor - self.covered_by_month.get(month, 0))

    def year_remaining_minor(self, year: str) -> int | None:
        """What the annual limit still covers in a year; None where there is no such limit."""
        if self.annual_limit_minor is None:
            return None
        return max(0, self.annual_limit_minor - self.covered_by_year.get(year, 0))

    def cover_remaining_minor(self, beneficiary: Beneficiary, month: str) -> int:
        """What is left for a beneficiary in a month, under the month's, the beneficiary's and the annual limit."""
        remaining = self.month_remaining_minor(month)
        if beneficiary.monthly_limit_minor is not None:
            used = self.covered_by_beneficiary.get((beneficiary.beneficiary_id, month), 0)
            remaining = min(remaining, beneficiary.monthly_limit_minor - used)
        year_remaining = self.year_remaining_minor(year_of_month(month))
        if year_remaining is not None:
            remaining = min(remaining, year_remaining)
        return max(0, remaining)

    def covering(self, beneficiary_id: str, month: str, change_minor: int, **changes: Any) -> MedCard:
        """The card with these changes, and with cover taken, or given back, by a prescription claim.

        One copy of the card for both, because this is the way of every claim and copies are most of its cost.
        """
        year, person = year_of_month(month), (beneficiary_id, month)
        months, years, persons = self.covered_by_month, self.covered_by_year, self.covered_by_beneficiary
        return _changed(
            self,
            covered_by_month=months.insert(month, months.get(month, 0) + change_minor),
            covered_by_year=years.insert(year, years.get(year, 0) + change_minor),
            covered_by_beneficiary=persons.insert(person, persons.get(person, 0) + change_minor),
            **changes,
        )

    def with_drawn(self, year: str, change_minor: int) -> MedCard:
        """The card after something drew on the annual limit, or gave it back."""
        years = self.covered_by_year
        return replace(self, covered_by_year=years.insert(year, years.get(year, 0) + change_minor))


_changed = copier(MedCard)
