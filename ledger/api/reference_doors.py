"""The generated sections of `docs/API.md` that speak of the doors: routes, fields, rights, headers, limits."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import GraphQLObjectType

from ledger.api.errors import CREATED, OK
from ledger.api.graphql.door import executable_schema
from ledger.api.markdown import table
from ledger.api.rest.openapi import openapi_document
from ledger.api.rights import COMMAND_RIGHTS, QUERY_RIGHTS, Rights, Role
from ledger.settings import PREFIX, Settings

METHODS = ("get", "post", "patch", "delete")
LIMITS = ("rate_limit_", "graphql_", "body_", "edge_", "min_position_", "command_timeout_", "terminal_")
"""How the settings begin that bound what a client may ask for."""
SCOPED = {Role.SERVICE: "A `SERVICE` stands in no column: it may what the scopes of its token name."}


def routes() -> Iterator[str]:
    """Every route with who may use it, what it takes and what it may answer."""
    yield from table(
        ("route", "operation", "roles", "takes", "answers"),
        (
            (
                f"`{method.upper()} {path}`",
                f"`{operation['operationId']}`",
                _roles(operation["operationId"]),
                _takes(operation),
                _answers(operation["responses"]),
            )
            for path, operations in openapi_document()["paths"].items()
            for method, operation in operations.items()
            if method in METHODS
        ),
    )


def graphql() -> Iterator[str]:
    """Every field of the two roots with its arguments and its answer."""
    schema = executable_schema()
    for title, kind in (("Queries", schema.query_type), ("Mutations", schema.mutation_type)):
        assert kind is not None
        yield from (f"### {title}", "")
        yield from table(("field", "arguments", "answers"), _fields(kind))
        yield ""


def rights() -> Iterator[str]:
    """Who may give which command and ask which query."""
    roles = [role for role in Role if role not in SCOPED]
    for title, of in (("Commands", COMMAND_RIGHTS), ("Queries", QUERY_RIGHTS)):
        yield from (f"### {title}", "")
        yield from table(("name", *roles), _marks(of, roles))
        yield ""
    yield from SCOPED.values()


def headers() -> Iterator[str]:
    """What requests may carry, and what answers do."""
    sent: dict[str, str] = {
        "Authorization": "`Bearer` and a token; on every route but those of health, metrics and pages."
    }
    got: dict[str, str] = {}
    for operation in _operations():
        sent |= {each["name"]: each["description"] for each in operation["parameters"] if each["in"] == "header"}
        for answer in operation["responses"].values():
            got |= {name: header["description"] for name, header in answer.get("headers", {}).items()}
    yield from ("### Of requests", "")
    yield from table(("header", "meaning"), ((f"`{name}`", text) for name, text in sorted(sent.items())))
    yield from ("", "### Of answers", "")
    yield from table(("header", "meaning"), ((f"`{name}`", text) for name, text in sorted(got.items())))


def limits() -> Iterator[str]:
    """What a client may ask for, and by which setting."""
    yield from table(
        ("setting", "default", "what it bounds"),
        (
            (f"`{PREFIX}{name.upper()}`", f"`{json.dumps(field.default)}`", str(field.description))
            for name, field in Settings.model_fields.items()
            if name.startswith(LIMITS)
        ),
    )


def _operations() -> Iterator[Mapping[str, Any]]:
    for operations in openapi_document()["paths"].values():
        yield from ({"parameters": [], **operation} for method, operation in operations.items() if method in METHODS)


def _roles(operation: str) -> str:
    name = operation.partition("By")[0]
    of = COMMAND_RIGHTS.get(name) or QUERY_RIGHTS.get(name)
    return "each command's own" if of is None else ", ".join(role for role in Role if role in of)


def _takes(operation: Mapping[str, Any]) -> str:
    named = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    asked = ", ".join(f"`{each['name']}`{'' if each['required'] else '?'}" for each in named)
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return asked or (f"`{schema['$ref'].rpartition('/')[2]}`" if schema else "")


def _answers(responses: Mapping[str, Any]) -> str:
    done = [status for status in responses if int(status) in (OK, CREATED)]
    refused = sorted(
        {code for status, each in responses.items() if status not in done for code in _codes(each)} - _EVERY
    )
    return ", ".join((*done, *(f"`{code}`" for code in refused)))


def _codes(answer: Mapping[str, Any]) -> Iterable[str]:
    return (each for content in answer.get("content", {}).values() for each in content.get("examples", ()))


_EVERY = {
    "unauthenticated",
    "token_expired",
    "token_invalid",
    "forbidden",
    "not_acceptable",
    "rate_limited",
    "overloaded",
    "unavailable",
    "invalid_request",
    "unknown_field",
    "route_not_found",
}
"""What every route may answer; the text around the table says so."""


def _fields(kind: GraphQLObjectType) -> Iterator[tuple[str, ...]]:
    for name, field in kind.fields.items():
        arguments = ", ".join(f"`{each}: {argument.type}`" for each, argument in field.args.items())
        yield f"`{name}`", arguments, f"`{field.type}`"


def _marks(of: Rights, roles: Iterable[Role]) -> Iterator[tuple[str, ...]]:
    for name, allowed in of.items():
        yield (f"`{name}`", *("yes" if role in allowed else "" for role in roles))


SECTIONS = {"routes": routes, "graphql": graphql, "rights": rights, "headers": headers, "limits": limits}
"""By the name in their marks."""
