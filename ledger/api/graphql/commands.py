"""Questions about commands in GraphQL."""

from typing import Any

import msgspec
from ariadne import ObjectType, QueryType

from ledger.api.graphql.resolving import Info
from ledger.api.queries.command_status import CommandStatusInput, CommandStatusView, Topic, command_status

_query = QueryType()
_status = ObjectType("CommandStatus")
COMMAND_BINDABLES = (_query, _status)

# Exact: a number with decimals stays the text that it was answered as.
_answer = msgspec.json.Decoder(float_hook=str)


@_query.field("commandStatus")
async def _command_status(_: Any, info: Info, *, topic: str, aggregateId: str, key: str) -> Any:
    given = CommandStatusInput(topic=Topic(topic), aggregate=aggregateId)
    return await command_status(info.context.edge, info.context.caller, key, given)


@_status.field("answer")
async def _stored_answer(view: CommandStatusView, _info: Info) -> Any:
    return _answer.decode(view.answer)
