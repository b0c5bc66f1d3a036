"""The OpenAPI document, made from the command table, the queries, and the structs that decode and encode."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ledger import __version__
from ledger.api.commands import COMMANDS
from ledger.api.errors import CREATED, OK, PROBLEM_SCHEMA, status_of
from ledger.api.inputs import NoInput
from ledger.api.rest.batch import PATH as BATCH_PATH
from ledger.api.rest.batch import BatchInput, BatchResults
from ledger.api.rest.exchange import JSON, PROBLEM_JSON
from ledger.api.rest.routes import CommandRoute, QueryRoute
from ledger.api.rest.table import COMMAND_ROUTES, QUERY_ROUTES
from ledger.api.wire import json_schema_of

_REF = "#/components/schemas/{name}"
_EVERY_REQUEST = (
    "unauthenticated",
    "token_expired",
    "token_invalid",
    "forbidden",
    "not_acceptable",
    "rate_limited",
    "overloaded",
    "unavailable",
)
_EVERY_QUERY = ("invalid_request", "unknown_field", "not_caught_up")
_EVERY_COMMAND = (
    "invalid_request",
    "unknown_field",
    "invalid_amount",
    "version_conflict",
    "idempotency_conflict",
    "payload_too_large",
    "unsupported_media_type",
    "outcome_unknown",
)
_EXAMPLES: Mapping[str, Any] = {
    "createMedCard": {
        "id": "medcard-456",
        "userId": "user-123",
        "cardType": "GOLD",
        "monthlyLimit": 5000.00,
        "copaymentPercentage": 20.0,
        "primaryHolder": {
            "nationalId": "12345678901234",
            "name": "Ahmed Mohamed",
            "dateOfBirth": "1990-01-15",
            "phoneNumber": "+201234567890",
        },
        "expiryDate": "2027-12-31",
    },
    "claimPrescription": {
        "prescriptionId": "rx-789",
        "pharmacyId": "pharmacy-101",
        "beneficiaryId": "user-123",
        "totalAmount": 350.00,
        "items": [
            {
                "drugCode": "DRUG001",
                "drugName": "Panadol Extra 500mg",
                "quantity": 20,
                "unitPrice": 10.00,
                "totalPrice": 200.00,
            }
        ],
    },
}
_EXAMPLES_OF_WALLETS: Mapping[str, Any] = {
    "createWallet": {"id": "wallet-1", "userId": "user-123", "currency": "EGP"},
    "creditWallet": {"amount": 1000.00, "source": "cash-desk", "reference": "receipt-1"},
    "debitWallet": {"amount": 350.00, "purpose": "purchase", "reference": "till-7"},
    "placeHold": {"holdId": "hold-1", "amount": 400.00, "purpose": "order", "expiresAt": "2026-12-01T09:00:00Z"},
    "captureHold": {"amount": 150.50},
    "changeWalletLimits": {"dailyLimit": 500.00},
}
_COMMAND_HEADERS = {
    "Idempotency-Key": "1 to 128 printable characters. The same key and request get the same answer, for ever.",
    "If-Match": 'The version that the aggregate must have, as in "7".',
}
_QUERY_HEADERS = {"Min-Position": "Positions, as in medcard/1@1042, that the answer must reflect."}


def openapi_document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for command_route in COMMAND_ROUTES:
        paths.setdefault(command_route.path, {})[command_route.method.lower()] = _command(command_route)
    for query_route in QUERY_ROUTES:
        paths.setdefault(query_route.path, {})["get"] = _query(query_route)
    paths[BATCH_PATH] = {"post": _batch()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "HealthPay Ledger", "version": __version__},
        "security": [{"bearer": []}],
        "paths": {path: _with_path_parameters(path, operations) for path, operations in sorted(paths.items())},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schemas() -> dict[str, Any]:
    kinds: set[type] = {PROBLEM_SCHEMA}
    for row in (COMMANDS[route.command] for route in COMMAND_ROUTES):
        kinds |= {shape.input for shape in (row.shape, row.with_args) if shape is not None} | {row.answer}
    kinds |= {route.answer for route in QUERY_ROUTES} | {BatchInput, BatchResults}
    _, schemas = msgspec.json.schema_components(
        sorted(kinds, key=lambda kind: kind.__name__), schema_hook=json_schema_of, ref_template=_REF
    )
    schemas["Problem"] = schemas.pop(PROBLEM_SCHEMA.__name__)
    assert not any("." in name for name in schemas), "two structs share a name, and no reference finds either"
    return schemas


def _ref(kind: type) -> dict[str, str]:
    return {"$ref": _REF.format(name=kind.__name__)}


def _command(route: CommandRoute) -> dict[str, Any]:
    row = COMMANDS[route.command]
    shape = row.shape_for(dict(route.args))
    content: dict[str, Any] = {"schema": _ref(shape.input)}
    example = _EXAMPLES.get(route.command) or _EXAMPLES_OF_WALLETS.get(route.command)
    if example is not None:
        content["example"] = example
    needs_body = any(field.required for field in msgspec.structs.fields(shape.input))
    codes = (*_EVERY_REQUEST, *_EVERY_COMMAND, *row.codes)
    return {
        "operationId": _operation_id(route),
        "summary": _words(route.command),
        "parameters": _headers(_COMMAND_HEADERS),
        "requestBody": {"required": needs_body, "content": {JSON: content}},
        "responses": {str(CREATED if row.creates else OK): _answer(row.answer), **_problems(codes)},
    }


def _batch() -> dict[str, Any]:
    member = {"command": "activateMedCard", "id": "medcard-456", "key": "activate-medcard-456"}
    content = {"schema": _ref(BatchInput), "example": {"commands": [member]}}
    codes = (*_EVERY_REQUEST, "invalid_request", "unknown_field", "payload_too_large", "unsupported_media_type")
    return {
        "operationId": "batch",
        "summary": "Up to 1,000 commands",
        "requestBody": {"required": True, "content": {JSON: content}},
        "responses": {str(OK): _answer(BatchResults), **_problems(codes)},
    }


def _operation_id(route: CommandRoute) -> str:
    """The command's name for its first route; for another, what tells it apart."""
    first = next(each for each in COMMAND_ROUTES if each.command == route.command)
    if route is first:
        return route.command
    return f"{route.command}By{'Id' if route.args else route.method.title()}"


