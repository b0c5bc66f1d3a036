"""The OpenAPI document, made from the command table, the queries, and the structs that decode and encode."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ledger import __version__
from ledger.api.commands import COMMANDS
from ledger.api.errors import CREATED, OK, PROBLEM_SCHEMA
from ledger.api.inputs import NoInput
from ledger.api.rest.batch import PATH as BATCH_PATH
from ledger.api.rest.batch import BatchInput, BatchResults
from ledger.api.rest.examples import EXAMPLES
from ledger.api.rest.exchange import JSON, PROBLEM_JSON
from ledger.api.rest.links import links_of, operation_id
from ledger.api.rest.openapi_parts import (
    COMMAND_ANSWER_HEADERS,
    COMMAND_HEADERS,
    CREATED_HEADERS,
    EVERY_COMMAND,
    EVERY_QUERY,
    EVERY_REQUEST,
    REF,
    answer,
    headers_of_query,
    path_parameter,
    problems,
    query_headers,
    ref,
)
from ledger.api.rest.openapi_rules import NAMED, RULES
from ledger.api.rest.problem_examples import problem_example
from ledger.api.rest.routes import CommandRoute, QueryRoute
from ledger.api.rest.table import COMMAND_ROUTES, QUERY_ROUTES
from ledger.api.table import code_of
from ledger.api.wire import json_schema_of


def openapi_document(partitions: int | None = None) -> dict[str, Any]:
    """OpenAPI 3.1. `partitions`: how many each topic has, where it is the document of one server."""
    paths: dict[str, dict[str, Any]] = {}
    for command_route in COMMAND_ROUTES:
        paths.setdefault(command_route.path, {})[command_route.method.lower()] = _command(command_route, partitions)
    for query_route in QUERY_ROUTES:
        paths.setdefault(query_route.path, {})["get"] = _query(query_route, partitions)
    paths[BATCH_PATH] = {"post": _batch()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "HealthPay Ledger", "version": __version__},
        "security": [{"bearer": []}],
        "paths": {path: _with_path_parameters(path, operations) for path, operations in sorted(paths.items())},
        "components": {
            "schemas": _schemas(),
            "examples": {code: {"value": problem_example(code)} for code in _codes_in(paths)},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _codes_in(paths: Mapping[str, Any]) -> list[str]:
    """Every code that an operation may answer with."""
    operations = [each for operations in paths.values() for each in operations.values()]
    contents = [each["content"].get(PROBLEM_JSON, {}) for one in operations for each in one["responses"].values()]
    return sorted({code for content in contents for code in content.get("examples", ())})


def _schemas() -> dict[str, Any]:
    kinds: set[type] = {PROBLEM_SCHEMA}
    for row in (COMMANDS[route.command] for route in COMMAND_ROUTES):
        kinds |= {shape.input for shape in (row.shape, row.with_args) if shape is not None} | {row.answer}
    answers = {kind for route in QUERY_ROUTES for kind in (route.answer, route.other_answer) if kind is not None}
    kinds |= answers | {BatchInput, BatchResults}
    _, schemas = msgspec.json.schema_components(
        sorted(kinds, key=lambda kind: kind.__name__), schema_hook=json_schema_of, ref_template=REF
    )
    for kind, rule in RULES.items():
        rule(schemas[kind.__name__])
    schemas["Problem"] = schemas.pop(PROBLEM_SCHEMA.__name__)
    assert not any("." in name for name in schemas), "two structs share a name, and no reference finds either"
    return schemas


def _command(route: CommandRoute, partitions: int | None) -> dict[str, Any]:
    row = COMMANDS[route.command]
    shape = row.shape_for(dict(route.args))
    name = operation_id(route)
    example = EXAMPLES.get(name, {})
    content: dict[str, Any] = {"schema": ref(shape.input)}
    if "request" in example:
        content["example"] = example["request"]
    needs_body = shape.input in RULES or any(field.required for field in msgspec.structs.fields(shape.input))
    args = [code_of(row.args[argument]) for argument, _ in route.args]
    codes = (*EVERY_REQUEST, *EVERY_COMMAND, *row.codes, *map(code_of, row.beside), *args, code_of(row.missing))
    reads_headers: tuple[dict[str, Any], ...] = ()
    if row.own_wallet is not None:  # a read model says whose it is: a client may say how much it must know
        codes, reads_headers = (*codes, "not_caught_up"), query_headers(partitions)
    done = answer(row.answer, {**COMMAND_ANSWER_HEADERS, **(CREATED_HEADERS if row.creates else {})}, example)
    links = links_of(route)
    if links:
        done["links"] = links
    return {
        "operationId": name,
        "summary": _words(route.command),
        "parameters": [*COMMAND_HEADERS, *reads_headers],
        "requestBody": {"required": needs_body, "content": {JSON: content}},
        "responses": {str(CREATED if row.creates else OK): done, **problems(codes, in_path="{" in route.path)},
    }


def _batch() -> dict[str, Any]:
    example = EXAMPLES.get("batch", {})
    codes = (*EVERY_REQUEST, "invalid_request", "unknown_field", "payload_too_large", "unsupported_media_type")
    return {
        "operationId": "batch",
        "summary": "Up to 1,000 commands",
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": ref(BatchInput), "example": example.get("request")}},
        },
        "responses": {str(OK): answer(BatchResults, {}, example), **problems(codes, in_path=False)},
    }


def _query(route: QueryRoute, partitions: int | None) -> dict[str, Any]:
    codes = (*EVERY_REQUEST, *EVERY_QUERY, *route.codes)
    done = answer(route.answer, headers_of_query(route.answer), EXAMPLES.get(route.query, {}))
    if route.other_answer is not None:
        done["content"][JSON]["schema"] = {"anyOf": [ref(route.answer), ref(route.other_answer)]}
    return {
        "operationId": route.query,
        "summary": _words(route.query),
        "parameters": [*query_headers(partitions), *_query_parameters(route)],
        "responses": {str(OK): done, **problems(codes, in_path="{" in route.path)},
    }


def _query_parameters(route: QueryRoute) -> list[dict[str, Any]]:
    if route.input is NoInput:
        return []
    schema = msgspec.json.schema(route.input, schema_hook=json_schema_of)["$defs"]
    required = {*schema[route.input.__name__].get("required", ()), *NAMED.get(route.input, ())}
    example = EXAMPLES.get(route.query, {}).get("query", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _without_null(_inlined(field, schema)),
            **({"example": example[name]} if name in example else {}),
        }
        for name, field in schema[route.input.__name__]["properties"].items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query string has no null: what is not given is left out."""
    branches = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    kept = {name: value for name, value in schema.items() if name != "anyOf" and not (name == "default" and not value)}
    return {**kept, **branches[0]} if len(branches) == 1 else schema


def _inlined(field: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(field, dict):
        if "$ref" in field:
            return _inlined(definitions[field["$ref"].rpartition("/")[2]], definitions)
        return {name: _inlined(value, definitions) for name, value in field.items()}
    return [_inlined(value, definitions) for value in field] if isinstance(field, list) else field


def _with_path_parameters(path: str, operations: dict[str, Any]) -> dict[str, Any]:
    parameters = [path_parameter(path, name) for name in re.findall(r"{(\w+)}", path)]
    return {"parameters": parameters, **operations} if parameters else operations


def _words(name: str) -> str:
    """`claimPrescription` -> `Claim prescription`."""
    words = (
        re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("MedCard", "Medcard")).lower().replace("medcard", "MedCard")
    )
    return words[0].upper() + words[1:]
