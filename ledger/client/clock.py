"""The client's only source of time."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Seconds that never go back; for waiting alone."""
    return time.monotonic()


def text_of(moment: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond. Raises ValueError for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
