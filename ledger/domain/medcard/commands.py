"""Commands of a MedCard, as its deciders see them: amounts in minor units, everything well-formed."""

from dataclasses import dataclass
from datetime import date, datetime

from ledger.domain.medcard.beneficiary_terms import Relation
from ledger.domain.medcard.events import Item, Person
from ledger.domain.medcard.insurance_events import InsuranceLine
from ledger.domain.tiers import CardType


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
class RenewMedCard:
    expiry_date: date


@dataclass(frozen=True, slots=True)
class UpdateHolder:
    """What is None stays as it is."""

    phone_number: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class AddBeneficiary:
    beneficiary_id: str
    relation: Relation
    person: Person
    monthly_limit_minor: int | None = None


@dataclass(frozen=True, slots=True)
class UpdateBeneficiary:
    """What is None stays as it is; `without_monthly_limit` takes the person's own limit away."""

    beneficiary_id: str
    relation: Relation | None = None
    person: Person | None = None
    monthly_limit_minor: int | None = None
    without_monthly_limit: bool = False


@dataclass(frozen=True, slots=True)
class RemoveBeneficiary:
    beneficiary_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequestLimitChange:
    monthly_limit_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class ApproveLimitChange:
    """Given by an APPROVER or ADMIN: the door sees to the role, the decider to the second pair of eyes."""

    request_id: str


@dataclass(frozen=True, slots=True)
class RejectLimitChange:
    """As `ApproveLimitChange`."""

    request_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeCopayment:
    copayment_basis_points: int
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeTier:
    card_type: CardType
    reason: str


@dataclass(frozen=True, slots=True)
class ClaimPrescription:
    """`wallet_id`: whose wallet the patient's share comes from; None: the patient pays in cash.

    A terminal that was offline names when it took the claim and the number it gave it. That time stands above a
    `service_date`, and without either the service date is today in Cairo.
    """

    prescription_id: str
    fill_number: int
    pharmacy_id: str
    beneficiary_id: str
    total_minor: int
    items: tuple[Item, ...]
    service_date: date | None = None
    wallet_id: str | None = None
    captured_at: datetime | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class ConfirmClaim:
    """Of the copay process: the patient's share of a reserved claim is held in the wallet."""

    claim_id: str


@dataclass(frozen=True, slots=True)
class ReleaseClaim:
    """Of the copay process: the wallet does not give the patient's share of a reserved claim; `reason` says why."""

    claim_id: str
    reason: str


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


@dataclass(frozen=True, slots=True)
class FileInsuranceClaim:
    """Amounts are positive. Without a claim id of the provider's choice the command makes one."""

    provider_id: str
    beneficiary_id: str
    service_date: date
    amount_minor: int
    diagnosis_codes: tuple[str, ...]
    lines: tuple[InsuranceLine, ...]
    document_refs: tuple[str, ...] = ()
    claim_id: str | None = None


@dataclass(frozen=True, slots=True)
class StartReview:
    """`only_of_plan`: whose claims the caller may handle; None means any."""

    claim_id: str
    only_of_plan: str | None = None


@dataclass(frozen=True, slots=True)
class DecideInsuranceClaim:
    """`approved_minor` is zero or more: nothing is a rejection, all of it an approval in full."""

    claim_id: str
    approved_minor: int
    reason_codes: tuple[str, ...] = ()
    only_of_plan: str | None = None


@dataclass(frozen=True, slots=True)
class RecordInsurancePayment:
    """`paid_minor` is positive."""

    claim_id: str
    paid_minor: int
    reference: str
    reason_codes: tuple[str, ...] = ()
    only_of_plan: str | None = None


@dataclass(frozen=True, slots=True)
class AppealInsuranceClaim:
    """`only_of_provider`: whose claims the caller may appeal; None means any."""

    claim_id: str
    reason: str
    document_refs: tuple[str, ...] = ()
    only_of_provider: str | None = None


NeedsOpenCard = (
    RenewMedCard
    | UpdateHolder
    | AddBeneficiary
    | UpdateBeneficiary
    | RemoveBeneficiary
    | RequestLimitChange
    | ApproveLimitChange
    | RejectLimitChange
    | ChangeCopayment
    | ChangeTier
    | FileInsuranceClaim
)
"""Refused with `card_closed` before anything else. What a card already owes is carried through after it was closed:
reversals, reserved claims, and insurance claims once they are filed."""

Command = (
    CreateMedCard
    | ActivateMedCard
    | SuspendMedCard
    | CloseMedCard
    | NeedsOpenCard
    | ClaimPrescription
    | ConfirmClaim
    | ReleaseClaim
    | ReverseClaim
    | ReversePrescription
    | StartReview
    | DecideInsuranceClaim
    | RecordInsurancePayment
    | AppealInsuranceClaim
)
