"""Read model `medcard_monthly_spend`: what a card's plan has covered in a month, reversals taken off."""

from collections.abc import Sequence
from typing import Any

from ledger.domain.medcard.events import PrescriptionClaimed, PrescriptionClaimReversed
from ledger.ports import Changes
from projections.projection import Fact, Projection, names_of


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """One difference a card and month."""
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for envelope, event in facts:
        key = (envelope.aggregate_id, event.month)
        row = sums.get(key)
        if row is None:
            row = sums[key] = _nothing(key, event.currency)
        sign = 1 if envelope.type == PrescriptionClaimed.__name__ else -1
        row["covered_minor"] += sign * event.covered_minor
        row["total_minor"] += sign * event.total_minor
        row["claims"] += sign
    return [Changes("add_monthly_spend", [*sums.values()])]


def _nothing(key: tuple[str, str], currency: str) -> dict[str, Any]:
    medcard_id, month = key
    return {
        "medcard_id": medcard_id,
        "month": month,
        "currency": currency,
        "covered_minor": 0,
        "total_minor": 0,
        "claims": 0,
    }


MEDCARD_MONTHLY_SPEND = Projection(
    "medcard_monthly_spend", names_of(PrescriptionClaimed, PrescriptionClaimReversed), fold
)
