"""Read model `terminals`: the terminals of pharmacies, with their offline caps."""

from collections.abc import Sequence
from typing import Any

from ledger.domain.pharmacy.events import TerminalRegistered, TerminalRevoked
from ledger.ports import Changes
from projections.projection import Fact, Projection, names_of, present


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """One row a terminal; one that comes and goes in the same batch is a new row that was revoked."""
    registered: dict[tuple[str, str], dict[str, Any]] = {}
    revoked: list[dict[str, Any]] = []
    for envelope, event in facts:
        key = (envelope.aggregate_id, event.terminal_id)
        name = {"pharmacy_id": key[0], "terminal_id": key[1]}
        if envelope.type == TerminalRegistered.__name__:
            registered[key] = {
                **name,
                "offline_claims_max": event.offline_claims_max,
                "offline_amount_max_minor": event.offline_amount_max_minor,
                "offline_age_max_s": event.offline_age_max_s,
                "registered_at": envelope.occurred_at,
                "revoked_at": None,
            }
        elif key in registered:
            registered[key]["revoked_at"] = envelope.occurred_at
        else:
            revoked.append({**name, "revoked_at": envelope.occurred_at})
    return present([Changes("insert_terminals", [*registered.values()]), Changes("revoke_terminals", revoked)])


TERMINALS = Projection("terminals", names_of(TerminalRegistered, TerminalRevoked), fold)
