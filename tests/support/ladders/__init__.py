"""The refusals of every command in the order of the contract, each with what brings it about.

A ladder begins with a case in which its command is done. A fault spoils a case so that one refusal holds. Faults can be
put together, so that two refusals hold at once and the order decides which of them is the answer.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal
from ledger.domain.medcard.events import PrescriptionClaimRejected


@dataclass(frozen=True)
class Case:
    given: tuple[Event, ...]
    command: Any
    context: Context


@dataclass(frozen=True)
class Fault:
    """`code`: the refusal's, or the reject code's. `alone`: faults of this ladder that cannot hold at the same time."""

    code: str
    spoil: Callable[[Case], Case]
    alone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ladder:
    """`faults` in the order in which they are answered."""

    good: Case
    faults: tuple[Fault, ...]

    @property
    def name(self) -> str:
        return type(self.good.command).__name__

    def together(self) -> list[tuple[Fault, Fault]]:
        """All pairs that can hold at once, the one that is answered first."""
        return [
            (first, second)
            for at, first in enumerate(self.faults)
            for second in self.faults[at + 1 :]
            if second.code not in first.alone and first.code not in second.alone
        ]


def code_of(answer: object) -> str | None:
    """The code that a caller reads in an answer; None where the command was done."""
    if isinstance(answer, PrescriptionClaimRejected):
        return answer.reject_codes[0]
    return snake_case(type(answer)) if isinstance(answer, Refusal) else None


def snake_case(named: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", named.__name__).lower()


def commanding(code: str, *, alone: str = "", **changes: object) -> Fault:
    """A fault of the command's own fields."""
    spoil = lambda case: replace(case, command=replace(case.command, **changes))  # noqa: E731 - as short as what it does
    return Fault(code, spoil, frozenset(alone.split()))


def after(code: str, *events: Event, alone: str = "") -> Fault:
    """A fault of what happened last."""
    return Fault(code, lambda case: replace(case, given=(*case.given, *events)), frozenset(alone.split()))


def instead(code: str, *events: Event, alone: str = "") -> Fault:
    """A fault of all that happened; `instead("…_not_found")`: nothing did."""
    return Fault(code, lambda case: replace(case, given=events), frozenset(alone.split()))


def with_event(code: str, kind: type[Event], *, alone: str = "", **changes: object) -> Fault:
    """A fault of events of one kind in the past."""

    def spoil(case: Case) -> Case:
        given = tuple(replace(event, **changes) if isinstance(event, kind) else event for event in case.given)
        return replace(case, given=given)

    return Fault(code, spoil, frozenset(alone.split()))


def without_event(code: str, kind: type[Event], *, alone: str = "") -> Fault:
    """A fault of an event that did not happen."""

    def spoil(case: Case) -> Case:
        return replace(case, given=tuple(event for event in case.given if not isinstance(event, kind)))

    return Fault(code, spoil, frozenset(alone.split()))


def under(code: str, *, alone: str = "", **changes: object) -> Fault:
    """A fault of what travels beside the command."""
    return Fault(code, lambda case: replace(case, context=replace(case.context, **changes)), frozenset(alone.split()))
