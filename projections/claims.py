"""Read model `claims`: every insurance claim as it stands after its newest event."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger.domain.medcard.card import InsuranceStatus
from ledger.domain.medcard.insurance_events import (
    EVENTS,
    InsuranceClaimAppealed,
    InsuranceClaimApproved,
    InsuranceClaimFiled,
    InsuranceClaimPaid,
    InsuranceClaimRejected,
    InsuranceClaimReviewStarted,
)
from ledger.ports import Changes
from projections.projection import Fact, Projection, box_text, names_of, present

_Columns = dict[str, Any]


def _approved(event: Any) -> _Columns:
    in_full = event.approved_minor == event.claimed_minor
    return {
        "status": (InsuranceStatus.APPROVED if in_full else InsuranceStatus.PARTIALLY_APPROVED).value,
        "approved_minor": event.approved_minor,
        "reason_codes": event.reason_codes,
    }


def _paid(event: Any) -> _Columns:
    return {
        "status": InsuranceStatus.PAID.value,
        "paid_minor": event.paid_minor,
        "payment_reference": event.reference,
        "reason_codes": event.reason_codes,
    }


# What an event moves; documents are added to those that a claim has.
_COLUMNS: Mapping[str, Callable[[Any], _Columns]] = {
    InsuranceClaimReviewStarted.__name__: lambda _event: {"status": InsuranceStatus.UNDER_REVIEW.value},
    InsuranceClaimApproved.__name__: _approved,
    InsuranceClaimRejected.__name__: lambda event: {
        "status": InsuranceStatus.REJECTED.value,
        "approved_minor": 0,
        "reason_codes": event.reason_codes,
    },
    InsuranceClaimPaid.__name__: _paid,
    InsuranceClaimAppealed.__name__: lambda event: {
        "status": InsuranceStatus.APPEALED.value,
        "document_refs": event.document_refs,
        "appeal_reason": box_text(event.reason),
    },
}


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """One row a claim: a new one with all that happened to it in the batch, or what moved on an earlier one."""
    filed: dict[tuple[str, str], _Columns] = {}
    moved: dict[tuple[str, str], _Columns] = {}
    for fact in facts:
        envelope, event = fact
        key = (envelope.aggregate_id, event.claim_id)
        if envelope.type == InsuranceClaimFiled.__name__:
            filed[key] = _filed(fact)
            continue
        row = filed.get(key) or moved.setdefault(key, {"medcard_id": key[0], "claim_id": key[1], "document_refs": ()})
        columns = _COLUMNS[envelope.type](event)
        documents = (*row["document_refs"], *columns.get("document_refs", ()))
        row.update(columns, document_refs=documents, updated_at=envelope.occurred_at, position=envelope.position)
    return present([Changes("insert_claims", [*filed.values()]), Changes("update_claims", [*moved.values()])])


def _filed(fact: Fact) -> _Columns:
    envelope, event = fact
    return {
        "medcard_id": envelope.aggregate_id,
        "claim_id": event.claim_id,
        "provider_id": event.provider_id,
        "plan_id": event.plan_id,
        "beneficiary_id": event.beneficiary_id,
        "service_date": event.service_date,
        "year": event.year,
        "currency": event.currency,
        "status": InsuranceStatus.FILED.value,
        "claimed_minor": event.claimed_minor,
        "approved_minor": 0,
        "paid_minor": 0,
        "reason_codes": (),
        "payment_reference": None,
        "document_refs": event.document_refs,
        "diagnosis_codes": box_text(event.diagnosis_codes),
        "lines": box_text(event.lines),
        "appeal_reason": None,
        "filed_at": envelope.occurred_at,
        "updated_at": envelope.occurred_at,
        "position": envelope.position,
    }


CLAIMS = Projection("claims", names_of(*EVENTS), fold)
