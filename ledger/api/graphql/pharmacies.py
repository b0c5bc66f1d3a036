"""Pharmacies in GraphQL."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType

from ledger.api.edge import caught_up
from ledger.api.graphql.resolving import Info, connection, given, list_values, must_show, mutation
from ledger.api.pharmacies.rows import PHARMACY_ROWS
from ledger.api.queries.inputs import (
    PharmaciesInput,
    PharmacyClaimsInput,
    RejectionsInput,
    TerminalsOfPharmacy,
    TotalsInput,
)
from ledger.api.queries.pharmacies import PharmacyView, cursor_of, pharmacies, pharmacy, terminal, terminals_of
from ledger.api.queries.pharmacy_days import cursor_of as claim_cursor
from ledger.api.queries.pharmacy_days import pharmacy_claims, rejections, totals, totals_of

_query = QueryType()
_mutation = MutationType()
_pharmacy = ObjectType("Pharmacy")
_pharmacy_payload = ObjectType("PharmacyPayload")
_terminal_payload = ObjectType("TerminalPayload")
PHARMACY_BINDABLES = (_query, _mutation, _pharmacy, _pharmacy_payload, _terminal_payload)


@_query.field("pharmacy")
async def _one(_: Any, info: Info, *, id: str) -> Any:
    return await pharmacy(info.context.edge, info.context.caller, id)


@_query.field("pharmacies")
async def _many(_: Any, info: Info, **arguments: Any) -> Any:
    asked = given(PharmaciesInput, list_values(arguments))
    page = await pharmacies(info.context.edge, info.context.caller, asked)
    return connection(page, lambda view: cursor_of(asked, view))


@_query.field("pharmacyClaims")
async def _claims(_: Any, info: Info, *, pharmacyId: str, **arguments: Any) -> Any:
    asked = given(PharmacyClaimsInput, list_values(arguments))
    page = await pharmacy_claims(info.context.edge, info.context.caller, pharmacyId, asked)
    return connection(page, lambda view: claim_cursor("pharmacyClaims", pharmacyId, asked, view))


@_query.field("pharmacyRejections")
async def _rejections(_: Any, info: Info, *, pharmacyId: str, **arguments: Any) -> Any:
    asked = given(RejectionsInput, list_values(arguments))
    page = await rejections(info.context.edge, info.context.caller, pharmacyId, asked)
    return connection(page, lambda view: claim_cursor("pharmacyRejections", pharmacyId, asked, view))


@_query.field("pharmacyTotals")
async def _totals(_: Any, info: Info, *, pharmacyId: str, **arguments: Any) -> Any:
    return await totals(info.context.edge, info.context.caller, pharmacyId, given(TotalsInput, arguments))


@_pharmacy.field("terminals")
async def _terminals_of_pharmacy(view: PharmacyView, info: Info, **arguments: Any) -> Any:
    must_show(info, "terminals", view.pharmacy_id)
    edge = info.context.edge
    asked = given(TerminalsOfPharmacy, {"limit": arguments.get("first"), "after": arguments.get("after")})
    batch = info.context.batch(("terminals", asked), lambda ids: terminals_of(edge, ids, asked))
    return await batch.get(view.pharmacy_id)


@_pharmacy.field("totals")
async def _totals_of_pharmacy(view: PharmacyView, info: Info, **arguments: Any) -> Any:
    must_show(info, "pharmacyTotals", view.pharmacy_id)
    edge, asked = info.context.edge, given(TotalsInput, arguments)
    name = ("totals", asked.date, asked.terminal)
    return await info.context.batch(name, lambda ids: totals_of(edge, ids, asked)).get(view.pharmacy_id)


async def _changed_pharmacy(payload: dict[str, Any], info: Info) -> Any:
    if not payload["success"]:
        return None
    await caught_up(info.context.edge, payload["position"])
    return await pharmacy(info.context.edge, info.context.caller, payload["pharmacyId"])


async def _changed_terminal(payload: dict[str, Any], info: Info) -> Any:
    if not payload["success"]:
        return None
    await caught_up(info.context.edge, payload["position"])
    pharmacy_id, terminal_id = payload["pharmacyId"], payload["terminalId"]
    return await terminal(info.context.edge, info.context.caller, pharmacy_id, terminal_id)


for _row in PHARMACY_ROWS:
    if not _row.terminal_only:
        _mutation.set_field(_row.name, mutation(_row))
_pharmacy_payload.set_field("pharmacy", _changed_pharmacy)
_terminal_payload.set_field("terminal", _changed_terminal)
