"""What a decider may answer: an event that happened, a refusal, or a fact that changes nothing."""

import dataclasses
from typing import Any


class Event:
    """A fact to store. Its class name and field names are the stored format: add, never rename."""

    __slots__ = ()


class Refusal:
    """Why a command was not done, with the figures that explain it. Its code is the class name in snake_case."""

    __slots__ = ()


class Unchanged:
    """A command that was understood and asks for nothing new, such as the repeat of a claim that is already paid."""

    __slots__ = ()


class Erased:
    """Stands in for personal data whose key was destroyed. Equal to nothing but another `Erased`."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Erased)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "Erased()"


def personal(of: str, default: Any = dataclasses.MISSING) -> Any:
    """Marks a field as personal or health data of the person whose id stands in the field `of`.

    Such a field is sealed under that person's key before it is stored, and reads as `Erased` once the key is gone;
    in a state that has no use for `Erased` there, as its default.
    """
    return dataclasses.field(default=default, metadata={"personal": of})
