"""Read model `prescriptions`: every claim with its answer, and whether it was taken back."""

from collections.abc import Sequence
from typing import Any

import msgspec

from ledger.domain.medcard.events import (
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReleased,
    PrescriptionClaimReserved,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
)
from ledger.ports import Changes
from projections.projection import Fact, Projection, box_text, names_of, present

_STATUS_OF_CLAIM = {
    PrescriptionClaimed.__name__: "PAID",
    PrescriptionClaimReserved.__name__: "PENDING",
    PrescriptionClaimRejected.__name__: "REJECTED",
    PrescriptionClaimVoided.__name__: "VOIDED",
}


class _Origin(msgspec.Struct):
    """What a claim's row needs of its event's metadata."""

    terminal: str | None = None


_read_origin = msgspec.json.Decoder(_Origin).decode


_Key = tuple[str, str]


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """New claims as the batch leaves them; how claims reserved earlier end; and reversals of other earlier ones."""
    claims: dict[_Key, dict[str, Any]] = {}
    settled: dict[_Key, dict[str, Any]] = {}
    reversals: list[dict[str, Any]] = []
    for fact in facts:
        envelope, event = fact
        key = (envelope.aggregate_id, event.claim_id)
        if _settles(fact):
            (claims if key in claims else settled).setdefault(key, _name(key)).update(_settlement(fact))
        elif envelope.type in _STATUS_OF_CLAIM:
            claims[key] = _new_claim(fact)
        elif key in claims or key in settled:
            (claims.get(key) or settled[key]).update(status="REVERSED", reversed_at=envelope.occurred_at)
        else:
            reversals.append({**_name(key), "reversed_at": envelope.occurred_at})
    return present(
        [
            Changes("insert_prescriptions", [*claims.values()]),
            Changes("settle_prescriptions", [*settled.values()]),
            Changes("reverse_prescriptions", reversals),
        ]
    )


def _name(key: _Key) -> dict[str, Any]:
    return {"medcard_id": key[0], "claim_id": key[1]}


def _settles(fact: Fact) -> bool:
    """Whether an event ends a reserved claim, whose row stands already; a claim from a wallet was always reserved."""
    event_type = fact.envelope.type
    if event_type == PrescriptionClaimReleased.__name__:
        return True
    return event_type == PrescriptionClaimed.__name__ and fact.fields.wallet_id is not None


def _settlement(fact: Fact) -> dict[str, Any]:
    """Paid with its amounts; or with none, rejected where the wallet gave nothing, reversed where its pharmacy was
    quicker than the wallet."""
    envelope, event = fact
    paid = envelope.type == PrescriptionClaimed.__name__
    taken_back = not paid and not event.reject_codes
    return {
        "status": "PAID" if paid else "REVERSED" if taken_back else "REJECTED",
        "covered_minor": event.covered_minor if paid else 0,
        "copay_minor": event.copay_minor if paid else 0,
        "reject_codes": () if paid else event.reject_codes,
        "reversed_at": envelope.occurred_at if taken_back else None,
    }


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
    """Only a paid or reserved claim has amounts; a voided one keeps no items."""
    covers = event_type in (PrescriptionClaimed.__name__, PrescriptionClaimReserved.__name__)
    voided, rejected = event_type == PrescriptionClaimVoided.__name__, event_type == PrescriptionClaimRejected.__name__
    return {
        "status": _STATUS_OF_CLAIM[event_type],
        "covered_minor": event.covered_minor if covers else 0,
        "copay_minor": event.copay_minor if covers else 0,
        "reject_codes": event.reject_codes if rejected else (),
        "items": None if voided else box_text(event.items),
    }


PRESCRIPTIONS = Projection(
    "prescriptions",
    frozenset(_STATUS_OF_CLAIM) | names_of(PrescriptionClaimReleased, PrescriptionClaimReversed),
    fold,
)
