"""Opaque cursors: each carries its query, its filters and the sort key of the last row, so that a list stays stable."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from ledger.api.decoding import decode
from ledger.api.errors import invalid_at
from ledger.api.queries.inputs import ListInput
from ledger.api.wire import is_aggregate_id
from ledger.reads.paging import WALK_ROWS_MAX, Page, Part
from ledger.runtime.family import Malformed

Given = TypeVar("Given", bound=ListInput)
Found = TypeVar("Found")
SortKey = tuple[datetime | None, str] | tuple[datetime, str, str]
"""When, and which; where an id may come more than once, also within what. Some lists go by their ids alone."""


class _Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    query: str
    filters: dict[str, str]
    at: datetime | None
    id: str
    within: str = ""


_decode = msgspec.json.Decoder(_Cursor).decode


def page_of(query: str, given: Given) -> tuple[Given, Page]:
    """The filters in force and the part of the list. One row more is read than asked for: it tells whether more follow.

    Raises `Problem` for a cursor that is malformed, of another query, or of other filters.
    """
    if given.cursor is None:
        return given, Page(given.limit + 1, None, WALK_ROWS_MAX)
    cursor = _opened(given.cursor)
    filters = _filters(given)
    if cursor is None or cursor.query != query or (filters and filters != cursor.filters):
        raise invalid_at("/cursor", "the cursor is not one of this list")
    carried = decode(type(given), msgspec.json.encode(cursor.filters))
    if isinstance(carried, Malformed):
        raise invalid_at("/cursor", "the cursor is not one of this list")
    after = (cursor.at, cursor.id, cursor.within) if cursor.within else (cursor.at, cursor.id)
    return msgspec.structs.replace(carried, limit=given.limit), Page(given.limit + 1, after, WALK_ROWS_MAX)


def part_of(
    query: str, given: Given, rows: Sequence[Found], key: Callable[[Found], SortKey]
) -> tuple[Sequence[Found], str | None]:
    """The rows to show, and the cursor of what follows them; where the search stopped early, of where it goes on."""
    if len(rows) <= given.limit:
        walked_to = rows.walked_to if isinstance(rows, Part) else None
        return rows, None if walked_to is None else _sealed(_Cursor(query, _filters(given), *walked_to))
    shown = rows[: given.limit]
    return shown, _sealed(_Cursor(query, _filters(given), *key(shown[-1])))


def cursor_at(query: str, given: Given, at: datetime, row_id: str, within: str = "") -> str:
    """The cursor behind one row of the list that `given` got: with its filters, or those that its cursor carried."""
    before = None if given.cursor is None else _opened(given.cursor)
    return _sealed(_Cursor(query, _filters(given) if before is None else before.filters, at, row_id, within))


def _filters(given: ListInput) -> dict[str, str]:
    sent: dict[str, Any] = msgspec.to_builtins(given)
    return {name: value for name, value in sent.items() if name not in ("limit", "cursor")}


def _sealed(cursor: _Cursor) -> str:
    return urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _opened(text: str) -> _Cursor | None:
    """Whoever forges one gets no further than one list, but must not reach the database with what it cannot take."""
    try:
        cursor = _decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        fit = is_aggregate_id(cursor.id) and (not cursor.within or is_aggregate_id(cursor.within))
        at = None if cursor.at is None else cursor.at.astimezone(UTC)
        return msgspec.structs.replace(cursor, at=at) if fit else None
    except (msgspec.DecodeError, ValueError, OverflowError):
        return None
