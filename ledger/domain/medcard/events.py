"""Events of a MedCard. Class and field names are the stored format: add, never rename.

Those of its terms stand in `terms_events`, those of insurance claims in `insurance_events`; `EVENTS` are all of them.
"""

from dataclasses import dataclass
from datetime import date, datetime

from ledger.domain.kinds import Erased, Event, personal
from ledger.domain.medcard import insurance_events, terms_events
from ledger.domain.tiers import CardType

PLAN_UNNAMED = ".unnamed"
"""Stands for the plan of claims whose first events did not name it. No plan can have this id: ids hold no full stop. So
that money nobody was asked for stays in sight, and is not charged to some plan that happens to be the default."""


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
    # Nobody asked for another value: it is the tier's, and follows a change of tier. Events of before these fields
    # do not tell, and what they recorded counts as the card's own, so that no change of tier can take it away.
    monthly_limit_of_tier: bool = False
    copayment_of_tier: bool = False


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
class MedCardRenewed(Event):
    expiry_date: date


@dataclass(frozen=True, slots=True)
class HolderUpdated(Event):
    """`holder` is the whole person as it stands now: its box takes the place of the old one unopened."""

    user_id: str
    holder: Person | Erased = personal(of="user_id")


@dataclass(frozen=True, slots=True)
class BeneficiaryAdded(Event):
    """The card covers one more person. Without a limit of its own the person shares the card's."""

    beneficiary_id: str
    relation: str
    monthly_limit_minor: int | None
    person: Person | Erased = personal(of="beneficiary_id")


@dataclass(frozen=True, slots=True)
class BeneficiaryUpdated(Event):
    """A beneficiary as it stands now, what was not changed included."""

    beneficiary_id: str
    relation: str
    monthly_limit_minor: int | None
    person: Person | Erased = personal(of="beneficiary_id")


@dataclass(frozen=True, slots=True)
class BeneficiaryRemoved(Event):
    """No new claims for this person. Claims decided before stay as they are, in every sum."""

    beneficiary_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PrescriptionClaimed(Event):
    """A claim adjudicated PAID. The patient pays `total_minor - covered_minor`; `month` is that of the service date.

    `plan_id` owes the cover. With a `wallet_id` it was reserved before, under the same claim id, and `wallet_minor` of
    the patient's share comes from that wallet. `captured_at` and `sequence` are those of a terminal that was offline.
    """

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
    plan_id: str
    items: tuple[Item, ...] | Erased = personal(of="beneficiary_id")
    wallet_id: str | None = None
    wallet_minor: int = 0
    captured_at: datetime | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class PrescriptionClaimReserved(Event):
    """Cover taken for a claim whose patient pays from a wallet; paid once `wallet_minor` is held there.

    It has the fields of the `PrescriptionClaimed` that it turns into.
    """

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
    plan_id: str
    wallet_id: str | None
    wallet_minor: int
    captured_at: datetime | None
    sequence: int | None
    items: tuple[Item, ...] | Erased = personal(of="beneficiary_id")


@dataclass(frozen=True, slots=True)
class PrescriptionClaimReleased(Event):
    """A reserved claim that is not paid: its cover returns. Without `reject_codes` its pharmacy took it back."""

    claim_id: str
    prescription_id: str
    fill_number: int
    pharmacy_id: str
    beneficiary_id: str
    month: str
    currency: str
    total_minor: int
    covered_minor: int
    reject_codes: tuple[str, ...]
    reason: str


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
    captured_at: datetime | None = None
    sequence: int | None = None


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
    captured_at: datetime | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class PrescriptionClaimReversed(Event):
    """A paid claim taken back: its cover returns to the month of the claim, and `wallet_minor` is due to the wallet.

    Plan and wallet are those of the claim's own event, so that the two cancel out in the same accounts.
    """

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
    plan_id: str
    wallet_id: str | None = None
    wallet_minor: int = 0


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
    MedCardRenewed,
    HolderUpdated,
    BeneficiaryAdded,
    BeneficiaryUpdated,
    BeneficiaryRemoved,
    PrescriptionClaimed,
    PrescriptionClaimReserved,
    PrescriptionClaimReleased,
    PrescriptionClaimRejected,
    PrescriptionClaimVoided,
    PrescriptionClaimReversed,
    PrescriptionVoidPending,
    *terms_events.EVENTS,
    *insurance_events.EVENTS,
)
