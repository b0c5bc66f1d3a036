"""Commands of a MedCard, as its deciders see them: amounts in minor units, everything well-formed."""

from dataclasses import dataclass
from datetime import date, datetime

from ledger.domain.medcard.events import Item, Person
from ledger.domain.tiers import CardType


@dataclass(frozen=True, slots=True)
class Context:
    """What travels with a command beside its fields: the host's time, who asks, and an id unique to the command."""

    at: datetime
    principal: str
    role: str
    command_id: str


@dataclass(frozen=True, slots=True)
class CreateMedCard:
    user_id: str
    card_type: CardType
    holder: Person
    expiry_date: date
    plan_id: str
    monthly_limit_minor: int | None = None
    annual_limit_minor: int | None = None
    copayment_basis_points: int | None = None


@dataclass(frozen=True, slots=True)
class ActivateMedCard:
    pass


@dataclass(frozen=True, slots=True)
class SuspendMedCard:
    reason: str


@dataclass(frozen=True, slots=True)
class CloseMedCard:
    reason: str


@dataclass(frozen=True, slots=True)
class ClaimPrescription:
    prescription_id: str
    fill_number: int
    pharmacy_id: str
    beneficiary_id: str
    total_minor: int
    items: tuple[Item, ...]
    service_date: date | None = None


@dataclass(frozen=True, slots=True)
class ReverseClaim:
    """Takes back a claim named by its id. `only_of_pharmacy`: whose claims the caller may reverse; None means any."""

    claim_id: str
    only_of_pharmacy: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class ReversePrescription:
    """Takes back the claim of a pharmacy's prescription and fill, also one that has not come yet."""

    pharmacy_id: str
    prescription_id: str
    fill_number: int
    reason: str


Command = (
    CreateMedCard
    | ActivateMedCard
    | SuspendMedCard
    | CloseMedCard
    | ClaimPrescription
    | ReverseClaim
    | ReversePrescription
)
