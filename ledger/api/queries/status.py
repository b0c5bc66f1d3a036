"""How the server stands, for those who run it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from ledger import __version__
from ledger.api.answers import Answer
from ledger.api.edge import Edge, may_ask
from ledger.api.standing import Health, Seen
from ledger.messages.commands import Caller
from ledger.messages.envelope import PartitionId
from ledger.ports import Head
from ledger.reads import ProjectionRow

PROJECTOR = "projector"
"""The check whose facts speak of each projection."""


class Condition(StrEnum):
    OK = "OK"
    DEGRADED = "DEGRADED"


class ProjectionState(StrEnum):
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    FAILING = "FAILING"


class HealthCheckView(Answer, frozen=True, kw_only=True):
    """What one check found."""

    name: str
    condition: Condition
    latency_ms: float
    detail: str | None


class PartitionView(Answer, frozen=True, kw_only=True):
    """A partition of the log: its last offset, and who writes it."""

    topic: str
    partition: int
    head: int
    epoch: int
    host: str


class ProjectedPartitionView(Answer, frozen=True, kw_only=True):
    """Where a projection stands in one partition."""

    topic: str
    partition: int
    applied: int
    lag_events: int


class ProjectionView(Answer, frozen=True, kw_only=True):
    """How far a projection is behind the log. `lag_seconds`: null where the projector does not say."""

    name: str
    state: ProjectionState
    failure: str | None
    lag_events: int
    lag_seconds: float | None
    dead_letters: int
    partitions: tuple[ProjectedPartitionView, ...]


class SystemStatusView(Answer, frozen=True, kw_only=True):
    """The server at one moment."""

    condition: Condition
    server_version: str
    at: datetime
    checks: tuple[HealthCheckView, ...]
    partitions: tuple[PartitionView, ...]
    projections: tuple[ProjectionView, ...]


async def system_status(edge: Edge, caller: Caller) -> SystemStatusView:
    """Of the whole server, as it was seen within the last second. Raises `Problem`, `StoreUnavailable`."""
    may_ask("systemStatus", caller)
    seen = await edge.standing.seen()
    projector = seen.checks.get(PROJECTOR)
    facts = {} if projector is None else projector.facts
    projections = tuple(_projection(row, seen.heads, facts.get(row.projection, {})) for row in seen.projections)
    return SystemStatusView(
        condition=_condition(seen, projections),
        server_version=__version__,
        at=seen.at,
        checks=tuple(_check(name, check) for name, check in sorted(seen.checks.items())),
        partitions=tuple(_partition(each, head) for each, head in sorted(seen.heads.items())),
        projections=projections,
    )


def _condition(seen: Seen, projections: tuple[ProjectionView, ...]) -> Condition:
    well = all(check.healthy for check in seen.checks.values())
    well = well and all(each.state is ProjectionState.RUNNING and not each.dead_letters for each in projections)
    return Condition.OK if well else Condition.DEGRADED


def _check(name: str, check: Health) -> HealthCheckView:
    return HealthCheckView(
        name=name,
        condition=Condition.OK if check.healthy else Condition.DEGRADED,
        latency_ms=round(check.latency_ms, 3),
        detail=check.detail or None,
    )


def _partition(partition: PartitionId, head: Head) -> PartitionView:
    return PartitionView(
        topic=partition.topic, partition=partition.partition, head=head.offset, epoch=head.epoch, host=head.host
    )


def _projection(row: ProjectionRow, heads: Mapping[PartitionId, Head], facts: Mapping[str, Any]) -> ProjectionView:
    """`facts`: what the projector itself says of it, where it can be asked."""
    topics = {partition.topic for partition in row.applied}
    partitions = tuple(
        ProjectedPartitionView(
            topic=partition.topic,
            partition=partition.partition,
            applied=row.applied.get(partition, 0),
            lag_events=max(0, head.offset - row.applied.get(partition, 0)),
        )
        for partition, head in sorted(heads.items())
        if partition.topic in topics
    )
    failure = facts.get("failure") or None
    state = ProjectionState.PAUSED if row.paused else ProjectionState.FAILING if failure else ProjectionState.RUNNING
    return ProjectionView(
        name=row.projection,
        state=state,
        failure=failure,
        lag_events=sum(each.lag_events for each in partitions),
        lag_seconds=facts.get("lagS"),
        dead_letters=row.dead_letters,
        partitions=partitions,
    )
