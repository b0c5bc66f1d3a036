"""An event log that counts what is appended to it."""

from collections import Counter

import asyncpg

from ledger.metrics import HostMetrics
from ledger.ports import Append, Clock, Committed, Fenced, Verdict
from ledger.store.hints import PostgresHints
from ledger.store.postgres_log import PostgresEventLog


class MeasuredEventLog(PostgresEventLog):
    """As its parent in all that it does."""

    def __init__(self, pool: asyncpg.Pool, hints: PostgresHints, metrics: HostMetrics, clock: Clock) -> None:
        super().__init__(pool, hints)
        self._metrics = metrics
        self._clock = clock

    async def append(self, append: Append) -> Verdict:
        began = self._clock.monotonic()
        verdict_name = "unknown"
        types: Counter[str] = Counter()
        try:
            verdict = await super().append(append)
            verdict_name = _name_of(verdict)
            if isinstance(verdict, Committed):
                types.update(event.type for event in append.events)
            return verdict
        finally:
            seconds = self._clock.monotonic() - began
            self._metrics.appended(verdict_name, len(append.results), seconds, types)


def _name_of(verdict: Verdict) -> str:
    if isinstance(verdict, Committed):
        return "committed"
    return "fenced" if isinstance(verdict, Fenced) else "duplicates"
