"""How the server stands, in GraphQL."""

from typing import Any

from ariadne import QueryType

from ledger.api.graphql.resolving import Info
from ledger.api.queries.status import system_status

_query = QueryType()
STATUS_BINDABLES = (_query,)


@_query.field("systemStatus")
async def _status(_: Any, info: Info) -> Any:
    return await system_status(info.context.edge, info.context.caller)
