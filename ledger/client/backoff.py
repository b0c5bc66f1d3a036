"""How long to wait before the next try: exponential, with full jitter, and bounded."""

import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Backoff:
    """The n-th wait is anything from 0 to `first_s * 2**n`, and to `most_s` at the most.

    Full jitter (all of the wait is drawn) keeps a thousand terminals that lost one server from coming back in step.
    """

    first_s: float = 0.2
    most_s: float = 20.0
    draw: random.Random = field(default_factory=random.Random, compare=False, repr=False)

    def wait_s(self, tries: int, at_least_s: float = 0.0) -> float:
        """After so many tries that failed, from 1 on; never below what the server asked for."""
        ceiling = min(self.most_s, self.first_s * 2.0 ** min(tries - 1, 32))
        return at_least_s + self.draw.uniform(0.0, ceiling)
