"""Read model `medcards`: each card as it stands after its newest event."""

from collections.abc import Sequence
from typing import Any

from ledger.domain.medcard.events import (
    MedCardActivated,
    MedCardClosed,
    MedCardCreated,
    MedCardSuspended,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)
from ledger.domain.medcard.state import Status
from ledger.ports import Changes
from projections.projection import Fact, Projection, box_text, names_of, present

_STATUS_AFTER = {
    MedCardActivated.__name__: Status.ACTIVE.value,
    MedCardSuspended.__name__: Status.SUSPENDED.value,
    MedCardClosed.__name__: Status.CLOSED.value,
}

# These leave the card's own columns alone, but every event of a card moves its version.
_VERSION_ONLY = names_of(
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimVoided,
    PrescriptionClaimReversed,
    PrescriptionVoidPending,
)


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """One row a card: a new card with all that happened to it in the batch, or what moved on an earlier one."""
    created: dict[str, dict[str, Any]] = {}
    moved: dict[str, dict[str, Any]] = {}
    for fact in facts:
        envelope = fact.envelope
        card_id = envelope.aggregate_id
        if envelope.type == MedCardCreated.__name__:
            created[card_id] = _new_card(fact)
            continue
        row = created.get(card_id) or moved.setdefault(card_id, {"medcard_id": card_id, "status": None})
        row["status"] = _STATUS_AFTER.get(envelope.type, row["status"])
        row["version"] = envelope.version
        row["updated_at"] = envelope.occurred_at
    return present([Changes("insert_medcards", [*created.values()]), Changes("update_medcards", [*moved.values()])])


def _new_card(fact: Fact) -> dict[str, Any]:
    envelope, event = fact
    return {
        "medcard_id": envelope.aggregate_id,
        "user_id": event.user_id,
        "plan_id": event.plan_id,
        "card_type": event.card_type.value,
        "status": Status.PENDING.value,
        "currency": event.currency,
        "monthly_limit_minor": event.monthly_limit_minor,
        "annual_limit_minor": event.annual_limit_minor,
        "copayment_basis_points": event.copayment_basis_points,
        "expiry_date": event.expiry_date,
        "holder": box_text(event.holder),
        "created_at": envelope.occurred_at,
        "updated_at": envelope.occurred_at,
        "version": envelope.version,
    }


MEDCARDS = Projection("medcards", names_of(MedCardCreated) | frozenset(_STATUS_AFTER) | _VERSION_ONLY, fold)
