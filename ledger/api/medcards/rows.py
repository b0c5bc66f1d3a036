"""The rows of a MedCard's commands."""

from typing import Any

import msgspec

from ledger.api.inputs import NoInput, ReasonInput
from ledger.api.medcards.answers import CardAnswer, ClaimAnswer, ReversalAnswer
from ledger.api.medcards.inputs import ClaimPrescriptionInput, CreateMedCardInput, ReversePrescriptionInput
from ledger.api.medcards.to_domain import (
    activate_of,
    claim_of,
    close_of,
    create_of,
    is_own_pharmacy,
    reverse_claim_of,
    reverse_prescription_of,
    suspend_of,
)
from ledger.api.table import Row, Shape
from ledger.domain.kinds import Refusal
from ledger.domain.medcard.commands import (
    ActivateMedCard,
    ClaimPrescription,
    CloseMedCard,
    CreateMedCard,
    ReverseClaim,
    SuspendMedCard,
)
from ledger.domain.medcard.refusals import CardNotFound, ClaimNotFound
from ledger.domain.refusal_order import REFUSALS

TOPIC = "medcard"
AGGREGATE_TYPE = "medcard"


def _medcard(name: str, shape: Shape, answer: type[msgspec.Struct], *refusals: type[Refusal], **more: Any) -> Row:
    return Row(name, TOPIC, AGGREGATE_TYPE, "medCardId", shape, answer, CardNotFound, refusals, **more)


MEDCARD_ROWS = (
    _medcard(
        "createMedCard",
        Shape(CreateMedCardInput, create_of),
        CardAnswer,
        *REFUSALS[CreateMedCard],
        new_id_prefix="mc_",
    ),
    _medcard("activateMedCard", Shape(NoInput, activate_of), CardAnswer, *REFUSALS[ActivateMedCard]),
    _medcard("suspendMedCard", Shape(ReasonInput, suspend_of), CardAnswer, *REFUSALS[SuspendMedCard]),
    _medcard("closeMedCard", Shape(ReasonInput, close_of), CardAnswer, *REFUSALS[CloseMedCard]),
    _medcard(
        "claimPrescription",
        Shape(ClaimPrescriptionInput, claim_of),
        ClaimAnswer,
        *REFUSALS[ClaimPrescription],
        own=is_own_pharmacy,
    ),
    _medcard(
        "reversePrescriptionClaim",
        Shape(ReversePrescriptionInput, reverse_prescription_of),
        ReversalAnswer,
        *REFUSALS[ReverseClaim],
        own=is_own_pharmacy,
        args={"claimId": ClaimNotFound},
        with_args=Shape(ReasonInput, reverse_claim_of),
    ),
)
