"""A part of a list."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list: at most `limit` rows after the one whose sort key is `after`."""

    limit: int
    after: tuple[Any, ...] | None = None
