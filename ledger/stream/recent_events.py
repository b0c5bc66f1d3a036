"""What one follower of a process has just read, for the others that follow the same log."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import Clock, EventLog

EVENTS_MAX = 4_096
"""Of one partition."""

AGE_MAX_S = 1.0
"""What was read longer ago is read again: a log that was put back to an older one meanwhile must be seen as it is."""


class RecentEvents:
    """Reads through to the log what it does not have. One for all feeds of a process, in one loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: dict[PartitionId, deque[tuple[float, Envelope]]] = {}
        self._reading = asyncio.Lock()

    async def read_after(self, log: EventLog, after: Mapping[PartitionId, int], events_max: int) -> Sequence[Envelope]:
        """As the log's own: what is known of one of the partitions is given alone. Raises what the log raises."""
        if found := self._known(after, events_max):
            return found
        async with self._reading:
            # Whoever waited here may find what it wants in what another has read.
            if found := self._known(after, events_max):
                return found
            began = self._clock.monotonic()
            events = await log.read_after(after, events_max)
            self._keep(events, began)
        return events

    def _known(self, after: Mapping[PartitionId, int], events_max: int) -> list[Envelope]:
        oldest = self._clock.monotonic() - AGE_MAX_S
        found: list[Envelope] = []
        for partition, offset in after.items():
            kept = self._events.get(partition)
            while kept and kept[0][0] < oldest:
                kept.popleft()
            if kept and kept[0][1].offset <= offset + 1 <= kept[-1][1].offset:
                skipped = offset + 1 - kept[0][1].offset
                found.extend(event for _, event in islice(kept, skipped, skipped + events_max - len(found)))
        return found

    def _keep(self, events: Sequence[Envelope], read_at: float) -> None:
        for event in events:
            kept = self._events.setdefault(event.partition, deque(maxlen=EVENTS_MAX))
            if kept and event.offset != kept[-1][1].offset + 1:
                kept.clear()
            kept.append((read_at, event))
