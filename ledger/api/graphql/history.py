"""The past in GraphQL: events, and cards as they were."""

from typing import Any

import msgspec
from ariadne import ObjectType, QueryType

from ledger.api.graphql.resolving import Info, given
from ledger.api.queries.history import (
    AggregateType,
    CardAtView,
    CardHistoryInput,
    EventView,
    HistoryInput,
    card_at,
    event_history,
)

_query = QueryType()
_event = ObjectType("Event")
_card_at = ObjectType("MedCardAt")
HISTORY_BINDABLES = (_query, _event, _card_at)

_json = msgspec.json.Decoder(float_hook=str)


@_query.field("eventHistory")
async def _history(_: Any, info: Info, *, aggregateType: str, aggregateId: str, **arguments: Any) -> Any:
    asked = given(HistoryInput, {"limit": arguments.get("first"), "after": arguments.get("after")})
    kind = AggregateType(aggregateType)
    return await event_history(info.context.edge, info.context.caller, kind, aggregateId, asked)


@_query.field("medCardAt")
async def _med_card_at(_: Any, info: Info, *, id: str, at: str) -> Any:
    asked = given(CardHistoryInput, {"at": at})
    assert asked.at is not None
    return await card_at(info.context.edge, info.context.caller, id, asked.at)


@_event.field("data")
async def _data(view: EventView, _info: Info) -> Any:
    return _json.decode(view.data)


@_event.field("metadata")
async def _metadata(view: EventView, _info: Info) -> Any:
    return _json.decode(view.metadata)


@_card_at.field("coveredByMonth")
async def _months(view: CardAtView, _info: Info) -> Any:
    return [{"month": month, "covered": covered} for month, covered in view.covered_by_month.items()]
