"""Events of a MedCard's insurance claims. Class and field names are the stored format: add, never rename."""

from dataclasses import dataclass
from datetime import date

from ledger.domain.kinds import Erased, Event, personal


@dataclass(frozen=True, slots=True)
class InsuranceLine:
    """One service of an insurance claim; health data throughout."""

    code: str
    description: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class InsuranceClaimFiled(Event):
    """A provider asks for `claimed_minor`; `year` is that of the service date, whose annual limit it will draw on."""

    claim_id: str
    provider_id: str
    plan_id: str
    beneficiary_id: str
    service_date: date
    year: str
    currency: str
    claimed_minor: int
    document_refs: tuple[str, ...]
    diagnosis_codes: tuple[str, ...] | Erased = personal(of="beneficiary_id")
    lines: tuple[InsuranceLine, ...] | Erased = personal(of="beneficiary_id")


@dataclass(frozen=True, slots=True)
class InsuranceClaimReviewStarted(Event):
    claim_id: str


@dataclass(frozen=True, slots=True)
class InsuranceClaimApproved(Event):
    """Approved in full, or in part where `approved_minor` is less than `claimed_minor`.

    It takes the place of what an earlier decision had approved, `previously_approved_minor` (0 before an appeal).
    """

    claim_id: str
    provider_id: str
    plan_id: str
    beneficiary_id: str
    year: str
    currency: str
    claimed_minor: int
    approved_minor: int
    previously_approved_minor: int
    reason_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InsuranceClaimRejected(Event):
    """Nothing is approved; what an earlier decision had approved before the appeal is taken back."""

    claim_id: str
    provider_id: str
    plan_id: str
    beneficiary_id: str
    year: str
    currency: str
    claimed_minor: int
    previously_approved_minor: int
    reason_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InsuranceClaimPaid(Event):
    """The plan has paid the provider. Less than `approved_minor` leaves the difference owed; `reference` names the
    payment."""

    claim_id: str
    provider_id: str
    plan_id: str
    beneficiary_id: str
    currency: str
    approved_minor: int
    paid_minor: int
    reference: str
    reason_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InsuranceClaimAppealed(Event):
    """The provider asks for another decision; the one that stands keeps its effect until then."""

    claim_id: str
    beneficiary_id: str
    document_refs: tuple[str, ...]
    # An appeal argues with the patient's case.
    reason: str | Erased = personal(of="beneficiary_id")


EVENTS: tuple[type[Event], ...] = (
    InsuranceClaimFiled,
    InsuranceClaimReviewStarted,
    InsuranceClaimApproved,
    InsuranceClaimRejected,
    InsuranceClaimPaid,
    InsuranceClaimAppealed,
)
