"""How often a terminal may break the protocol, and how often it is told to slow down."""

from collections import deque

from ledger.ports import Clock

STRIKES_MAX, WITHIN_S = 5, 60.0
ADVISED_EVERY_S = 1.0


class Strikes:
    """The newest bad frames of one socket."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest: deque[float] = deque(maxlen=STRIKES_MAX)

    def another(self) -> bool:
        """Counts one; whether it was the last that is borne."""
        now = self._clock.monotonic()
        self._newest.append(now)
        return len(self._newest) == STRIKES_MAX and now - self._newest[0] < WITHIN_S


class Pace:
    """When a socket was last told to slow down."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._advised_at: float | None = None

    def may_advise(self) -> bool:
        """Once in a while: every one of a thousand refused commands would say the same."""
        now = self._clock.monotonic()
        if self._advised_at is not None and now - self._advised_at < ADVISED_EVERY_S:
            return False
        self._advised_at = now
        return True
