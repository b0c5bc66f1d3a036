"""What was measured: how many, how long, and what was told."""

import math
from collections import Counter, deque
from dataclasses import dataclass, field

_STEP = 1.02
_PER_LOG = 1 / math.log(_STEP)
_BUCKETS = int(math.log(600e6) * _PER_LOG) + 2
"""From a microsecond to ten minutes."""
LAST_SHOWN = 5


class Histogram:
    """Latencies in buckets that are 2 % wide: percentiles are exact to that, at any number of them."""

    __slots__ = ("_counts", "count")

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self.count = 0

    def add(self, seconds: float) -> None:
        us = seconds * 1e6
        self._counts[min(int(math.log(us) * _PER_LOG), _BUCKETS - 1) if us > 1.0 else 0] += 1
        self.count += 1

    def percentile_ms(self, percent: float) -> float:
        """Nearest rank, the bucket's middle; 0 where there is nothing."""
        wanted, seen = max(1, math.ceil(self.count * percent / 100)), 0
        for bucket, count in enumerate(self._counts):
            seen += count
            if seen >= wanted:
                return float(_STEP ** (bucket + 0.5)) / 1000
        return 0.0


@dataclass
class Figures:
    """Of one run. A claim's latency is from the moment at which it was meant to be sent to its answer, all tries and
    lost lines included, so that a server that stalls cannot hide what would have been sent meanwhile.

    `statuses`: claims answered, by the claim's status or the refusal's code. `again`: answers after which the same id
    was sent once more, by code. `replays`: ids sent twice whose second answer was the same bytes; `broken_replays`:
    was not.
    """

    started_at: float = 0.0
    sent: int = 0
    answered: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    latencies: Histogram = field(default_factory=Histogram)
    recent: Histogram = field(default_factory=Histogram)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_SHOWN))
    reconnects: int = 0
    replays: int = 0
    broken_replays: int = 0
    connected: int = 0
    measured_from: float = 0.0
    """Claims that were meant for an earlier moment are counted, and leave no latency."""
    in_time: int = 0
    """Answers that had come when the measured seconds were over; the others have latencies, but make no rate."""

    def took(self, status: str, meant_at: float, now: float) -> None:
        self.answered += 1
        self.statuses[status] += 1
        self.recent.add(now - meant_at)
        if meant_at >= self.measured_from:
            self.latencies.add(now - meant_at)

    def report(self, seconds: float) -> dict[str, object]:
        """For machines: `seconds` are those that were measured."""
        found = self.latencies
        return {
            "sent": self.sent,
            "answered": self.answered,
            "per_s": round(self.in_time / seconds) if seconds else 0,
            **{f"p{percent}_ms": round(found.percentile_ms(percent), 1) for percent in (50, 95, 99)},
            "statuses": dict(self.statuses),
            "again": dict(self.again),
            "troubles": dict(self.troubles),
            "reconnects": self.reconnects,
            "replays": self.replays,
            "broken_replays": self.broken_replays,
        }
