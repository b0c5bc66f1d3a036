"""Schema versions of events, and how older ones are brought up.

A field that an event can do without is added with its default, and is no new version. A new version is for what every
event must say from now on, or says in another way. What was stored stays as it is, and so does its version in the log,
in Kafka and in the history: whoever reads it brings it up, step by step.
"""

from collections.abc import Callable
from typing import Any

from ledger.domain.kinds import Event
from ledger.domain.medcard.events import PLAN_UNNAMED, PrescriptionClaimed, PrescriptionClaimReversed

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the data of one schema version into that of the next. Sealed fields pass as the boxes that they are."""


def _with_plan(data: dict[str, Any]) -> dict[str, Any]:
    """A claim says whose plan owes its cover. In the first version it could leave that to be looked up."""
    return {"planId": PLAN_UNNAMED, **data}


SCHEMA_VERSIONS: dict[type[Event], int] = {PrescriptionClaimed: 2, PrescriptionClaimReversed: 2}
"""The current schema version of an event class; 1 where it is not named."""

UPCASTERS: dict[tuple[str, int], Upcaster] = {
    ("PrescriptionClaimed", 1): _with_plan,
    ("PrescriptionClaimReversed", 1): _with_plan,
}
"""(event type, from version) -> the step to the next version."""
