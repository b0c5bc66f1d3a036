"""The rows of a MedCard's commands."""

from ledger.api.inputs import NoInput, ReasonInput
from ledger.api.medcards.answers import CardAnswer, ClaimAnswer, ReversalAnswer
from ledger.api.medcards.inputs import (
    ClaimOfflineInput,
    ClaimPrescriptionInput,
    CreateMedCardInput,
    ReversePrescriptionInput,
)
from ledger.api.medcards.insurance import INSURANCE_ROWS
from ledger.api.medcards.people import PEOPLE_ROWS
from ledger.api.medcards.row import medcard_row
from ledger.api.medcards.terms import TERM_ROWS
from ledger.api.medcards.to_domain import (
    activate_of,
    claim_of,
    claim_offline_of,
    close_of,
    create_of,
    is_own_card,
    is_own_pharmacy,
    reverse_claim_of,
    reverse_prescription_of,
    suspend_of,
)
from ledger.api.table import NotAvailable, Shape
from ledger.domain.medcard.commands import (
    ActivateMedCard,
    ClaimPrescription,
    CloseMedCard,
    CreateMedCard,
    ReverseClaim,
    SuspendMedCard,
)
from ledger.domain.medcard.refusals import ClaimNotFound

_CARD_ROWS = (
    medcard_row(
        "createMedCard",
        Shape(CreateMedCardInput, create_of),
        CardAnswer,
        CreateMedCard,
        own=is_own_card,
        new_id_prefix="mc_",
    ),
    medcard_row("activateMedCard", Shape(NoInput, activate_of), CardAnswer, ActivateMedCard),
    medcard_row("suspendMedCard", Shape(ReasonInput, suspend_of), CardAnswer, SuspendMedCard),
    medcard_row("closeMedCard", Shape(ReasonInput, close_of), CardAnswer, CloseMedCard),
    medcard_row(
        "claimPrescription",
        Shape(ClaimPrescriptionInput, claim_of),
        ClaimAnswer,
        ClaimPrescription,
        own=is_own_pharmacy,
        asks_network=True,
        beside=(NotAvailable,),
    ),
    medcard_row(
        "claimPrescriptionOffline",
        Shape(ClaimOfflineInput, claim_offline_of),
        ClaimAnswer,
        ClaimPrescription,
        own=is_own_pharmacy,
        asks_network=True,
        terminal_only=True,
    ),
    medcard_row(
        "reversePrescriptionClaim",
        Shape(ReversePrescriptionInput, reverse_prescription_of),
        ReversalAnswer,
        ReverseClaim,
        own=is_own_pharmacy,
        args={"claimId": ClaimNotFound},
        with_args=Shape(ReasonInput, reverse_claim_of),
    ),
)

MEDCARD_ROWS = (*_CARD_ROWS, *TERM_ROWS, *PEOPLE_ROWS, *INSURANCE_ROWS)
