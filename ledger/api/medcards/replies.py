"""From what a MedCard decided to what its caller is answered."""

from typing import Any

from ledger.api.answers import Answer, Warning_, money
from ledger.api.medcards.answers import (
    BeneficiaryAnswer,
    CardAnswer,
    ClaimAnswer,
    ClaimStatus,
    InsuranceClaimAnswer,
    LimitAnswer,
    LimitStatus,
    ReversalAnswer,
    ReversalStatus,
)
from ledger.domain.kinds import Event, Unchanged
from ledger.domain.medcard import insurance_events
from ledger.domain.medcard.commands import AddBeneficiary, Command, CreateMedCard, ReleaseClaim, UpdateBeneficiary
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    BeneficiaryRemoved,
    BeneficiaryUpdated,
    Person,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReleased,
    PrescriptionClaimReserved,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)
from ledger.domain.medcard.refusals import (
    NCPDP_CODES,
    NCPDP_DUPLICATE,
    ClaimConfirmedBefore,
    ClaimDuplicate,
    ClaimPending,
    ClaimReleasedBefore,
    ClaimReversedBefore,
    VoidPendingBefore,
)
from ledger.domain.medcard.state import MedCard
from ledger.domain.medcard.terms_events import (
    MonthlyLimitChanged,
    MonthlyLimitChangeRejected,
    MonthlyLimitChangeRequested,
)
from ledger.domain.medcard.wallet_copay import COPAY_NOT_FUNDED
from ledger.domain.money import EGP
from ledger.domain.national_id import warnings_of
from ledger.runtime.family import Answered

_At = dict[str, Any]


def answer_of(card: MedCard, command: Command, outcome: Event | Unchanged, answered: Answered) -> Answer:
    """`card` is the card after the command."""
    at: _At = {
        "med_card_id": answered.aggregate_id,
        "position": answered.position,
        "version": answered.version,
    }
    claim = _of_claim(card, outcome, at) or _of_known_claim(card, outcome, at)
    answer = claim or _of_reversal(card, command, outcome, at)
    if answer is not None:
        return answer
    match outcome:
        case BeneficiaryAdded() | BeneficiaryUpdated() | BeneficiaryRemoved():
            return _of_beneficiary(command, outcome.beneficiary_id, at)
        case MonthlyLimitChanged() | MonthlyLimitChangeRequested() | MonthlyLimitChangeRejected():
            return _of_limit(card, outcome, at)
    if isinstance(outcome, insurance_events.EVENTS):
        return _of_insurance(card, outcome, at)
    return _of_card(card, command, at)


def _of_card(card: MedCard, command: Command, at: _At) -> CardAnswer:
    # A card created before answers as it stands now; its status may have moved on since.
    warnings = _warnings(command.holder, "/primaryHolder") if isinstance(command, CreateMedCard) else ()
    return CardAnswer(status=card.status.value, warnings=warnings, **at)


def _warnings(person: Person, where: str) -> tuple[Warning_, ...]:
    return tuple(Warning_(code=code, path=f"{where}/nationalId") for code in warnings_of(person.national_id))


# --- prescription claims ---------------------------------------------------------------------------------------------


def _of_claim(card: MedCard, outcome: Event | Unchanged, at: _At) -> ClaimAnswer | None:
    match outcome:
        case PrescriptionClaimed() | PrescriptionClaimReserved():
            paid = isinstance(outcome, PrescriptionClaimed)
            status = ClaimStatus.PAID if paid else ClaimStatus.PENDING
            return _decided(card, status, outcome, at, covered=outcome.covered_minor, copay=outcome.copay_minor)
        case PrescriptionClaimRejected():
            codes: dict[str, Any] = _codes(outcome.reject_codes)
            return _decided(card, ClaimStatus.REJECTED, outcome, at, patient_pays=outcome.total_minor, **codes)
        case PrescriptionClaimVoided():
            return _decided(card, ClaimStatus.VOIDED, outcome, at, patient_pays=0)
    return None


