"""`POST /graphql`, and the playground for a browser."""

import logging
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import msgspec
from ariadne import graphql, make_executable_schema
from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, validate

from ledger.api.admission import admitted
from ledger.api.decoding import decode_beside
from ledger.api.edge import Edge, caught_up
from ledger.api.errors import OK, Problem, invalid, problem_headers, problem_of_failure, status_of
from ledger.api.graphql.context import Context
from ledger.api.graphql.limits import check_limits, root_fields
from ledger.api.graphql.resolvers import BINDABLES, resolve_field
from ledger.api.graphql.resolving import watched
from ledger.api.rest.exchange import Exchange, Handler, Reply
from ledger.api.rest.pages import page_handler
from ledger.runtime.family import Malformed

TOKENS_MAX = 10_000
COMMENTS_MAX = 1_000
CACHED_QUERIES_MAX = 500
CACHED_CHARS_MAX = 8_192

_encode = msgspec.json.Encoder().encode
# Ariadne logs every error that a client makes, with a traceback; ours are logged where they are nobody's but ours.
_silent = logging.getLogger(f"{__name__}.silent")
_silent.disabled = True


_VALUE_IN_MESSAGE = re.compile(r"(?:got invalid value|found:|Expected value).*?(?:;|$)", re.DOTALL)


class _Request(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None
    extensions: dict[str, Any] | None = None


_Prepared = DocumentNode | list[GraphQLError]


@cache
def executable_schema() -> GraphQLSchema:
    """The schema with its resolvers, which hold nothing of one edge; made once."""
    text = resources.files("ledger.api.graphql").joinpath("schema.graphql").read_text("utf-8")
    schema = make_executable_schema(text, *BINDABLES)
    assert schema.query_type is not None
    for name, field in schema.query_type.fields.items():
        assert field.resolve is not None, f"the query {name} has no resolver"
        field.resolve = watched(name, field.resolve)
    return schema


class GraphQLDoor:
    """Parses, bounds, validates and executes; documents that are sent again are prepared once."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._schema = executable_schema()
        self._prepared: dict[str, _Prepared] = {}
        self._playground = resources.files("ledger.api.graphql").joinpath("playground.html").read_bytes()

    def handlers(self) -> dict[str, Handler]:
        """By method."""
        if self._edge.settings.playground:
            return {"POST": self._post, "GET": page_handler(self._playground)}
        return {"POST": self._post}

    async def _post(self, exchange: Exchange) -> Reply:
        edge = self._edge
        caller = await admitted(edge, exchange)
        request = await _request_of(
            await exchange.json_body(edge.settings.body_bytes_max, edge.settings.body_timeout_s)
        )
        try:
            prepared = self._prepare(request.query)
            if isinstance(prepared, list):
                return _refused([_formatted(error) for error in prepared])
            await caught_up(edge, exchange.header(b"min-position"))
        except Problem as problem:
            headers = {name.lower(): value for name, value in problem_headers(problem).items()}
            errors = [_formatted(GraphQLError(problem.detail, original_error=problem))]
            return _refused(errors, problem.code, headers)
        fields = root_fields(prepared)
        if fields > 1:  # each is counted as if it had come alone, like the members of a batch
            exchange.reply_headers.update(await edge.rates.take(caller, fields - 1))
        done, result = await graphql(
            self._schema,
            {"query": request.query, "variables": request.variables, "operationName": request.operationName},
            context_value=Context(edge, caller, exchange),
            query_document=prepared,
            query_validator=lambda *_, **__: [],
            logger=_silent,
            error_formatter=_formatted,
            field_resolver=resolve_field,
        )
        return Reply(OK if done else status_of("invalid_request"), _encode(result))

    def _prepare(self, text: str) -> _Prepared:
        prepared = self._prepared.get(text)
        if prepared is None:
            prepared = self._prepare_anew(text)
            if len(text) <= CACHED_CHARS_MAX:
                if len(self._prepared) >= CACHED_QUERIES_MAX:
                    self._prepared.pop(next(iter(self._prepared)))
                self._prepared[text] = prepared
        return prepared

    def _prepare_anew(self, text: str) -> _Prepared:
        settings = self._edge.settings
        try:
            document = parse(text, max_lexical_tokens=TOKENS_MAX, max_comments=COMMENTS_MAX)
        except GraphQLError as error:
            return [error]
        check_limits(
            document, settings.graphql_depth_max, settings.graphql_fields_max, introspection=settings.playground
        )
        return validate(self._schema, document, hide_suggestions=not settings.playground) or document


async def _request_of(body: bytes) -> _Request:
    """As strictly as a command's body: a variable that is given twice is not taken for one of its values."""
    request = await decode_beside(_Request, body)
    if isinstance(request, Malformed):
        raise invalid(request.errors)
    return request


def _refused(
    errors: list[dict[str, Any]], code: str = "invalid_request", headers: Mapping[str, str] | None = None
) -> Reply:
    return Reply(status_of(code), _encode({"errors": errors}), headers)


def _formatted(error: GraphQLError, _debug: bool = False) -> dict[str, Any]:
    """An error as clients see it: its code always, what happened inside never."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    formatted: dict[str, Any] = dict(error.formatted)
    if cause is None:
        # GraphQL's own words on a variable repeat its whole value, which may be somebody's name and number.
        message = _VALUE_IN_MESSAGE.sub("got invalid value;", formatted["message"], count=1)
        return {**formatted, "message": message, "extensions": {"code": "invalid_request"}}
    problem = problem_of_failure(cause)
    extensions: dict[str, Any] = {"code": problem.code, "retryable": problem.retryable}
    if problem.facts:
        extensions["facts"] = problem.facts
    if problem.errors:
        extensions["errors"] = problem.errors
    return {**formatted, "message": problem.detail, "extensions": extensions}
