"""Insurance claims: filed by a provider, reviewed, decided, paid, and decided again after an appeal.

What a decision approves draws on the annual limit of the year of the service date, beside the prescriptions of that
year; the monthly limit is not concerned. An appeal changes nothing by itself: what was approved stays drawn, so that no
other claim can take it while the appeal is open. The next decision takes the place of the one before: it may
approve up to what remains and what that one had drawn, and gives back what it does not approve again.
"""

from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal
from ledger.domain.medcard.card import InsuranceClaim, InsuranceStatus, MedCard
from ledger.domain.medcard.commands import (
    AppealInsuranceClaim,
    DecideInsuranceClaim,
    FileInsuranceClaim,
    RecordInsurancePayment,
    StartReview,
)
from ledger.domain.medcard.insurance_events import (
    InsuranceClaimAppealed,
    InsuranceClaimApproved,
    InsuranceClaimFiled,
    InsuranceClaimPaid,
    InsuranceClaimRejected,
    InsuranceClaimReviewStarted,
)
from ledger.domain.medcard.refusals import (
    AnnualLimitExceeded,
    ApprovedExceedsClaimed,
    BeneficiaryNotCovered,
    ClaimAlreadyExists,
    ClaimNotFound,
    InvalidState,
    LinesExceedAmount,
    PaidExceedsApproved,
)
from ledger.domain.money import EGP

_REVIEWABLE = (InsuranceStatus.FILED, InsuranceStatus.APPEALED)
_PAYABLE = (InsuranceStatus.APPROVED, InsuranceStatus.PARTIALLY_APPROVED)
_APPEALABLE = (InsuranceStatus.REJECTED, InsuranceStatus.PARTIALLY_APPROVED)


def file(command: FileInsuranceClaim, card: MedCard, context: Context) -> Event | Refusal:
    """Lines may add up to less than the amount, as a prescription's items may."""
    claim_id = command.claim_id or f"icl_{context.command_id}"
    if command.beneficiary_id not in card.beneficiaries:
        return BeneficiaryNotCovered()
    if claim_id in card.insurance_claims:
        return ClaimAlreadyExists()
    lines_minor = sum(line.amount_minor for line in command.lines)
    if lines_minor > command.amount_minor:
        return LinesExceedAmount(lines_minor)
    return InsuranceClaimFiled(
        claim_id=claim_id,
        provider_id=command.provider_id,
        plan_id=card.origin.plan_id,
        beneficiary_id=command.beneficiary_id,
        service_date=command.service_date,
        year=f"{command.service_date.year:04d}",
        currency=EGP,
        claimed_minor=command.amount_minor,
        document_refs=command.document_refs,
        diagnosis_codes=command.diagnosis_codes,
        lines=command.lines,
    )


def start_review(command: StartReview, card: MedCard, _context: Context) -> Event | Refusal:
    claim = _claim_in(card, command.claim_id, _REVIEWABLE, of_plan=command.only_of_plan)
    return claim if isinstance(claim, Refusal) else InsuranceClaimReviewStarted(claim.claim_id)


def decide_claim(command: DecideInsuranceClaim, card: MedCard, _context: Context) -> Event | Refusal:
    """Nothing approved is a rejection, which no annual limit stands against."""
    claim = _claim_in(card, command.claim_id, (InsuranceStatus.UNDER_REVIEW,), of_plan=command.only_of_plan)
    if isinstance(claim, Refusal):
        return claim
    if command.approved_minor > claim.claimed_minor:
        return ApprovedExceedsClaimed(claim.claimed_minor)
    remaining_minor = _approvable_minor(card, claim)
    if remaining_minor is not None and command.approved_minor > remaining_minor:
        return AnnualLimitExceeded(remaining_minor)
    if command.approved_minor == 0:
        return _rejected(card, claim, command)
    return _approved(card, claim, command)


def _approvable_minor(card: MedCard, claim: InsuranceClaim) -> int | None:
    """What the annual limit leaves for a decision, which frees what the decision before it had drawn."""
    remaining_minor = card.year_remaining_minor(claim.year)
    return None if remaining_minor is None else remaining_minor + claim.approved_minor


def _approved(card: MedCard, claim: InsuranceClaim, command: DecideInsuranceClaim) -> InsuranceClaimApproved:
    return InsuranceClaimApproved(
        claim_id=claim.claim_id,
        provider_id=claim.provider_id,
        plan_id=card.origin.plan_id,
        beneficiary_id=claim.beneficiary_id,
        year=claim.year,
        currency=EGP,
        claimed_minor=claim.claimed_minor,
        approved_minor=command.approved_minor,
        previously_approved_minor=claim.approved_minor,
        reason_codes=command.reason_codes,
    )


def _rejected(card: MedCard, claim: InsuranceClaim, command: DecideInsuranceClaim) -> InsuranceClaimRejected:
    return InsuranceClaimRejected(
        claim_id=claim.claim_id,
        provider_id=claim.provider_id,
        plan_id=card.origin.plan_id,
        beneficiary_id=claim.beneficiary_id,
        year=claim.year,
        currency=EGP,
        claimed_minor=claim.claimed_minor,
        previously_approved_minor=claim.approved_minor,
        reason_codes=command.reason_codes,
    )


def record_payment(command: RecordInsurancePayment, card: MedCard, _context: Context) -> Event | Refusal:
    """One payment ends a claim. What it falls short of the approved amount stays owed and drawn, for all to see."""
    claim = _claim_in(card, command.claim_id, _PAYABLE, of_plan=command.only_of_plan)
    if isinstance(claim, Refusal):
        return claim
    if command.paid_minor > claim.approved_minor:
        return PaidExceedsApproved(claim.approved_minor)
    return InsuranceClaimPaid(
        claim_id=claim.claim_id,
        provider_id=claim.provider_id,
        plan_id=card.origin.plan_id,
        beneficiary_id=claim.beneficiary_id,
        currency=EGP,
        approved_minor=claim.approved_minor,
        paid_minor=command.paid_minor,
        reference=command.reference,
        reason_codes=command.reason_codes,
    )


def appeal(command: AppealInsuranceClaim, card: MedCard, _context: Context) -> Event | Refusal:
    claim = _claim_in(card, command.claim_id, _APPEALABLE, of_provider=command.only_of_provider)
    if isinstance(claim, Refusal):
        return claim
    return InsuranceClaimAppealed(claim.claim_id, claim.beneficiary_id, command.document_refs, command.reason)


def _claim_in(
    card: MedCard,
    claim_id: str,
    statuses: tuple[InsuranceStatus, ...],
    *,
    of_plan: str | None = None,
    of_provider: str | None = None,
) -> InsuranceClaim | Refusal:
    """The claim, if it stands in one of these states. Another plan's or provider's is not found."""
    claim = card.insurance_claims.get(claim_id)
    if claim is None or of_plan not in (None, card.origin.plan_id) or of_provider not in (None, claim.provider_id):
        return ClaimNotFound()
    if claim.status not in statuses:
        return InvalidState(claim.status)
    return claim
