"""What is wrong at every place of a form, derived from its types, as JSON text: also what no encoder would write."""

import json
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, get_args, get_origin

import msgspec

from ledger.api.wire import NUMERIC

HERE = "@@here@@"
DEEP = "[" * 3_000 + "]" * 3_000
ITEMS = 10_000
HUGE = "9" * 400
LONG = json.dumps("x" * 100_000)
NUL, HALF_PAIR, OTHER_HALF = r'"a\u0000b"', r'"a\ud800b"', r'"\udfff"'

NO_TEXT = ("5", "true", "[]", "{}", "1e400", DEEP, NUL, HALF_PAIR, OTHER_HALF)
NO_WHOLE_NUMBER = ('"5"', "1.5", "1e400", HUGE, "-1", "true", "[]", '"NaN"', NUL)
NO_AMOUNT = ("true", "[]", "{}", '"NaN"', '"Infinity"', "1e400", '"1e400"', "1.00001", HUGE, '""', '"1,5"', '"٣"', NUL)
NO_DAY = ('"2026-02-30"', '"23/11/2026"', '""', "5", "[]", '"99999-01-01"', NUL)
NO_MOMENT = ('"2026-11-23T10:00:00"', '"2026-11-23"', '"noon"', "5", "{}", '"2026-11-23T25:00:00Z"', NUL)
NO_FLAG = ('"true"', "1", "[]", "{}")
NO_CHOICE = ('"NO_SUCH"', '""', "5", "[]", NUL)
NO_OBJECT = ("5", '"x"', "[]", "true", DEEP)
NO_LIST = ("5", '"x"', "{}", "[[[]]]", DEEP)

NO_JSON = (
    *(b"NaN", b"Infinity", b"-Infinity", b"01", b"1.", b".5", b"+1", b"0x1", b"undefined", b"'x'", b'"\x00"', b'"\n"'),
    *(b'"\xff\xfe"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\\x"', b'"', b"", b"1,", b"[", b"}", b"/* */ 1"),
)
"""What stands in a body in the place of a value, and makes it no JSON in UTF-8."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A body in which one thing is wrong. `at`: its JSON pointer."""

    at: str
    value: str
    body: bytes

    def __repr__(self) -> str:
        return f"{self.at}={self.value[:40]}"


def wrong_bodies(shape: type[msgspec.Struct], good: dict[str, Any]) -> Iterator[Wrong]:
    """Every field of a form, and of what stands in it, with every value that is none for it; then fields that there are
    not, and fields that stand twice."""
    for at, way, values in _places(shape, good, "", ()):
        for value in values:
            yield Wrong(at, value, _put(good, way, value))
    for at, way in _objects(shape, good, "", ()):
        whole = json.dumps(_at(good, way))
        odd = whole[:-1] + (", " if len(whole) > 2 else "") + '"odd/~field": 1}'
        yield Wrong(f"{at}/odd~1~0field", "1", _put(good, way, odd))
        twice = whole[:-1] + ', "odd": 1, "odd": 1}' if len(whole) > 2 else '{"odd": 1, "odd": 1}'
        yield Wrong("", "twice", _put(good, way, twice))


def broken_bodies(shape: type[msgspec.Struct], good: dict[str, Any]) -> Iterator[Wrong]:
    """Bodies that are no JSON, or no object: by what stands where the first value should, and by their form."""
    fields = msgspec.structs.fields(shape)
    if fields:
        text = json.dumps({**good, fields[0].encode_name: HERE}).encode()
        for value in NO_JSON:
            yield Wrong("", repr(value), text.replace(f'"{HERE}"'.encode(), value))
    whole = json.dumps(good).encode()
    for body in (b"[]", b"7", b'"x"', b"null", b"true", b"[" * 100_000, b'{"a":' * 50_000, whole[:-1], whole + b"x"):
        yield Wrong("", repr(body[:20]), body)
    for body in (whole.decode().encode("utf-16"), b"\xef\xbb\xbf" + whole, whole + whole, b"\x00" + whole):
        yield Wrong("", repr(body[:20]), body)


def _at(good: Any, way: tuple[str | int, ...]) -> Any:
    for step in way:
        good = good[step]
    return good


def _put(good: Any, way: tuple[str | int, ...], value: str) -> bytes:
    """The good body with raw JSON at one place."""
    copy = json.loads(json.dumps(good))
    if not way:
        return value.encode("utf-8", "surrogatepass")
    _at(copy, way[:-1])[way[-1]] = HERE
    return json.dumps(copy).replace(f'"{HERE}"', value).encode()


