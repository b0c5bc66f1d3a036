"""JSON with exact numbers, and the members of an object as the text that they came as."""

import json
import re
from decimal import Decimal
from json import JSONDecoder
from typing import Any

_scan = JSONDecoder(parse_float=str).raw_decode
_blanks = re.compile(r"[ \t\r\n]*")
_BLANKS = (" ", "\t", "\r", "\n")


def encode(value: Any) -> str:
    """Compact. Decimals must have become strings before."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def decode(text: str) -> Any:
    """Numbers with a fraction are `Decimal`. Raises ValueError."""
    return json.loads(text, parse_float=Decimal)


def objects_of(frame: str) -> list[dict[str, str]]:
    """The objects of a frame, one or an array of them: each member's value as its source text. Raises ValueError.

    So an answer can be kept byte for byte as the server gave it, and is only read where somebody waits for it.
    """
    at = _skip(frame, 0)
    if frame[at : at + 1] != "[":
        members, at = _members(frame, at)
        found = [members]
    else:
        found, at = [], _skip(frame, at + 1)
        while frame[at : at + 1] != "]":
            members, at = _members(frame, at)
            found.append(members)
            at = _next(frame, at, "]")
        at += 1
    if _skip(frame, at) != len(frame):
        raise ValueError("something stands behind the message")
    return found


def _members(text: str, at: int) -> tuple[dict[str, str], int]:
    if text[at : at + 1] != "{":
        raise ValueError(f"an object should begin at {at}")
    members: dict[str, str] = {}
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        if text[at : at + 1] != '"':
            raise ValueError(f"a name should begin at {at}")
        name, at = _scan(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError(f"a colon is missing at {at}")
        begin = _skip(text, at + 1)
        at = _scan(text, begin)[1]
        members[name] = text[begin:at]
        at = _next(text, at, "}")
    return members, at + 1


def _next(text: str, at: int, end: str) -> int:
    """Behind the comma, or at the end mark."""
    at = _skip(text, at)
    found = text[at : at + 1]
    if found == end:
        return at
    if found != ",":
        raise ValueError(f"a comma is missing at {at}")
    at = _skip(text, at + 1)
    if text[at : at + 1] == end:
        raise ValueError(f"nothing follows the comma before {at}")
    return at


def _skip(text: str, at: int) -> int:
    return at if text[at : at + 1] not in _BLANKS else _blank_end(text, at)


def _blank_end(text: str, at: int) -> int:
    found = _blanks.match(text, at)
    assert found is not None, "the expression matches nothing, too"
    return found.end()
