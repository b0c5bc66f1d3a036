"""A part of a list."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

Row = TypeVar("Row")
Key = tuple[Any, ...]

WALK_ROWS_MAX = 5_000
"""Rows that are looked at for one part of a list. A filter that few rows fit would else have the whole list walked: a
part may so have fewer rows than were asked for, also none, and more follow all the same."""


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list: at most `limit` rows after the one whose sort key is `after`."""

    limit: int
    after: Key | None = None
    walk_max: int = WALK_ROWS_MAX


class Part(list[Row]):
    """The rows of a part of a list. `walked_to`: the sort key at which the search stopped, with more behind it; None
    where it came to the end of the list, or to the end of the page."""

    walked_to: Key | None = None


def walked(rows: Iterable[Any], made: Callable[[dict[str, Any]], Row], *key: str) -> Part[Row]:
    """From rows that say themselves whether they fit the filter, and are the last ones looked at (`fits`, `last`)."""
    part: Part[Row] = Part()
    for row in rows:
        columns = dict(row)
        fits, last = columns.pop("fits"), columns.pop("last")
        if fits:
            part.append(made(columns))
        if last:
            part.walked_to = tuple(columns[name] for name in key)
    return part