def _query(route: QueryRoute) -> dict[str, Any]:
    return {
        "operationId": route.query,
        "summary": _words(route.query),
        "parameters": _headers(_QUERY_HEADERS) + _query_parameters(route.input),
        "responses": {
            str(OK): _answer(route.answer),
            **_problems((*_EVERY_REQUEST, *_EVERY_QUERY, *route.codes)),
        },
    }


def _query_parameters(shape: type[msgspec.Struct]) -> list[dict[str, Any]]:
    if shape is NoInput:
        return []
    schema = msgspec.json.schema(shape, schema_hook=json_schema_of)["$defs"]
    required = schema[shape.__name__].get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _inlined(field, schema)}
        for name, field in schema[shape.__name__]["properties"].items()
    ]


def _inlined(field: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(field, dict):
        if "$ref" in field:
            return _inlined(definitions[field["$ref"].rpartition("/")[2]], definitions)
        return {name: _inlined(value, definitions) for name, value in field.items()}
    return [_inlined(value, definitions) for value in field] if isinstance(field, list) else field


def _headers(described: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in described.items()
    ]


def _answer(kind: type) -> dict[str, Any]:
    return {"description": (kind.__doc__ or "").strip(), "content": {JSON: {"schema": _ref(kind)}}}


def _problems(codes: Iterable[str]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(status_of(code), []).append(code)
    schema = {"$ref": _REF.format(name="Problem")}
    return {
        str(status): {"description": ", ".join(sorted(names)), "content": {PROBLEM_JSON: {"schema": schema}}}
        for status, names in sorted(by_status.items())
    }


def _with_path_parameters(path: str, operations: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    return {"parameters": parameters, **operations} if parameters else operations


def _words(name: str) -> str:
    """`claimPrescription` -> `Claim prescription`."""
    words = (
        re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("MedCard", "Medcard")).lower().replace("medcard", "MedCard")
    )
    return words[0].upper() + words[1:]
