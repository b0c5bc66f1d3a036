"""Read model `pharmacies`: each pharmacy of the network as it stands after its newest event."""

from collections.abc import Sequence
from typing import Any

from ledger.domain.pharmacy.events import EVENTS, PharmacyContracted, PharmacyRegistered, PharmacySuspended
from ledger.domain.pharmacy.state import Status
from ledger.ports import Changes
from projections.projection import Fact, Projection, names_of, present

_STATUS = {
    PharmacyContracted.__name__: Status.CONTRACTED.value,
    PharmacySuspended.__name__: Status.SUSPENDED.value,
}


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """One row a pharmacy: a new one with all that happened to it in the batch, or what moved on an earlier one."""
    registered: dict[str, dict[str, Any]] = {}
    moved: dict[str, dict[str, Any]] = {}
    for envelope, event in facts:
        pharmacy_id = envelope.aggregate_id
        if envelope.type == PharmacyRegistered.__name__:
            registered[pharmacy_id] = {
                "pharmacy_id": pharmacy_id,
                "name": event.name,
                "governorate": event.governorate,
                "licence": event.licence,
                "status": Status.REGISTERED.value,
                "registered_at": envelope.occurred_at,
                "updated_at": envelope.occurred_at,
                "version": envelope.version,
            }
            continue
        row = registered.get(pharmacy_id) or moved.setdefault(pharmacy_id, {"pharmacy_id": pharmacy_id, "status": None})
        status = _STATUS.get(envelope.type, row["status"])
        row.update(status=status, updated_at=envelope.occurred_at, version=envelope.version)
    return present(
        [Changes("insert_pharmacies", [*registered.values()]), Changes("update_pharmacies", [*moved.values()])]
    )


# Every event of a pharmacy moves its version, whatever else it does.
PHARMACIES = Projection("pharmacies", names_of(*EVENTS), fold)
