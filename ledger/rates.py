"""The port of limits of rate: how much a caller may ask for in a time."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """`quota` units in `window_s` seconds."""

    name: str
    quota: int
    window_s: int


@dataclass(frozen=True, slots=True)
class RateState:
    """What a caller has left. `retry_after_s`: when a refused cost will be granted; 0 where it was."""

    granted: bool
    remaining: int
    full_after_s: int
    retry_after_s: int


class RateLimiter(Protocol):
    """Counts what callers ask for. Never fails: a limiter whose store is away counts for itself."""

    async def take(self, caller: str, policy: RatePolicy, cost: int) -> RateState: ...
