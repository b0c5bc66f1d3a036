"""Adjudication of prescription claims, and their reversal."""

from datetime import date, timedelta

from ledger.domain.calendar import cairo_date, month_of
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.medcard.commands import ClaimPrescription, Context, ReverseClaim, ReversePrescription
from ledger.domain.medcard.events import (
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)
from ledger.domain.medcard.refusals import ClaimDuplicate, ClaimNotFound, ClaimReversedBefore, VoidPendingBefore
from ledger.domain.medcard.state import Claim, ClaimKey, MedCard, Status, serials_of
from ledger.domain.money import EGP, share_half_up

VOID_PENDING_DAYS = 30
"""How long a reversal waits for the claim that it overtook."""

_NOT_IN_FORCE = {
    Status.PENDING: "card_pending",
    Status.SUSPENDED: "card_suspended",
    Status.CLOSED: "card_closed",
}


def adjudicate(card: MedCard, command: ClaimPrescription, context: Context) -> Event | Unchanged:
    """PAID, REJECTED, VOIDED or DUPLICATE: a claim on an existing card is always answered, never refused."""
    key = (command.pharmacy_id, command.prescription_id, command.fill_number)
    earlier = card.latest_claim(key)
    if earlier is not None and not earlier.reversed:
        return ClaimDuplicate(earlier.claim_id)
    service_date = command.service_date or cairo_date(context.at)
    if _void_is_pending(card, key, context):
        return _voided(command, context, service_date)
    reject_code = _reject_code(card, command, service_date)
    if reject_code is not None:
        return _rejected(command, context, service_date, reject_code)
    return _paid(card, command, context, service_date)


def _void_is_pending(card: MedCard, key: ClaimKey, context: Context) -> bool:
    expires_at = card.voids_pending.get(key)
    return expires_at is not None and context.at < expires_at


def _reject_code(card: MedCard, command: ClaimPrescription, service_date: date) -> str | None:
    """The first reason against paying, in the order of the contract."""
    if card.status in _NOT_IN_FORCE:
        return _NOT_IN_FORCE[card.status]
    if service_date > card.expiry_date:
        return "card_expired"
    beneficiary = card.beneficiaries.get(command.beneficiary_id)
    if beneficiary is None:
        return "beneficiary_not_covered"
    if any(item.quantity * item.unit_price_minor != item.total_price_minor for item in command.items):
        return "line_total_mismatch"
    if sum(item.total_price_minor for item in command.items) > command.total_minor:
        return "items_exceed_total"
    serials = serials_of(command.items)
    if len(set(serials)) != len(serials) or any(serial in card.serials for serial in serials):
        return "serial_already_dispensed"
    if card.cover_remaining_minor(beneficiary, month_of(service_date)) == 0:
        return "limit_exhausted"
    return None


def _paid(card: MedCard, command: ClaimPrescription, context: Context, service_date: date) -> PrescriptionClaimed:
    month = month_of(service_date)
    copay_minor = share_half_up(command.total_minor, card.copayment_basis_points)
    remaining_minor = card.cover_remaining_minor(card.beneficiaries[command.beneficiary_id], month)
    return PrescriptionClaimed(
        claim_id=_claim_id(context),
        prescription_id=command.prescription_id,
        fill_number=command.fill_number,
        pharmacy_id=command.pharmacy_id,
        beneficiary_id=command.beneficiary_id,
        service_date=service_date,
        month=month,
        currency=EGP,
        total_minor=command.total_minor,
        covered_minor=min(command.total_minor - copay_minor, remaining_minor),
        copay_minor=copay_minor,
        items=command.items,
    )


def _rejected(
    command: ClaimPrescription, context: Context, service_date: date, reject_code: str
) -> PrescriptionClaimRejected:
    return PrescriptionClaimRejected(
        claim_id=_claim_id(context),
        prescription_id=command.prescription_id,
        fill_number=command.fill_number,
        pharmacy_id=command.pharmacy_id,
        beneficiary_id=command.beneficiary_id,
        service_date=service_date,
        month=month_of(service_date),
        currency=EGP,
        total_minor=command.total_minor,
        reject_codes=(reject_code,),
        items=command.items,
    )


def _voided(command: ClaimPrescription, context: Context, service_date: date) -> PrescriptionClaimVoided:
    return PrescriptionClaimVoided(
        claim_id=_claim_id(context),
        prescription_id=command.prescription_id,
        fill_number=command.fill_number,
        pharmacy_id=command.pharmacy_id,
        beneficiary_id=command.beneficiary_id,
        service_date=service_date,
        month=month_of(service_date),
        currency=EGP,
        total_minor=command.total_minor,
    )


def _claim_id(context: Context) -> str:
    return f"clm_{context.command_id}"


def reverse_claim(card: MedCard, command: ReverseClaim) -> Event | Refusal | Unchanged:
    """By claim id: an unknown claim, or another pharmacy's, is not found."""
    claim = card.claims.get(command.claim_id)
    if claim is None or command.only_of_pharmacy not in (None, claim.key[0]):
        return ClaimNotFound()
    return _reversal(claim, command.reason)


def reverse_prescription(card: MedCard, command: ReversePrescription, context: Context) -> Event | Unchanged:
    """By pharmacy, prescription and fill: the reversal of an unknown claim waits for it."""
    key = (command.pharmacy_id, command.prescription_id, command.fill_number)
    claim = card.latest_claim(key)
    if claim is not None:
        return _reversal(claim, command.reason)
    if _void_is_pending(card, key, context):
        return VoidPendingBefore()
    return PrescriptionVoidPending(
        prescription_id=command.prescription_id,
        fill_number=command.fill_number,
        pharmacy_id=command.pharmacy_id,
        expires_at=context.at + timedelta(days=VOID_PENDING_DAYS),
        reason=command.reason,
    )


def _reversal(claim: Claim, reason: str) -> Event | Unchanged:
    if claim.reversed:
        return ClaimReversedBefore(claim.claim_id)
    pharmacy_id, prescription_id, fill_number = claim.key
    return PrescriptionClaimReversed(
        claim_id=claim.claim_id,
        prescription_id=prescription_id,
        fill_number=fill_number,
        pharmacy_id=pharmacy_id,
        beneficiary_id=claim.beneficiary_id,
        month=claim.month,
        currency=EGP,
        total_minor=claim.total_minor,
        covered_minor=claim.covered_minor,
        reason=reason,
    )
