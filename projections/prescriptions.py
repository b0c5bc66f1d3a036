"""Read model `prescriptions`: every claim with its answer, and whether it was taken back."""

from collections.abc import Sequence
from typing import Any

import msgspec

from ledger.domain.medcard.events import (
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
)
from ledger.ports import Changes
from projections.projection import Fact, Projection, box_text, names_of, present

_STATUS_OF_CLAIM = {
    PrescriptionClaimed.__name__: "PAID",
    PrescriptionClaimRejected.__name__: "REJECTED",
    PrescriptionClaimVoided.__name__: "VOIDED",
}


class _Origin(msgspec.Struct):
    """What a claim's row needs of its event's metadata."""

    terminal: str | None = None


_read_origin = msgspec.json.Decoder(_Origin).decode


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """New claims, those that the batch itself takes back already reversed; and reversals of earlier ones."""
    claims: dict[tuple[str, str], dict[str, Any]] = {}
    reversals: list[dict[str, Any]] = []
    for fact in facts:
        envelope, event = fact
        key = (envelope.aggregate_id, event.claim_id)
        if envelope.type in _STATUS_OF_CLAIM:
            claims[key] = _new_claim(fact)
        elif key in claims:
            claims[key].update(status="REVERSED", reversed_at=envelope.occurred_at)
        else:
            reversals.append({"medcard_id": key[0], "claim_id": key[1], "reversed_at": envelope.occurred_at})
    return present([Changes("insert_prescriptions", [*claims.values()]), Changes("reverse_prescriptions", reversals)])


def _new_claim(fact: Fact) -> dict[str, Any]:
    """`position` stays that of the claim's own event, which its pharmacy was answered with."""
    envelope, event = fact
    return {
        "medcard_id": envelope.aggregate_id,
        "claim_id": event.claim_id,
        "prescription_id": event.prescription_id,
        "fill_number": event.fill_number,
        "pharmacy_id": event.pharmacy_id,
        "terminal_id": _read_origin(envelope.metadata).terminal,
        "beneficiary_id": event.beneficiary_id,
        "service_date": event.service_date,
        "month": event.month,
        "currency": event.currency,
        "total_minor": event.total_minor,
        "claimed_at": envelope.occurred_at,
        "reversed_at": None,
        "position": envelope.position,
        **_answer(envelope.type, event),
    }


def _answer(event_type: str, event: Any) -> dict[str, Any]:
    """Only a paid claim has amounts; a voided one keeps no items."""
    paid, voided = event_type == PrescriptionClaimed.__name__, event_type == PrescriptionClaimVoided.__name__
    rejected = event_type == PrescriptionClaimRejected.__name__
    return {
        "status": _STATUS_OF_CLAIM[event_type],
        "covered_minor": event.covered_minor if paid else 0,
        "copay_minor": event.copay_minor if paid else 0,
        "reject_codes": event.reject_codes if rejected else (),
        "items": None if voided else box_text(event.items),
    }


PRESCRIPTIONS = Projection("prescriptions", frozenset(_STATUS_OF_CLAIM) | names_of(PrescriptionClaimReversed), fold)
