"""The table of who may, as tests read it: `rights_matrix.txt`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.api.rights import Role

ROLES = ("ADMIN", "OPERATOR", "APPROVER", "PHARMACY", "PROVIDER", "INSURER", "MEMBER", "AUDITOR", "SERVICE", "SCOPED")
DONE, FORBIDDEN, NOT_FOUND, NOTHING, NOT_AVAILABLE = "+-?0n"
_CELL = re.compile(rf"[{re.escape(DONE + FORBIDDEN + NOT_FOUND + NOTHING + NOT_AVAILABLE)}]{{2}}")

assert {*ROLES} == {*Role, "SCOPED"}, "the table speaks of every role"


@dataclass(frozen=True, slots=True)
class Cell:
    """What a role is answered on an own object, and on another's."""

    role: str
    own: str
    other: str


def cells(section: str) -> dict[str, tuple[Cell, ...]]:
    """`commands` or `queries`, by row."""
    return dict(_rows(section))


def _rows(section: str) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    text = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
    [part] = [each for each in text.split("\n[")[1:] if each.startswith(f"{section}]")]
    heads, *lines = [line for line in part.splitlines() if line and not line.startswith("#")]
    assert tuple(heads.split()[1:]) == ROLES
    for line in lines:
        words = line.split()
        name, found = " ".join(words[: -len(ROLES)]), words[-len(ROLES) :]
        assert all(_CELL.fullmatch(cell) for cell in found), line
        yield name, tuple(Cell(role, *cell) for role, cell in zip(ROLES, found, strict=True))


def who(role: str, *scope: str) -> dict[str, str]:
    """The claims that make a token's role; the ids that it acts for are said beside."""
    return {"role": "SERVICE", "scope": " ".join(scope)} if role == "SCOPED" else {"role": role}
