"""Read model `beneficiaries`: whom a card covers."""

from collections.abc import Sequence
from typing import Any

from ledger.domain.medcard.events import MedCardCreated
from ledger.ports import Changes
from projections.projection import Fact, Projection, box_text, names_of


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """A new card covers its holder."""
    return [Changes("insert_beneficiaries", [_primary(fact) for fact in facts])]


def _primary(fact: Fact) -> dict[str, Any]:
    """The holder under the card's user id. `person` is the card's own box, still bound to its field `holder`."""
    envelope, event = fact
    return {
        "medcard_id": envelope.aggregate_id,
        "beneficiary_id": event.user_id,
        "relation": "PRIMARY",
        "person": box_text(event.holder),
        "monthly_limit_minor": None,
        "since": envelope.occurred_at,
    }


BENEFICIARIES = Projection("beneficiaries", names_of(MedCardCreated), fold)
