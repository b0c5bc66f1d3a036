"""Adjudication of prescription claims, and their reversal."""

from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from ledger.domain.calendar import cairo_date, month_of
from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.medcard.card import Claim, ClaimKey, ClaimState, MedCard, Status
from ledger.domain.medcard.commands import ClaimPrescription, ReverseClaim, ReversePrescription
from ledger.domain.medcard.events import (
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReleased,
    PrescriptionClaimReserved,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)
from ledger.domain.medcard.refusals import (
    ClaimDuplicate,
    ClaimNotFound,
    ClaimPending,
    ClaimReversedBefore,
    VoidPendingBefore,
)
from ledger.domain.medcard.state import serials_of
from ledger.domain.money import EGP, share_on

# How many days a reversal waits for the claim that it overtook. A change is a new row with its first day.
# The first row also stands for all days before it.
VOID_PENDING_DAYS: tuple[tuple[date, int], ...] = ((date(2020, 1, 1), 30),)


def void_pending_days_on(day: date) -> int:
    """How long a reversal that comes on a Cairo day waits."""
    return next((days for first_day, days in reversed(VOID_PENDING_DAYS) if first_day <= day), VOID_PENDING_DAYS[0][1])


NOT_IN_FORCE = {
    Status.PENDING: "card_pending",
    Status.SUSPENDED: "card_suspended",
    Status.CLOSED: "card_closed",
}


def adjudicate(card: MedCard, command: ClaimPrescription, context: Context) -> Event | Unchanged:
    """PAID, REJECTED, VOIDED, DUPLICATE or PENDING: a claim on an existing card is always answered, never refused.

    A claim whose patient pays from a wallet is reserved (PENDING) first, unless the plan covers all of it.
    """
    key = (command.pharmacy_id, command.prescription_id, command.fill_number)
    earlier = card.latest_claim(key)
    if earlier is not None and earlier.state is ClaimState.PAID:
        return ClaimDuplicate(earlier.claim_id)
    if earlier is not None and earlier.state is ClaimState.RESERVED:
        return ClaimPending(earlier.claim_id)
    service_date = _service_date(command, context)
    if _void_is_pending(card, key, context):
        return _voided(command, context, service_date)
    reject_code = _reject_code(card, command, context, service_date)
    if reject_code is not None:
        return _rejected(command, context, service_date, reject_code)
    claimed = _paid(card, command, context, service_date)
    return claimed if claimed.wallet_id is None else PrescriptionClaimReserved(**fields_of(claimed))


def fields_of(claim: PrescriptionClaimed | PrescriptionClaimReserved) -> dict[str, Any]:
    """The fields of a paid claim, which are those of a reserved one: each is made from the other."""
    return {field.name: getattr(claim, field.name) for field in fields(PrescriptionClaimReserved)}


def _service_date(command: ClaimPrescription, context: Context) -> date:
    """The captured time of a terminal that was offline stands above all: the day on which the pack was given."""
    if command.captured_at is not None:
        return cairo_date(command.captured_at)
    return command.service_date or cairo_date(context.at)


def _void_is_pending(card: MedCard, key: ClaimKey, context: Context) -> bool:
    expires_at = card.voids_pending.get(key)
    return expires_at is not None and context.at < expires_at


def _reject_code(card: MedCard, command: ClaimPrescription, context: Context, service_date: date) -> str | None:
    """The first reason against paying, in the order of the contract."""
    if card.status in NOT_IN_FORCE:
        return NOT_IN_FORCE[card.status]
    if service_date > card.expiry_date:
        return "card_expired"
    beneficiary = card.beneficiaries.get(command.beneficiary_id)
    if beneficiary is None:
        return "beneficiary_not_covered"
    if context.network_closed and not context.pharmacy_contracted:
        return "pharmacy_not_contracted"
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
    copay_minor = share_on(service_date, command.total_minor, card.copayment_basis_points)
    remaining_minor = card.cover_remaining_minor(card.beneficiaries[command.beneficiary_id], month)
    covered_minor = min(command.total_minor - copay_minor, remaining_minor)
    patient_minor = command.total_minor - covered_minor
    from_wallet = command.wallet_id is not None and patient_minor > 0
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
        covered_minor=covered_minor,
        copay_minor=copay_minor,
        items=command.items,
        plan_id=card.origin.plan_id,
        wallet_id=command.wallet_id if from_wallet else None,
        wallet_minor=patient_minor if from_wallet else 0,
        captured_at=command.captured_at,
        sequence=command.sequence,
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
        captured_at=command.captured_at,
        sequence=command.sequence,
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
        captured_at=command.captured_at,
        sequence=command.sequence,
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
        expires_at=context.at + timedelta(days=void_pending_days_on(cairo_date(context.at))),
        reason=command.reason,
    )


def _reversal(claim: Claim, reason: str) -> Event | Unchanged:
    """A claim that is still reserved is released: nothing was paid, so there is nothing to take back but its cover."""
    if claim.state in (ClaimState.REVERSED, ClaimState.RELEASED):
        return ClaimReversedBefore(claim.claim_id)
    if claim.state is ClaimState.RESERVED:
        return released(claim, (), reason)
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
        plan_id=claim.plan_id,
        wallet_id=claim.wallet_id,
        wallet_minor=claim.wallet_minor,
    )


def released(claim: Claim, reject_codes: tuple[str, ...], reason: str) -> PrescriptionClaimReleased:
    """The end of a reserved claim that is not paid."""
    pharmacy_id, prescription_id, fill_number = claim.key
    return PrescriptionClaimReleased(
        claim_id=claim.claim_id,
        prescription_id=prescription_id,
        fill_number=fill_number,
        pharmacy_id=pharmacy_id,
        beneficiary_id=claim.beneficiary_id,
        month=claim.month,
        currency=EGP,
        total_minor=claim.total_minor,
        covered_minor=claim.covered_minor,
        reject_codes=reject_codes,
        reason=reason,
    )
