"""The journal in GraphQL."""

from typing import Any

from ariadne import QueryType

from ledger.api.edge import caught_up
from ledger.api.graphql.resolving import Info, connection, given, list_values
from ledger.api.queries.journal import EntriesInput, TrialBalanceInput, cursor_of, entries, trial_balance
from ledger.reads.journal import JOURNAL_PROJECTION

_query = QueryType()
JOURNAL_BINDABLES = (_query,)


@_query.field("journalEntries")
async def _entries(_: Any, info: Info, **arguments: Any) -> Any:
    await _wait(info)
    asked = given(EntriesInput, list_values(arguments))
    page = await entries(info.context.edge, info.context.caller, asked)
    return connection(page, lambda view: cursor_of(asked, view))


@_query.field("trialBalance")
async def _trial_balance(_: Any, info: Info, **arguments: Any) -> Any:
    await _wait(info)
    asked = given(TrialBalanceInput, {"prefix": arguments.get("prefix"), **list_values(arguments)})
    return await trial_balance(info.context.edge, info.context.caller, asked)


async def _wait(info: Info) -> None:
    """The request has waited for the projections of its topics; the journal is another one."""
    positions = info.context.exchange.header(b"min-position")
    await caught_up(info.context.edge, positions, JOURNAL_PROJECTION)
