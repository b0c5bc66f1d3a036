"""Resolvers: each query calls its function, each mutation sends the same body that REST would send."""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any

import msgspec
from ariadne import MutationType, ObjectType, QueryType
from graphql import GraphQLResolveInfo

from ledger.api.commands import CLAIM_ID, COMMANDS, Row
from ledger.api.decoding import Input, decode
from ledger.api.edge import Order, caught_up, checked_key, give
from ledger.api.errors import Problem, invalid, problem_of, problem_of_failure
from ledger.api.graphql.context import Context
from ledger.api.queries.beneficiaries import beneficiaries
from ledger.api.queries.inputs import CardsInput, ClaimsInput, SpendInput
from ledger.api.queries.medcards import CardView, card, cards
from ledger.api.queries.medcards import cursor_of as card_cursor
from ledger.api.queries.prescriptions import claim, claims
from ledger.api.queries.prescriptions import cursor_of as claim_cursor
from ledger.api.queries.spend import current_month, monthly_spend
from ledger.runtime.family import Malformed

query_type = QueryType()
mutation_type = MutationType()
card_type = ObjectType("MedCard")
payload_types = [
    ObjectType(name) for name in ("MedCardPayload", "ClaimPrescriptionPayload", "ReversePrescriptionClaimPayload")
]
Info = GraphQLResolveInfo[Context]
Resolver = Callable[..., Awaitable[Any]]

_encode = msgspec.json.Encoder(enc_hook=lambda number: number.text).encode
_answer = msgspec.json.Decoder(dict[str, Any], float_hook=str)


@cache
def _attribute(field_name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in field_name)


def resolve_field(source: Any, info: Info, **_arguments: Any) -> Any:
    """Where no resolver is set: a payload's key, or a view's attribute."""
    if isinstance(source, dict):
        return source.get(info.field_name)
    return getattr(source, _attribute(info.field_name))


def _given(shape: type[Input], values: Mapping[str, Any]) -> Input:
    given = decode(shape, _encode(_present(values)))
    if isinstance(given, Malformed):
        raise invalid(given.errors)
    return given


def _present(value: Any) -> Any:
    """Without nulls: in GraphQL an optional field that is null is one that is not given."""
    if isinstance(value, Mapping):
        return {name: _present(member) for name, member in value.items() if member is not None}
    return [_present(member) for member in value] if isinstance(value, list) else value


# Queries.


@query_type.field("medCard")
async def _med_card(_: Any, info: Info, *, id: str) -> Any:
    return await card(info.context.edge, info.context.caller, id)


@query_type.field("medCards")
async def _med_cards(_: Any, info: Info, **arguments: Any) -> Any:
    given = _given(CardsInput, _list_values(arguments))
    page = await cards(info.context.edge, info.context.caller, given)
    return _connection(page, lambda view: card_cursor(given, view))


@query_type.field("beneficiaries")
async def _beneficiaries(_: Any, info: Info, *, medCardId: str) -> Any:
    return (await beneficiaries(info.context.edge, info.context.caller, medCardId)).items


@query_type.field("prescriptionClaim")
async def _prescription_claim(_: Any, info: Info, *, medCardId: str, claimId: str) -> Any:
    return await claim(info.context.edge, info.context.caller, medCardId, claimId)


@query_type.field("prescriptionClaims")
async def _prescription_claims(_: Any, info: Info, *, medCardId: str, **arguments: Any) -> Any:
    given = _given(ClaimsInput, _list_values(arguments))
    page = await claims(info.context.edge, info.context.caller, medCardId, given)
    return _connection(page, lambda view: claim_cursor(given, view))


@query_type.field("monthlySpend")
async def _monthly_spend(_: Any, info: Info, *, medCardId: str, month: str | None = None) -> Any:
    given = _given(SpendInput, {"month": month})
    return await monthly_spend(info.context.edge, info.context.caller, medCardId, given)


@card_type.field("beneficiaries")
async def _beneficiaries_of_card(view: CardView, info: Info) -> Any:
    return await info.context.beneficiaries(view)


@card_type.field("monthlySpend")
async def _spend_of_card(view: CardView, info: Info, *, month: str | None = None) -> Any:
    given = _given(SpendInput, {"month": month})
    return await info.context.spend(view, given.month or current_month(info.context.edge))


def _list_values(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """GraphQL's names of paging, and its nested filter, as the one input has them."""
    named = {"limit": arguments.get("first"), "cursor": arguments.get("after")}
    return {**(arguments.get("filter") or {}), **named}


def _connection(page: Any, cursor_of: Callable[[Any], str]) -> dict[str, Any]:
    edges = [{"cursor": cursor_of(view), "node": view} for view in page.items]
    return {
        "edges": edges,
        "nodes": page.items,
        "pageInfo": {"hasNextPage": page.next is not None, "endCursor": edges[-1]["cursor"] if edges else None},
    }


# Mutations.


def _mutation(row: Row) -> Resolver:
    async def resolve(_: Any, info: Info, *, input: Mapping[str, Any]) -> dict[str, Any]:
        context: Context = info.context
        try:
            _, answer = await give(context.edge, _order(row, context, input))
            problem = problem_of(answer)
        except Exception as failure:
            return _failed(problem_of_failure(failure))
        if problem is not None:
            return {**_failed(problem), "position": answer.position or None, "replayed": answer.replayed}
        return {**_answer.decode(answer.body), "success": True, "errors": [], "replayed": answer.replayed}

    return resolve


def _order(row: Row, context: Context, given: Mapping[str, Any]) -> Order:
    body = dict(given)
    key, version = body.pop("idempotencyKey", None), body.pop("expectedVersion", None)
    medcard_id, claim_id = body.pop("medCardId", None), body.pop(CLAIM_ID, None)
    return Order(
        row=row,
        caller=context.caller,
        body=_encode(_present(body)),
        trace=context.exchange.trace("graphql"),
        aggregate_id=medcard_id,
        key=checked_key(key),
        expected_version=version,
        args={} if claim_id is None else {CLAIM_ID: claim_id},
    )


def _failed(problem: Problem) -> dict[str, Any]:
    errors: list[dict[str, Any]]
    if problem.errors:
        errors = [{"code": each["code"], "message": each["detail"], "path": each["path"]} for each in problem.errors]
    else:
        errors = [{"code": problem.code, "message": problem.detail, "facts": problem.facts or None}]
    return {"success": False, "warnings": [], "errors": errors, "replayed": False}


async def _changed_card(payload: dict[str, Any], info: Info) -> Any:
    if not payload["success"]:
        return None
    await caught_up(info.context.edge, payload["position"])
    return await card(info.context.edge, info.context.caller, payload["medCardId"])


async def _changed_claim(payload: dict[str, Any], info: Info) -> Any:
    if not payload["success"] or payload["claimId"] is None:
        return None
    await caught_up(info.context.edge, payload["position"])
    return await claim(info.context.edge, info.context.caller, payload["medCardId"], payload["claimId"])


for _name, _row in COMMANDS.items():
    mutation_type.set_field(_name, _mutation(_row))
for _payload in payload_types:
    if _payload.name == "MedCardPayload":
        _payload.set_field("medCard", _changed_card)
    else:
        _payload.set_field("claim", _changed_claim)

__all__ = ["card_type", "mutation_type", "payload_types", "query_type", "resolve_field"]
