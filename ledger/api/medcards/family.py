"""MedCards as the runtime's family: what a host needs to know of them, from a body's bytes to an answer's."""

from typing import Any

import msgspec

from ledger.api.answers import Answer, Warning_, money
from ledger.api.family import TableFamily
from ledger.api.medcards.answers import CardAnswer, ClaimAnswer, ClaimStatus, ReversalAnswer, ReversalStatus
from ledger.api.medcards.rows import AGGREGATE_TYPE, TOPIC
from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.medcard.commands import Command, CreateMedCard
from ledger.domain.medcard.decide import decide
from ledger.domain.medcard.events import (
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)
from ledger.domain.medcard.refusals import (
    NCPDP_CODES,
    NCPDP_DUPLICATE,
    CardAlreadyExists,
    CardNotFound,
    ClaimDuplicate,
    ClaimReversedBefore,
    VoidPendingBefore,
)
from ledger.domain.medcard.state import MedCard, evolve
from ledger.domain.money import EGP
from ledger.domain.national_id import warnings_of
from ledger.runtime.family import Answered, Moment

_encode = msgspec.json.Encoder().encode


class MedCardFamily(TableFamily):
    """MedCards."""

    def __init__(self) -> None:
        super().__init__(TOPIC, AGGREGATE_TYPE)

    def decide(self, state: MedCard | None, command: Command, moment: Moment) -> Event | Refusal | Unchanged:
        caller = moment.request.caller
        return decide(state, command, Context(moment.at, caller.principal, caller.role, moment.command_id))

    def evolve(self, state: MedCard | None, event: Event) -> MedCard:
        return evolve(state, event)

    def refuse_foreign(self, command: Command) -> Refusal:
        return CardAlreadyExists() if isinstance(command, CreateMedCard) else CardNotFound()

    def reply(self, state: MedCard, command: Command, outcome: Event | Unchanged, answered: Answered) -> bytes:
        return _encode(_answer_of(state, command, outcome, answered))


def _answer_of(card: MedCard, command: Command, outcome: Event | Unchanged, answered: Answered) -> Answer:
    at: dict[str, Any] = {
        "med_card_id": answered.aggregate_id,
        "position": answered.position,
        "version": answered.version,
    }
    match outcome:
        case PrescriptionClaimed():
            return _decided(
                card, ClaimStatus.PAID, outcome, at, covered=outcome.covered_minor, copay=outcome.copay_minor
            )
        case PrescriptionClaimRejected():
            ncpdp = [NCPDP_CODES[code] for code in outcome.reject_codes]
            return _decided(
                card,
                ClaimStatus.REJECTED,
                outcome,
                at,
                patient_pays=outcome.total_minor,
                reject_codes=outcome.reject_codes,
                ncpdp_codes=tuple(code for code in ncpdp if code is not None),
            )
        case PrescriptionClaimVoided():
            return _decided(card, ClaimStatus.VOIDED, outcome, at, patient_pays=0)
        case ClaimDuplicate():
            return _duplicate(card, outcome, at)
        case PrescriptionClaimReversed() | ClaimReversedBefore():
            return _reversed(card, outcome.claim_id, at)
        case PrescriptionVoidPending() | VoidPendingBefore():
            return ReversalAnswer(
                claim_id=None, status=ReversalStatus.VOID_PENDING, restored=money(0), month=None, **at
            )
        case _:
            return _card(card, command, at)


def _card(card: MedCard, command: Command, at: Any) -> CardAnswer:
    # A card created before answers as it stands now; its status may have moved on since.
    codes = warnings_of(command.holder.national_id) if isinstance(command, CreateMedCard) else ()
    warnings = tuple(Warning_(code=code, path="/primaryHolder/nationalId") for code in codes)
    return CardAnswer(status=card.status.value, warnings=warnings, **at)


def _decided(
    card: MedCard,
    status: ClaimStatus,
    event: PrescriptionClaimed | PrescriptionClaimRejected | PrescriptionClaimVoided,
    at: Any,
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


def _duplicate(card: MedCard, outcome: ClaimDuplicate, at: Any) -> ClaimAnswer:
    claim = card.claims[outcome.claim_id]
    return ClaimAnswer(
        claim_id=claim.claim_id,
        prescription_id=claim.key[1],
        status=ClaimStatus.DUPLICATE,
        currency=EGP,
        total=money(claim.total_minor),
        covered=money(claim.covered_minor),
        copay=money(claim.copay_minor),
        patient_pays=money(claim.total_minor - claim.covered_minor),
        remaining_monthly_limit=money(card.month_remaining_minor(claim.month)),
        month=claim.month,
        ncpdp_codes=(NCPDP_DUPLICATE,),
        **at,
    )


def _reversed(card: MedCard, claim_id: str, at: Any) -> ReversalAnswer:
    claim = card.claims[claim_id]
    return ReversalAnswer(
        claim_id=claim_id,
        status=ReversalStatus.REVERSED,
        restored=money(claim.covered_minor),
        month=claim.month,
        **at,
    )
