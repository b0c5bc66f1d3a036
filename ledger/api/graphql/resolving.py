"""What resolvers share: arguments to inputs, pages to connections, rows of the command table to mutations."""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec
from graphql import GraphQLArgumentMap, GraphQLInputObjectType, GraphQLResolveInfo, get_named_type

from ledger.api.decoding import Input, decode
from ledger.api.edge import Order, caught_up, checked_key, give, may_ask
from ledger.api.errors import Problem, invalid, problem_of, problem_of_failure
from ledger.api.graphql.context import Context
from ledger.api.table import Row
from ledger.runtime.family import Malformed

Info = GraphQLResolveInfo[Context]
Resolver = Callable[..., Awaitable[Any]]
Found = TypeVar("Found")

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


def given(shape: type[Input], values: Mapping[str, Any]) -> Input:
    """Arguments as the query's one input. Raises `Problem`."""
    decoded = decode(shape, _encode(_present(values)))
    if isinstance(decoded, Malformed):
        raise invalid(decoded.errors)
    return decoded


def _present(value: Any) -> Any:
    """Without nulls: in GraphQL an optional field that is null is one that is not given."""
    if isinstance(value, Mapping):
        return {name: _present(member) for name, member in value.items() if member is not None}
    return [_present(member) for member in value] if isinstance(value, list) else value


def list_values(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """GraphQL's names of paging, and its nested filter, as the one input has them."""
    named = {"limit": arguments.get("first"), "cursor": arguments.get("after")}
    return {**(arguments.get("filter") or {}), **named}


def connection(page: Any, cursor_of: Callable[[Any], str]) -> dict[str, Any]:
    """A page (`items`, `next`) as a connection."""
    edges = [{"cursor": cursor_of(view), "node": view} for view in page.items]
    # A search that stopped early goes on behind the last row that it looked at, which need not be one that it shows.
    end = page.next or (edges[-1]["cursor"] if edges else None)
    return {
        "edges": edges,
        "nodes": page.items,
        "pageInfo": {"hasNextPage": page.next is not None, "endCursor": end},
    }


def mutation(row: Row) -> Resolver:
    """Sends the same body that REST would send."""

    async def resolve(_: Any, info: Info, *, input: Mapping[str, Any]) -> dict[str, Any]:
        context: Context = info.context
        doing = context.exchange.begin(row.name, str(input.get(row.id_field) or ""))
        try:
            doing.on_what, answer = await give(context.edge, _order(row, context, input))
            problem = problem_of(answer)
        except Exception as failure:
            problem = problem_of_failure(failure, requestId=context.exchange.request_id)
            doing.outcome = problem.code
            return _failed(problem)
        doing.outcome = "ok" if problem is None else problem.code
        if problem is not None:
            return {**_failed(problem), "position": answer.position or None, "replayed": answer.replayed}
        return {**_answer.decode(answer.body), "success": True, "errors": [], "replayed": answer.replayed}

    return resolve


def _order(row: Row, context: Context, given: Mapping[str, Any]) -> Order:
    body = dict(given)
    key, version = body.pop("idempotencyKey", None), body.pop("expectedVersion", None)
    aggregate_id = body.pop(row.id_field, None)
    args = {name: body.pop(name) for name in row.args if body.get(name) is not None}
    return Order(
        row=row,
        caller=context.caller,
        body=_encode(_present(body)),
        trace=context.exchange.trace("graphql"),
        aggregate_id=aggregate_id,
        key=checked_key(key),
        expected_version=version,
        args=args,
    )


def _failed(problem: Problem) -> dict[str, Any]:
    errors: list[dict[str, Any]]
    if problem.errors:
        errors = [{"code": each["code"], "message": each["detail"], "path": each["path"]} for each in problem.errors]
    else:
        errors = [{"code": problem.code, "message": problem.detail, "facts": problem.facts or None}]
    return {"success": False, "warnings": [], "errors": errors, "replayed": False}


def must_show(info: Info, query: str, on_what: str) -> None:
    """Raises `Problem` where the caller may not ask the query that a field of another object stands for.

    The refusal is on the audit trail as if the query had been asked by itself; of a whole list, once.
    """
    context: Context = info.context
    try:
        may_ask(query, context.caller)
    except Problem as problem:
        if not any(doing.what == query and doing.outcome == problem.code for doing in context.exchange.doings):
            context.exchange.begin(query, on_what).outcome = problem.code
        raise


async def shown(
    info: Info, payload: Mapping[str, Any], query: str, on_what: str, ask: Callable[[], Awaitable[Found]]
) -> Found:
    """What a payload shows of the thing that it changed, once the read models have it.

    It is a read as if it had been asked for by itself: also for the audit trail.
    """
    doing = info.context.exchange.begin(query, on_what)
    try:
        await caught_up(info.context.edge, payload["position"])
        found = await ask()
    except Exception as failure:
        doing.outcome = failure.code if isinstance(failure, Problem) else "internal"
        raise
    doing.outcome = "ok"
    return found


def watched(name: str, resolve: Resolver) -> Resolver:
    """A query's resolver that says what the request does."""

    async def resolve_watched(source: Any, info: Info, **arguments: Any) -> Any:
        first_id = next((value for key, value in arguments.items() if key.lower().endswith("id")), "")
        doing = info.context.exchange.begin(name, str(first_id))
        try:
            found = await resolve(source, info, **arguments)
        except Problem as problem:
            doing.outcome = problem.code
            arguments_of_field = info.parent_type.fields[info.field_name].args
            problem.errors = tuple(
                {**each, "path": _named(each["path"], arguments_of_field)} for each in problem.errors
            )
            raise
        except Exception:
            doing.outcome = "internal"
            raise
        doing.outcome = "ok"
        return found

    return resolve_watched


_ARGUMENTS = {"limit": "first", "cursor": "after", "beneficiary": "beneficiaryId"}
"""What the inputs of queries, which are REST's query strings, are called among a field's arguments."""


def _named(pointer: str, arguments: GraphQLArgumentMap) -> str:
    """A place in a query's input as a place among the arguments of its field: `/limit` -> `/first`."""
    first, slash, rest = pointer.removeprefix("/").partition("/")
    if first not in arguments:
        kind = arguments["filter"].type if "filter" in arguments else None
        fields = get_named_type(kind)
        if isinstance(fields, GraphQLInputObjectType) and first in fields.fields:
            first = f"filter/{first}"
        elif _ARGUMENTS.get(first) in arguments:
            first = _ARGUMENTS[first]
    return f"/{first}{slash}{rest}" if pointer else pointer
