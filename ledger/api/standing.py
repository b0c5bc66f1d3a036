"""How the server stands: looked at when somebody asks, and at most once in a while for all who do."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ledger.messages.envelope import PartitionId
from ledger.ports import Clock, EventLog, Head
from ledger.reads import ProjectionReads, ProjectionRow

FRESH_S = 1.0
"""How long what was seen is shown again: asking costs the database one look a second and replica at the most."""


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of one health check."""

    healthy: bool
    latency_ms: float
    detail: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class HealthChecks(Protocol):
    """What the composition knows of the health of its parts."""

    async def check(self) -> Mapping[str, Health]:
        """Every named check, made now, each within a bound of its own; a failure is an answer, never an exception."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What was there at one moment."""

    at: datetime
    checks: Mapping[str, Health]
    heads: Mapping[PartitionId, Head]
    projections: Sequence[ProjectionRow]


class Standing:
    """Those who ask while somebody looks wait for the same look."""

    def __init__(self, health: HealthChecks, log: EventLog, projections: ProjectionReads, clock: Clock) -> None:
        self._health = health
        self._log = log
        self._projections = projections
        self._clock = clock
        self._looked_at = 0.0
        self._look: asyncio.Task[Seen] | None = None

    async def seen(self) -> Seen:
        """At most `FRESH_S` old. Raises `StoreUnavailable`."""
        now = self._clock.monotonic()
        look = self._look
        if look is None or (look.done() and (now - self._looked_at >= FRESH_S or look.exception() is not None)):
            self._looked_at = now
            look = self._look = asyncio.create_task(self._see(), name="how the server stands")
        # One who asked and went must not take the look away from the others.
        return await asyncio.shield(look)

    async def _see(self) -> Seen:
        at = self._clock.now()
        # The projections first: read models are then never ahead of the log that they are compared with.
        projections = await self._projections.projections()
        heads, checks = await asyncio.gather(self._log.heads(), self._health.check())
        return Seen(at, checks, heads, projections)
