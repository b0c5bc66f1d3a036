"""Which cards a caller may see, once the role may ask at all (`rights.toml`)."""

from ledger.api.edge import Edge
from ledger.api.errors import Problem
from ledger.api.rights import bound_plan, bound_user
from ledger.api.wire import is_aggregate_id
from ledger.messages.commands import Caller
from ledger.reads import CardRow


async def visible_card(edge: Edge, caller: Caller, medcard_id: str) -> CardRow:
    """The card. Raises `card_not_found` also where the caller may not know that it exists."""
    row = await edge.reads.medcards.card(medcard_id) if is_aggregate_id(medcard_id) else None
    if row is None or bound_user(caller) not in (None, row.user_id) or bound_plan(caller) not in (None, row.plan_id):
        raise Problem("card_not_found")
    return row
