"""Named SQL statements, each in a file of `sql/`: they name their parameters (`:card_id`), we number them."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from ledger.ports import Row
from ledger.postgres.statements import statement as text_of

# A colon before a name; two colons are a cast.
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
_LIVE_TABLE = re.compile(r"\bread\.(?=[a-z_])")

LIVE = "read"
"""The schema of the tables that queries read."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as the server takes it: `parameters` are the names of $1, $2, …"""

    name: str
    sql: str
    parameters: tuple[str, ...]

    def arguments(self, values: Row) -> list[Any]:
        """The parameters of one call, in the order of the numbers. Raises KeyError where one is missing."""
        return [values[name] for name in self.parameters]


def parse(name: str, text: str) -> Statement:
    """A statement from its text."""
    parameters: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        if found[1] not in parameters:
            parameters.append(found[1])
        return f"${parameters.index(found[1]) + 1}"

    return Statement(name, _PARAMETER.sub(numbered, text), tuple(parameters))


@cache
def statement(name: str, schema: str = LIVE) -> Statement:
    """The statement in `sql/<name>.sql`, read once; with another schema it speaks of the tables there.

    Raises FileNotFoundError: a name is a constant of our own.
    """
    text = text_of("ledger.readstores", name)
    return parse(name, text if schema == LIVE else _LIVE_TABLE.sub(f"{schema}.", text))
