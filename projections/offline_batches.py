"""Read model `offline_batches`: what terminals took while they were offline, and what they counted of it."""

from collections.abc import Sequence
from typing import Any

from ledger.domain.pharmacy.events import OfflineBatchClosed, OfflineBatchOpened
from ledger.ports import Changes
from projections.projection import Fact, Projection, names_of, present


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """One row a batch; one that is opened and closed in the same batch of events is a new row that was closed."""
    opened: dict[tuple[str, str, str], dict[str, Any]] = {}
    closed: list[dict[str, Any]] = []
    for envelope, event in facts:
        key = (envelope.aggregate_id, event.terminal_id, event.batch_id)
        name = {"pharmacy_id": key[0], "terminal_id": key[1], "batch_id": key[2]}
        if envelope.type == OfflineBatchOpened.__name__:
            opened[key] = {
                **name,
                "first_sequence": event.first_sequence,
                "last_sequence": event.last_sequence,
                "claims": event.claims,
                "amount_minor": event.amount_minor,
                "currency": event.currency,
                "first_captured_at": event.first_captured_at,
                "opened_at": envelope.occurred_at,
                "closed_at": None,
                "counted_claims": None,
                "rejected_claims": None,
                "counted_minor": None,
            }
            continue
        counted = {
            "closed_at": envelope.occurred_at,
            "counted_claims": event.claims,
            "rejected_claims": event.rejected_claims,
            "counted_minor": event.amount_minor,
        }
        if key in opened:
            opened[key].update(counted)
        else:
            closed.append({**name, **counted})
    return present([Changes("insert_offline_batches", [*opened.values()]), Changes("close_offline_batches", closed)])


OFFLINE_BATCHES = Projection("offline_batches", names_of(OfflineBatchOpened, OfflineBatchClosed), fold)
