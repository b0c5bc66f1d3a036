"""The only sources of time and chance: the system's, and twins that a test steers."""

import hashlib
import secrets
import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """Stands still until it is moved; `set` may also turn it back."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, by: timedelta) -> None:
        self._at += by
        self._monotonic += by.total_seconds()

    def set(self, at: datetime) -> None:
        """Turns the wall clock; monotonic time goes on regardless."""
        self._at = at


class SystemIds:
    """The machine's random source."""

    def random_bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)

    def new_id(self) -> str:
        return secrets.token_urlsafe(16)


class SeededIds:
    """The same ids and bytes for the same seed, for tests."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._count = 0

    def random_bytes(self, count: int) -> bytes:
        self._count += 1
        return hashlib.shake_256(f"{self._seed}/{self._count}".encode()).digest(count)

    def new_id(self) -> str:
        return self.random_bytes(16).hex()
