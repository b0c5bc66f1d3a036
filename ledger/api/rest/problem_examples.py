"""What a problem of each code looks like, with facts of the kinds that it really has."""

import dataclasses
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import msgspec

from ledger.api.errors import Problem, is_amount, problem_body, public_facts
from ledger.api.table import code_of
from ledger.domain.kinds import Refusal
from ledger.domain.refusal_order import BY_AGGREGATE

_INSTANCE, _REQUEST_ID = "/api/v1/…", "7f9c2ba4e88f4a5b"
_MALFORMED = {
    "invalid_request": ("/expiryDate", "Invalid RFC3339 encoded date"),
    "unknown_field": ("/colour", "no such field"),
    "invalid_amount": ("/amount", "Expected a decimal number"),
}
_OF_KIND: Mapping[Any, Any] = {
    int: 3,
    str: "CLOSED",
    date: date(2026, 11, 23),
    datetime: datetime(2026, 11, 23, 9, 15, 2, tzinfo=UTC),
}
_OF_NAME = {"currency": "EGP", "owner": "TRANSFER", "gateway": "PAYMOB", "method": "CARD", "methods": ["CARD"]}
_AMOUNT_MINOR = 150_00
_REFUSALS: Mapping[str, type[Refusal]] = {
    code_of(refusal): refusal
    for commands in BY_AGGREGATE.values()
    for refusals in commands.values()
    for refusal in refusals
}


def problem_example(code: str) -> Any:
    """The body, as plain values."""
    errors = []
    if code in _MALFORMED:
        path, detail = _MALFORMED[code]
        errors = [{"code": code, "path": path, "detail": detail}]
    problem = Problem(code, errors[0]["detail"] if errors else "", facts=_facts(_REFUSALS.get(code)), errors=errors)
    return msgspec.json.decode(problem_body(problem, _INSTANCE, _REQUEST_ID))


def _facts(refusal: type[Refusal] | None) -> dict[str, Any]:
    if refusal is None:
        return {}
    hints = typing.get_type_hints(refusal)
    names = [field.name for field in dataclasses.fields(refusal)]  # type: ignore[arg-type]
    found = public_facts({name: _sample(name, hints[name]) for name in names})
    return found | ({"currency": "EGP"} if any(map(is_amount, names)) else {})


def _sample(name: str, hint: Any) -> Any:
    if name in _OF_NAME:
        return _OF_NAME[name]
    if is_amount(name):
        return _AMOUNT_MINOR
    kind = next((part for part in typing.get_args(hint) if part is not type(None)), hint)
    return next(iter(kind)).value if isinstance(kind, type) and issubclass(kind, Enum) else _OF_KIND[kind]
