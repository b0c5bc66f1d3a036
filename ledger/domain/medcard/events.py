"""Events of a MedCard. Class and field names are the stored format: add, never rename."""

from dataclasses import dataclass
from datetime import date, datetime

from ledger.domain.kinds import Erased, Event, personal
from ledger.domain.tiers import CardType


@dataclass(frozen=True, slots=True)
class Person:
    """Who a card or a cover belongs to; personal data throughout."""

    national_id: str
    name: str
    date_of_birth: date
    phone_number: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a prescription; health data throughout. Prices in minor units."""

    drug_code: str
    drug_name: str
    quantity: int
    unit_price_minor: int
    total_price_minor: int
    gtin: str | None = None
    serial: str | None = None
    batch: str | None = None
    expiry: date | None = None


@dataclass(frozen=True, slots=True)
class MedCardCreated(Event):
    user_id: str
    card_type: CardType
    plan_id: str
    currency: str
    monthly_limit_minor: int
    annual_limit_minor: int | None
    copayment_basis_points: int
    expiry_date: date
    holder: Person | Erased = personal(of="user_id")


@dataclass(frozen=True, slots=True)
class MedCardActivated(Event):
    pass


@dataclass(frozen=True, slots=True)
class MedCardSuspended(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class MedCardClosed(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class PrescriptionClaimed(Event):
    """A claim adjudicated PAID. The patient pays `total_minor - covered_minor`; `month` is that of the service date."""

    claim_id: str
    prescription_id: str
    fill_number: int
    pharmacy_id: str
    beneficiary_id: str
    service_date: date
    month: str
    currency: str
    total_minor: int
    covered_minor: int
    copay_minor: int
    items: tuple[Item, ...] | Erased = personal(of="beneficiary_id")


@dataclass(frozen=True, slots=True)
class PrescriptionClaimRejected(Event):
    """A claim adjudicated REJECTED: a fact, listed for the pharmacy and the auditor."""

    claim_id: str
    prescription_id: str
    fill_number: int
    pharmacy_id: str
    beneficiary_id: str
    service_date: date
    month: str
    currency: str
    total_minor: int
    reject_codes: tuple[str, ...]
    items: tuple[Item, ...] | Erased = personal(of="beneficiary_id")


@dataclass(frozen=True, slots=True)
class PrescriptionClaimVoided(Event):
    """A claim whose reversal had come first: the two cancel out."""

    claim_id: str
    prescription_id: str
    fill_number: int
    pharmacy_id: str
    beneficiary_id: str
    service_date: date
    month: str
    currency: str
    total_minor: int


@dataclass(frozen=True, slots=True)
class PrescriptionClaimReversed(Event):
    """A paid claim taken back: its cover returns to the month of the claim."""

    claim_id: str
    prescription_id: str
    fill_number: int
    pharmacy_id: str
    beneficiary_id: str
    month: str
    currency: str
    total_minor: int
    covered_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class PrescriptionVoidPending(Event):
    """A reversal that came before its claim: it voids the claim if that comes before `expires_at`."""

    prescription_id: str
    fill_number: int
    pharmacy_id: str
    expires_at: datetime
    reason: str


EVENTS: tuple[type[Event], ...] = (
    MedCardCreated,
    MedCardActivated,
    MedCardSuspended,
    MedCardClosed,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimVoided,
    PrescriptionClaimReversed,
    PrescriptionVoidPending,
)
