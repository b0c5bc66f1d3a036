"""The audit trail, for those who may look at it."""

from datetime import datetime

from ledger.api.answers import Answer
from ledger.api.edge import Edge, may_ask
from ledger.api.queries.inputs import AuditInput
from ledger.api.queries.paging import page_of, part_of
from ledger.auditing import AuditFilter, AuditRecord
from ledger.messages.commands import Caller

_QUERY = "auditLog"


class AuditView(Answer, frozen=True, kw_only=True):
    """Who asked for what on what. `outcome` is `ok` or a code; `who` is empty for a refused login."""

    id: str
    at: datetime
    who: str
    role: str
    what: str
    on_what: str
    outcome: str
    ip: str
    request_id: str


class AuditPage(Answer, frozen=True, kw_only=True):
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[AuditView, ...]
    next: str | None


async def audit(edge: Edge, caller: Caller, given: AuditInput) -> AuditPage:
    """A part of the trail. Raises `Problem`."""
    may_ask(_QUERY, caller)
    given, page = page_of(_QUERY, given)
    rows = await edge.trail.records(AuditFilter(given.who, given.what, given.outcome), page)
    shown, following = part_of(_QUERY, given, rows, lambda row: (row.at, row.id))
    return AuditPage(items=tuple(map(_view, shown)), next=following)


def _view(record: AuditRecord) -> AuditView:
    return AuditView(**{name: getattr(record, name) for name in record.__struct_fields__})
