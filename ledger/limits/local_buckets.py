"""Token buckets in this process's memory."""

import math
from collections import OrderedDict

from ledger.ports import Clock
from ledger.rates import RatePolicy, RateState

CALLERS_MAX = 100_000
"""Beyond it the caller who was not seen for the longest time begins anew."""


class LocalBuckets:
    """A `RateLimiter` for one process: each caller has a bucket as large as the quota, which fills up evenly."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    async def take(self, caller: str, policy: RatePolicy, cost: int) -> RateState:
        """All of the cost or nothing of it. A cost above the whole quota is never granted."""
        now, per_s = self._clock.monotonic(), policy.quota / policy.window_s
        key = (policy.name, caller)
        level, seen_at = self._buckets.pop(key, (float(policy.quota), now))
        level = min(float(policy.quota), level + max(0.0, now - seen_at) * per_s)
        granted = level >= cost
        if granted:
            level -= cost
        self._buckets[key] = (level, now)
        if len(self._buckets) > CALLERS_MAX:
            self._buckets.popitem(last=False)
        return RateState(
            granted=granted,
            remaining=int(level),
            full_after_s=math.ceil((policy.quota - level) / per_s),
            retry_after_s=0 if granted else max(1, math.ceil((cost - level) / per_s)),
        )
