"""Every metric of the server: its name, its labels, its buckets. No id is ever a label.

Each process keeps its own; the edge gathers those of all processes for `/metrics`, with a label `process`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.samples import Sample

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"})
_BATCH = (1, 2, 5, 10, 20, 50, 100, 200, 300, 500, 1_000)

Families = list[Metric]
"""Metrics as they travel between processes."""


class ProcessMetrics:
    """Of any process: its memory, its CPU time, its files."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)

    def families(self) -> Families:
        """What this process has counted so far."""
        return list(self.registry.collect())


class EdgeMetrics(ProcessMetrics):
    """Of one edge replica."""

    def __init__(self) -> None:
        super().__init__()
        self._requests = Counter(
            "healthpay_requests", "Requests answered.", ["route", "method", "status", "code"], registry=self.registry
        )
        self._seconds = Histogram(
            "healthpay_request_seconds",
            "From the request's head to its answer.",
            ["route", "method"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._commands = Counter(
            "healthpay_commands", "Commands answered, by `ok` or code.", ["command", "outcome"], registry=self.registry
        )
        self._sockets = Gauge("healthpay_terminal_sockets", "Terminals connected.", registry=self.registry)
        self._closed = Counter(
            "healthpay_terminal_closes",
            "Terminals whose connection ended, by the code that the server closed it with, or `gone`.",
            ["code"],
            registry=self.registry,
        )

    def answered(self, route: str, method: str, status: int, code: str, seconds: float) -> None:
        method = method if method in _METHODS else "other"
        self._requests.labels(route, method, str(status), code).inc()
        self._seconds.labels(route, method).observe(seconds)

    def command(self, name: str, outcome: str, count: int = 1) -> None:
        self._commands.labels(name, outcome).inc(count)

    def terminal_came(self) -> None:
        self._sockets.inc()

    def terminal_left(self, code: str) -> None:
        self._sockets.dec()
        self._closed.labels(code).inc()


class HostMetrics(ProcessMetrics):
    """Of one aggregate host."""

    def __init__(self) -> None:
        super().__init__()
        self._events = Counter("healthpay_events_appended", "Events committed.", ["type"], registry=self.registry)
        self._verdicts = Counter(
            "healthpay_appends",
            "Appends by verdict.",
            ["verdict"],
            registry=self.registry,
        )
        self._seconds = Histogram("healthpay_append_seconds", "One append.", buckets=_SECONDS, registry=self.registry)
        self._batch = Histogram(
            "healthpay_append_commands", "Commands in one append.", buckets=_BATCH, registry=self.registry
        )

    def appended(self, verdict: str, commands: int, seconds: float, events_by_type: Mapping[str, int]) -> None:
        """`events_by_type` counts only where the verdict is `committed`."""
        self._verdicts.labels(verdict).inc()
        self._seconds.observe(seconds)
        self._batch.observe(commands)
        for event_type, count in events_by_type.items():
            self._events.labels(event_type).inc(count)


_HOST_GAUGES = {
    "partitions": ("healthpay_host_partitions", "Partitions that the host owns."),
    "mailbox_depth": ("healthpay_mailbox_depth", "Commands that wait for their turn."),
    "residents": ("healthpay_aggregates_active", "Aggregates in memory."),
    "in_flight": ("healthpay_commands_in_flight", "Commands on their way."),
    "snapshots_written": ("healthpay_snapshots_written", "Snapshots written since the host's start."),
    "snapshots_failed": ("healthpay_snapshots_failed", "Snapshots that failed since the host's start."),
    "snapshots_passed_over": ("healthpay_snapshots_passed_over", "Snapshots that found no room to wait."),
}


def host_gauges(stats: Mapping[str, int]) -> Families:
    """The figures of the moment of a host, by their names in `HostStats`."""
    return [
        GaugeMetricFamily(name, text, value=stats[key]) for key, (name, text) in _HOST_GAUGES.items() if key in stats
    ]


_GROUP_GAUGES = {
    "applied": ("healthpay_projection_events_applied", "Events applied since the projector's start."),
    "behind": ("healthpay_projection_lag_events", "Events of the log that are not applied yet."),
    "lagS": ("healthpay_projection_lag_seconds", "From the commit of the newest applied event to its reading."),
    "parked": ("healthpay_projection_parked_aggregates", "Aggregates whose events wait as dead letters."),
    "paused": ("healthpay_projection_paused", "1 where an operator has paused it."),
}


def projection_gauges(groups: Mapping[str, Mapping[str, Any]]) -> Families:
    """The status of the projectors, by group."""
    families: Families = []
    for key, (name, text) in _GROUP_GAUGES.items():
        family = GaugeMetricFamily(name, text, labels=["projection"])
        for group, status in groups.items():
            if key in status:
                family.add_metric([group], float(status[key]))
        families.append(family)
    failing = GaugeMetricFamily("healthpay_projection_failing", "1 where it makes no headway.", labels=["projection"])
    for group, status in groups.items():
        failing.add_metric([group], 1.0 if status.get("failure") else 0.0)
    return [*families, failing]


class _Gathered:
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def exposition(by_process: Mapping[str, Iterable[Metric]]) -> bytes:
    """The text of `/metrics`: every sample with the label of its process."""
    gathered: dict[str, Metric] = {}
    for process, families in by_process.items():
        for family in families:
            whole = gathered.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            whole.samples.extend(_labelled(sample, process) for sample in family.samples)
    text: bytes = generate_latest(_Gathered(gathered.values()))
    return text


def _labelled(sample: Sample, process: str) -> Sample:
    return sample._replace(labels={**sample.labels, "process": process})