def _codes(reject_codes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    ncpdp = [NCPDP_CODES[code] for code in reject_codes]
    return {"reject_codes": reject_codes, "ncpdp_codes": tuple(code for code in ncpdp if code is not None)}


def _decided(
    card: MedCard,
    status: ClaimStatus,
    event: PrescriptionClaimed | PrescriptionClaimReserved | PrescriptionClaimRejected | PrescriptionClaimVoided,
    at: _At,
    *,
    covered: int = 0,
    copay: int = 0,
    patient_pays: int | None = None,
    **codes: Any,
) -> ClaimAnswer:
    return ClaimAnswer(
        claim_id=event.claim_id,
        prescription_id=event.prescription_id,
        status=status,
        currency=event.currency,
        total=money(event.total_minor),
        covered=money(covered),
        copay=money(copay),
        patient_pays=money(event.total_minor - covered if patient_pays is None else patient_pays),
        remaining_monthly_limit=money(card.month_remaining_minor(event.month)),
        month=event.month,
        **codes,
        **at,
    )


def _of_known_claim(card: MedCard, outcome: Event | Unchanged, at: _At) -> ClaimAnswer | None:
    match outcome:
        case ClaimDuplicate():
            return _known(card, outcome.claim_id, ClaimStatus.DUPLICATE, at, ncpdp_codes=(NCPDP_DUPLICATE,))
        case ClaimPending():
            return _known(card, outcome.claim_id, ClaimStatus.PENDING, at)
        case ClaimConfirmedBefore():
            return _known(card, outcome.claim_id, ClaimStatus.PAID, at)
        case ClaimReleasedBefore():
            return _unfunded(card, outcome.claim_id, at)
    return None


def _unfunded(card: MedCard, claim_id: str, at: _At) -> ClaimAnswer:
    """A reserved claim whose patient's share the wallet did not give: the plan pays nothing of it."""
    return _known(card, claim_id, ClaimStatus.REJECTED, at, **_codes((COPAY_NOT_FUNDED,)))


def _known(card: MedCard, claim_id: str, status: ClaimStatus, at: _At, **codes: Any) -> ClaimAnswer:
    claim = card.claims[claim_id]
    covers = status is not ClaimStatus.REJECTED
    covered_minor = claim.covered_minor if covers else 0
    return ClaimAnswer(
        claim_id=claim.claim_id,
        prescription_id=claim.key[1],
        status=status,
        currency=EGP,
        total=money(claim.total_minor),
        covered=money(covered_minor),
        copay=money(claim.copay_minor if covers else 0),
        patient_pays=money(claim.total_minor - covered_minor),
        remaining_monthly_limit=money(card.month_remaining_minor(claim.month)),
        month=claim.month,
        **codes,
        **at,
    )


def _of_reversal(card: MedCard, command: Command, outcome: Event | Unchanged, at: _At) -> Answer | None:
    match outcome:
        case PrescriptionClaimReleased() if isinstance(command, ReleaseClaim):
            return _unfunded(card, outcome.claim_id, at)
        case PrescriptionClaimReversed() | PrescriptionClaimReleased() | ClaimReversedBefore():
            return _reversed(card, outcome.claim_id, at)
        case PrescriptionVoidPending() | VoidPendingBefore():
            status = ReversalStatus.VOID_PENDING
            return ReversalAnswer(claim_id=None, status=status, restored=money(0), month=None, **at)
    return None


def _reversed(card: MedCard, claim_id: str, at: _At) -> ReversalAnswer:
    claim = card.claims[claim_id]
    return ReversalAnswer(
        claim_id=claim_id,
        status=ReversalStatus.REVERSED,
        restored=money(claim.covered_minor),
        month=claim.month,
        **at,
    )


# --- people, limits, insurance claims --------------------------------------------------------------------------------


def _of_beneficiary(command: Command, beneficiary_id: str, at: _At) -> BeneficiaryAnswer:
    person = command.person if isinstance(command, AddBeneficiary | UpdateBeneficiary) else None
    warnings = () if person is None else _warnings(person, "/person")
    return BeneficiaryAnswer(beneficiary_id=beneficiary_id, warnings=warnings, **at)


_LIMIT_STATUS = {
    MonthlyLimitChanged: LimitStatus.CHANGED,
    MonthlyLimitChangeRequested: LimitStatus.REQUESTED,
    MonthlyLimitChangeRejected: LimitStatus.REJECTED,
}


def _of_limit(
    card: MedCard, event: MonthlyLimitChanged | MonthlyLimitChangeRequested | MonthlyLimitChangeRejected, at: _At
) -> LimitAnswer:
    limit = money(card.monthly_limit_minor)
    return LimitAnswer(status=_LIMIT_STATUS[type(event)], monthly_limit=limit, request_id=event.request_id, **at)


def _of_insurance(card: MedCard, event: Any, at: _At) -> InsuranceClaimAnswer:
    claim = card.insurance_claims[event.claim_id]
    # One payment ends a claim: no answer after it has another event to stand on.
    paid_minor = event.paid_minor if isinstance(event, insurance_events.InsuranceClaimPaid) else 0
    return InsuranceClaimAnswer(
        claim_id=claim.claim_id,
        status=claim.status.value,
        currency=EGP,
        claimed=money(claim.claimed_minor),
        approved=money(claim.approved_minor),
        paid=money(paid_minor),
        **at,
    )
