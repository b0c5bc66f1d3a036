"""What the operations of the OpenAPI document share: their headers, codes, parameters and answers."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ledger.api.errors import status_of
from ledger.api.rest.exchange import JSON, PROBLEM_JSON
from ledger.api.rest.routes import AGGREGATE

REF, EXAMPLE = "#/components/schemas/{name}", "#/components/examples/"
EVERY_REQUEST = (
    "unauthenticated",
    "token_expired",
    "token_invalid",
    "forbidden",
    "not_acceptable",
    "rate_limited",
    "overloaded",
    "unavailable",
)
EVERY_QUERY = ("invalid_request", "unknown_field", "not_caught_up")
EVERY_COMMAND = (
    "invalid_request",
    "unknown_field",
    "invalid_amount",
    "version_conflict",
    "idempotency_conflict",
    "payload_too_large",
    "unsupported_media_type",
    "outcome_unknown",
)
_END = r"$(?!\n)"
_OFFSET = "(0|[1-9][0-9]{0,14})"
_POSITION = rf"(medcard|wallet|payment)/(0|[1-9][0-9]{{0,3}})@{_OFFSET}"
_AGGREGATE_ID, _ID = rf"^[A-Za-z0-9_-]{{1,64}}{_END}", rf"^[!-~]{{1,64}}{_END}"
_PATH_PATTERNS = {AGGREGATE: _AGGREGATE_ID, "key": rf"^[!-~]{{1,128}}{_END}"}
_OF_OTHERS = re.compile(r"/pharmacies/{id}/(claims|totals|rejections)$")
"""What a pharmacy claimed is found by the id that it claimed under, be it one that no registry could have given it."""


def _sent(name: str, text: str, pattern: str) -> dict[str, Any]:
    """Without an example: one and the same key, version or position for every request would be no good one."""
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}


COMMAND_HEADERS = (
    _sent(
        "Idempotency-Key",
        "1 to 128 printable characters, as in 7f9c2ba4-e88f-4a5b. The same key and request get the same answer, for "
        "ever.",
        rf"^[!-~]{{1,128}}{_END}",
    ),
    _sent(
        "If-Match",
        'The version that the aggregate must have, as in "7".',
        rf'^("[0-9]{{1,18}}"|[0-9]{{1,18}}){_END}',
    ),
)

PARTITIONS_LISTED_MAX = 100
"""A pattern does not count: it lists the numbers, where they are few."""


def query_headers(partitions: int | None) -> tuple[dict[str, Any], ...]:
    """`partitions`: how many each topic has, where that is known."""
    listed = partitions is not None and partitions <= PARTITIONS_LISTED_MAX
    number = "|".join(map(str, range(partitions or 0))) if listed else "0|[1-9][0-9]{0,3}"
    position = rf"(medcard|wallet|payment)/({number})@{_OFFSET}"
    text = "Positions, as in medcard/1@1042, that the answer must reflect."
    return (_sent("Min-Position", text, rf"^({position}(,{position})*)?{_END}"),)


def _got(text: str, pattern: str | None = None, *, required: bool = True) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if pattern is not None:
        schema["pattern"] = pattern
    return {"description": text, "required": required, "schema": schema}


_ETAG = _got("The object's version, in quotes.", r'^"[0-9]+"$')
_EVERY_ANSWER = {
    "X-Request-ID": _got("The request's id, the client's own where it sent a fit one."),
    "RateLimit": _got("What is left of the caller's hour.", required=False),
    "RateLimit-Policy": _got("How much the caller's role may ask for in an hour.", required=False),
}
_RETRY_AFTER = {"Retry-After": _got("Seconds to wait.", r"^[0-9]+$")}
_BY_STATUS = {
    401: {"WWW-Authenticate": _got("How to come back.")},
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}
COMMAND_ANSWER_HEADERS = {
    "ETag": _ETAG,
    "Ledger-Position": _got("Where the command's event stands, for Min-Position.", rf"^{_POSITION}$"),
    "Idempotency-Replayed": _got("`true` where the answer was given before.", "^true$", required=False),
}
CREATED_HEADERS = {"Location": _got("The new object.", "^/api/v1/")}


def headers_of_query(answer: type[msgspec.Struct]) -> dict[str, Any]:
    fields = answer.__struct_fields__
    return {
        **({"ETag": _ETAG} if "version" in fields else {}),
        **({"Link": _got("What follows, as `next`.", required=False)} if "next" in fields else {}),
    }


def ref(kind: type) -> dict[str, str]:
    return {"$ref": REF.format(name=kind.__name__)}


def path_parameter(path: str, name: str) -> dict[str, Any]:
    """Ids of aggregates, of what hangs on them, and keys."""
    pattern = _ID if _OF_OTHERS.search(path) else _PATH_PATTERNS.get(name, _ID)
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


def answer(kind: type, headers: Mapping[str, Any], example: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": ref(kind)}
    if "answer" in example:
        content["example"] = example["answer"]
    return {
        "description": (kind.__doc__ or "").strip(),
        "headers": {**_EVERY_ANSWER, **headers},
        "content": {JSON: content},
    }


def problems(codes: Iterable[str], *, in_path: bool) -> dict[str, Any]:
    """By status, each with its codes. `in_path`: the path holds ids, and one with a slash in it is no path of ours."""
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys((*codes, *(("route_not_found",) if in_path else ()))):
        by_status.setdefault(status_of(code), []).append(code)
    return {str(status): _problem(status, sorted(names)) for status, names in sorted(by_status.items())}


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    schema = {"allOf": [{"$ref": REF.format(name="Problem")}, {"properties": {"code": {"enum": codes}}}]}
    return {
        "description": ", ".join(codes),
        "headers": {**_EVERY_ANSWER, **_BY_STATUS.get(status, {})},
        "content": {PROBLEM_JSON: {"schema": schema, "examples": {code: {"$ref": EXAMPLE + code} for code in codes}}},
    }
