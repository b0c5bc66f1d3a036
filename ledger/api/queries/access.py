"""Whose rows a caller may see, once the role may ask at all (`rights.toml`)."""

from ledger.api.edge import Edge
from ledger.api.errors import Problem
from ledger.api.rights import Role
from ledger.api.wire import is_aggregate_id
from ledger.messages.commands import Caller
from ledger.reads import CardRow

NOBODY = "\x7f"
"""An id that nothing has: what a caller sees whose token lacks the claim that its role lives from."""


def own_user(caller: Caller) -> str | None:
    """The one user whose rows the caller may see; None: any."""
    return (caller.user_id or NOBODY) if caller.role == Role.MEMBER else None


def own_plan(caller: Caller) -> str | None:
    return (caller.plan_id or NOBODY) if caller.role == Role.INSURER else None


def own_pharmacy(caller: Caller) -> str | None:
    return (caller.pharmacy_id or NOBODY) if caller.role == Role.PHARMACY else None


def own_provider(caller: Caller) -> str | None:
    return (caller.provider_id or NOBODY) if caller.role == Role.PROVIDER else None


async def visible_card(edge: Edge, caller: Caller, medcard_id: str) -> CardRow:
    """The card. Raises `card_not_found` also where the caller may not know that it exists."""
    row = await edge.reads.medcards.card(medcard_id) if is_aggregate_id(medcard_id) else None
    if row is None or own_user(caller) not in (None, row.user_id) or own_plan(caller) not in (None, row.plan_id):
        raise Problem("card_not_found")
    return row
