"""From the inputs of a MedCard's commands to the commands of its domain."""

from dataclasses import replace
from datetime import UTC
from typing import Any

from ledger.api.decoding import malformed
from ledger.api.inputs import NoInput, ReasonInput
from ledger.api.medcards.inputs import (
    ClaimOfflineInput,
    ClaimPrescriptionInput,
    CopaySource,
    CreateMedCardInput,
    ItemInput,
    ReversePrescriptionInput,
)
from ledger.api.medcards.people import person_of
from ledger.api.medcards.row import minor
from ledger.api.rights import NOBODY, bound_pharmacy, bound_plan, bound_user
from ledger.domain.medcard.commands import (
    ActivateMedCard,
    ClaimPrescription,
    CloseMedCard,
    CreateMedCard,
    ReverseClaim,
    ReversePrescription,
    SuspendMedCard,
)
from ledger.domain.medcard.events import Item
from ledger.messages.commands import Caller, CommandRequest
from ledger.runtime.family import Malformed

_FIRST_YEAR, _LAST_YEAR = 2000, 2999
"""Beyond them a moment may have no day in Cairo."""


def create_of(given: CreateMedCardInput, _request: CommandRequest) -> CreateMedCard:
    copayment = given.copayment_percentage
    return CreateMedCard(
        user_id=given.user_id,
        card_type=given.card_type,
        holder=person_of(given.primary_holder),
        expiry_date=given.expiry_date,
        plan_id=given.plan_id,
        monthly_limit_minor=minor(given.monthly_limit),
        annual_limit_minor=minor(given.annual_limit),
        copayment_basis_points=None if copayment is None else copayment.basis_points,
    )


def activate_of(_given: NoInput, _request: CommandRequest) -> ActivateMedCard:
    return ActivateMedCard()


def suspend_of(given: ReasonInput, _request: CommandRequest) -> SuspendMedCard:
    return SuspendMedCard(given.reason)


def close_of(given: ReasonInput, _request: CommandRequest) -> CloseMedCard:
    return CloseMedCard(given.reason)


def _pharmacy_of(given: ClaimPrescriptionInput | ReversePrescriptionInput, request: CommandRequest) -> str | None:
    """The one that is named, or else the caller's own."""
    own = bound_pharmacy(request.caller)
    return given.pharmacy_id or (None if own == NOBODY else own)


def claim_of(given: ClaimPrescriptionInput, request: CommandRequest) -> ClaimPrescription | Malformed:
    if given.copay_source is CopaySource.WALLET:
        return malformed("/copaySource", "the copayment cannot be taken from a wallet yet", "not_available")
    pharmacy_id = _pharmacy_of(given, request)
    if pharmacy_id is None:
        return malformed("/pharmacyId", "is required")
    return ClaimPrescription(
        prescription_id=given.prescription_id,
        fill_number=given.fill_number,
        pharmacy_id=pharmacy_id,
        beneficiary_id=given.beneficiary_id,
        total_minor=given.total_amount.minor,
        items=tuple(map(_item_of, given.items)),
        service_date=given.service_date,
    )


def claim_offline_of(given: ClaimOfflineInput, request: CommandRequest) -> ClaimPrescription | Malformed:
    claim = claim_of(given, request)
    if isinstance(claim, Malformed):
        return claim
    if not _FIRST_YEAR <= given.captured_at.year <= _LAST_YEAR:
        return malformed("/capturedAt", "no terminal was at work then")
    return replace(claim, captured_at=given.captured_at.astimezone(UTC), sequence=given.sequence)


def _item_of(given: ItemInput) -> Item:
    return Item(
        given.drug_code,
        given.drug_name,
        given.quantity,
        given.unit_price.minor,
        given.total_price.minor,
        given.gtin,
        given.serial,
        given.batch,
        given.expiry,
    )


def reverse_prescription_of(
    given: ReversePrescriptionInput, request: CommandRequest
) -> ReversePrescription | Malformed:
    pharmacy_id = _pharmacy_of(given, request)
    if pharmacy_id is None:
        return malformed("/pharmacyId", "is required")
    return ReversePrescription(pharmacy_id, given.prescription_id, given.fill_number, given.reason)


def reverse_claim_of(given: ReasonInput, request: CommandRequest) -> ReverseClaim:
    """A pharmacy may take back its own claims only; another's is not found."""
    return ReverseClaim(request.args["claimId"], bound_pharmacy(request.caller), given.reason)


def is_own_pharmacy(caller: Caller, command: Any) -> bool:
    """Whether a command speaks for the pharmacy that gives it; a claim named by id is judged by the card."""
    return isinstance(command, ReverseClaim) or bound_pharmacy(caller) in (None, command.pharmacy_id)


def is_own_card(caller: Caller, command: CreateMedCard) -> bool:
    """Whether a card is made for the user and the plan that the caller is bound to, if it is."""
    return bound_user(caller) in (None, command.user_id) and bound_plan(caller) in (None, command.plan_id)