Place = tuple[str, tuple[str | int, ...], tuple[str, ...]]


def _places(shape: Any, good: Any, at: str, way: tuple[str | int, ...]) -> Iterator[Place]:
    for field in msgspec.structs.fields(shape):
        name = field.encode_name
        yield from _places_of(field.type, good.get(name), f"{at}/{name}", (*way, name))


def _places_of(hint: Any, good: Any, at: str, way: tuple[str | int, ...]) -> Iterator[Place]:
    kinds, optional = _kinds(hint)
    [kind] = kinds or [str]
    null = () if optional else ("null",)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield at, way, (*NO_OBJECT, *null)
        if good is not None:
            yield from _places(kind, good, at, way)
    elif get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        yield at, way, (*NO_LIST, *null, json.dumps([good[0] if good else "x"] * ITEMS))
        if good:
            yield from _places_of(inner, good[0], f"{at}/0", (*way, 0))
    else:
        yield at, way, (*_none_of(kind), *null)


def _kinds(hint: Any) -> tuple[list[Any], bool]:
    """What a hint means beside null, without its bounds; and whether null is one of them."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _kinds(get_args(hint)[0])
    if origin in (typing.Union, types.UnionType):
        parts = [each for each in get_args(hint) if each is not msgspec.UnsetType]
        return _kinds(parts[0])[0], type(None) in parts
    return [hint], False


def _none_of(kind: Any) -> tuple[str, ...]:
    if kind in NUMERIC:
        return NO_AMOUNT
    if issubclass(kind, Enum):
        return NO_CHOICE
    return _BY_TYPE[kind]


_BY_TYPE: dict[Any, tuple[str, ...]] = {
    str: (*NO_TEXT, LONG),
    int: NO_WHOLE_NUMBER,
    bool: NO_FLAG,
    date: NO_DAY,
    datetime: NO_MOMENT,
}


def _objects(shape: Any, good: Any, at: str, way: tuple[str | int, ...]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """The objects in a body, itself first."""
    yield at, way
    for field in msgspec.structs.fields(shape):
        name, [kind] = field.encode_name, _kinds(field.type)[0] or [str]
        inner = good.get(name)
        if inner is None:
            continue
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _objects(kind, inner, f"{at}/{name}", (*way, name))
        elif get_origin(kind) is tuple and isinstance(get_args(kind)[0], type) and inner:
            part = get_args(kind)[0]
            if issubclass(part, msgspec.Struct):
                yield from _objects(part, inner[0], f"{at}/{name}/0", (*way, name, 0))


HOSTILE = (
    "'; DROP TABLE ledger.events; --",
    "<script>alert(1)</script>",
    "{{7*7}} ${jndi:ldap://x/a} %s%n",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "é \U0001f600 \u202e\ufeff \x01\x7f",
)
"""Texts that mean something elsewhere: to a database, a browser, a template, a file system, a spreadsheet."""


def with_texts(shape: type[msgspec.Struct], good: dict[str, Any], text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A form with this text in one of its text fields after the other: where, and the whole body."""
    for at, way, values in _places(shape, good, "", ()):
        if values[: len(NO_TEXT)] == NO_TEXT:
            yield at, json.loads(_put(good, way, json.dumps(text)))


def _has_pattern(hint: Any) -> bool:
    """Whether decoding holds a text against a pattern, and not the document alone."""
    bounds = getattr(hint, "__metadata__", ())
    return any(bound.pattern is not None for bound in bounds) or any(map(_has_pattern, get_args(hint)))


def wrong_words(hint: Any) -> tuple[str, ...]:
    """What is no value of a field that stands in a query string."""
    [kind] = _kinds(hint)[0]
    if kind is str:
        patterned = _has_pattern(hint)
        return ("\0", "x" * 2_000, *((" ", "é", "a b") if patterned else ()))
    if kind is int:
        return ("abc", "1.5", "-1", "1e400", "NaN", "", "9" * 30, "0x1", "١", "1 ", "\0")
    if kind is date:
        return ("2026-02-30", "yesterday", "", "99999-01-01", "\0")
    if kind is datetime:
        return ("2026-11-23T10:00:00", "noon", "", "2026-11-23T25:00:00Z", "\0")
    assert issubclass(kind, Enum), kind
    return ("NO_SUCH", "", "\0")
