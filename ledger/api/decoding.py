"""From a body's bytes to its typed input, or to everything that is wrong with it.

Fast where the body is right: one typed decode. Where it is not, a second, slower reading collects all errors.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Annotated, Any, TypeVar, cast, get_args

import msgspec

from ledger.api.wire import NUMERIC, NumberText, from_wire
from ledger.runtime.family import Malformed

ERRORS_MAX = 100
"""A body that is wrong everywhere is not answered with a longer list than this."""

SLOW_BYTES_MAX = 128 * 1024
"""Larger bodies are not read a second time: the reading takes a host's time, which belongs to everybody."""

Input = TypeVar("Input", bound=msgspec.Struct)
Error = dict[str, str]

_UNFIT = re.compile("[\0\ud800-\udfff]")
_reencode = msgspec.json.Encoder(enc_hook=lambda _number: 0).encode


@cache
def _decoder(shape: type[Input]) -> msgspec.json.Decoder[Input]:
    return msgspec.json.Decoder(shape, dec_hook=from_wire, float_hook=cast(Any, NumberText))


def decode(shape: type[Input], body: bytes, slow_bytes_max: int = SLOW_BYTES_MAX) -> Input | Malformed:
    """The input in a body; an empty body counts as `{}`. `shape` must omit its defaults when it is encoded."""
    if not body:
        body = b"{}"
    try:
        found = _decoder(shape).decode(body)
    except (msgspec.ValidationError, RecursionError) as error:
        return _explained(shape, body) if len(body) <= slow_bytes_max else malformed("", str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return malformed("", f"no JSON in UTF-8: {error}")
    # A key that stands twice costs a colon that the same input, encoded again, does not have. So do defaults that
    # were sent and colons that were escaped; the slow look then tells them apart.
    if b"\\u" in body or body.count(b":") != _reencode(found).count(b":"):
        if len(body) > slow_bytes_max:
            detail = "a body with escaped characters, or with fields that are sent as their defaults"
            return malformed("", f"{detail}, has at most {slow_bytes_max} bytes")
        _, errors = _read_slowly(body)
        if errors:
            return Malformed(tuple(errors[:ERRORS_MAX]))
    return cast(Input, found)


async def decode_beside(shape: type[Input], body: bytes) -> Input | Malformed:
    """As `decode`, for bodies that are large by their nature: a second reading is not spared, but is made beside the
    loop."""
    if len(body) <= SLOW_BYTES_MAX:
        return decode(shape, body)
    return await asyncio.to_thread(decode, shape, body, len(body))


def malformed(path: str, detail: str, code: str = "invalid_request") -> Malformed:
    """One error."""
    return Malformed((_error(code, path, detail),))


def _error(code: str, path: str, detail: str) -> Error:
    return {"code": code, "path": path, "detail": detail}


def _explained(shape: type[msgspec.Struct], body: bytes) -> Malformed:
    try:
        value, errors = _read_slowly(body)
    except RecursionError:
        return malformed("", "nested too deeply")
    except ValueError as error:
        return malformed("", f"no JSON in UTF-8: {error}")
    errors.extend(islice(_errors_of_struct(shape, value, ""), ERRORS_MAX))
    return Malformed(tuple(errors[:ERRORS_MAX])) if errors else malformed("", "not understood")


# What typed decoding lets through: keys that stand twice, and NUL.


def _read_slowly(body: bytes) -> tuple[Any, list[Error]]:
    """The body as plain values, numbers beyond 18 digits or with a fraction as text. Raises ValueError."""
    errors: list[Error] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs) and len(errors) < ERRORS_MAX:
            twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
            errors.append(_error("invalid_request", "", f"the key {twice[:80]!r} stands twice in one object"))
        return members

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    value = json.loads(
        body.decode("utf-8"),
        object_pairs_hook=keep,
        parse_int=lambda text: int(text) if len(text) <= 18 else NumberText(text),
        parse_float=NumberText,
        parse_constant=refuse,
    )
    errors.extend(_error("invalid_request", path, "contains NUL or half a surrogate pair") for path in _bad_text(value))
    return value, errors


def _bad_text(value: Any, at: str = "") -> Iterator[str]:
    """Where strings stand that no database and no other client would take."""
    if isinstance(value, str):
        if _UNFIT.search(value):
            yield at
    elif isinstance(value, dict):
        for key, member in value.items():
            if _UNFIT.search(key):
                yield at
            else:
                yield from _bad_text(member, _below(at, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _bad_text(member, f"{at}/{index}")


def _below(at: str, key: str) -> str:
    """The JSON pointer of a member (RFC 6901)."""
    return f"{at}/{key[:80].replace('~', '~0').replace('/', '~1')}"


# What typed decoding refuses, all of it.


def _errors_of_struct(shape: type[msgspec.Struct], value: Any, at: str) -> Iterator[Error]:
    if not isinstance(value, dict):
        yield _error("invalid_request", at, "Expected an object")
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    for key in value:
        if key not in fields and not _UNFIT.search(key):
            yield _error("unknown_field", _below(at, key), "no such field")
    for name, field in fields.items():
        if name in value:
            yield from _errors_of_value(field.type, value[name], _below(at, name))
        elif field.required:
            yield _error("invalid_request", _below(at, name), "is required")


def _errors_of_value(hint: Any, value: Any, at: str) -> Iterator[Error]:
    kinds = set(_kinds_in(hint))
    if msgspec.Raw in kinds:
        return  # a body in a body, for another form to judge
    inner = next((kind for kind in kinds if issubclass(kind, msgspec.Struct)), None)
    if inner is not None and tuple not in kinds:
        yield from _errors_of_struct(inner, value, at)
        return
    if inner is not None and isinstance(value, list):
        members = (error for i, member in enumerate(value) for error in _errors_of_struct(inner, member, f"{at}/{i}"))
        within = list(islice(members, ERRORS_MAX))
        if within:
            yield from within
            return
        hint = Annotated[(tuple[Any, ...], *getattr(hint, "__metadata__", ()))]  # its members are right: how many?
    try:
        msgspec.convert(value, hint, dec_hook=from_wire)
    except msgspec.ValidationError as error:
        code = "invalid_amount" if kinds & set(NUMERIC) else "invalid_request"
        yield _error(code, at, str(error).partition(" - at `")[0].replace("NumberText", "number"))


def _kinds_in(hint: Any) -> Iterator[type]:
    """The classes in a type hint: `Annotated[tuple[Item, ...], …]` -> tuple, Item."""
    if isinstance(hint, type) and not get_args(hint):
        yield hint
        return
    origin = getattr(hint, "__origin__", None)
    if origin is tuple:
        yield tuple
    elif origin is not None and hasattr(hint, "__metadata__"):
        yield from _kinds_in(origin)
        return
    for part in get_args(hint):
        if part is not Ellipsis:
            yield from _kinds_in(part)
