"""The time that a host stamps on events: monotone in each partition, and never far ahead of the store's clock."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from ledger.messages.envelope import PartitionId
from ledger.ports import Clock

CLOCK_AHEAD_MAX = timedelta(seconds=5)
"""How far the host's clock may run ahead of the store's: an event from the future would drag all later ones along."""


class PartitionClock:
    """For the partitions of one lane."""

    def __init__(self, clock: Clock, newest: Mapping[PartitionId, datetime], store_time: datetime) -> None:
        """`newest`: when the newest event of each partition occurred; `store_time`: what the store's clock says now."""
        self._clock = clock
        self._newest = dict(newest)
        self.store_said(store_time)

    def learn(self, newest: Mapping[PartitionId, datetime]) -> None:
        """When the newest event of further partitions occurred."""
        for partition, at in newest.items():
            self._newest[partition] = max(at, self._newest.get(partition, at))

    def store_said(self, store_time: datetime) -> None:
        """What the store's clock says now."""
        self._store_time = store_time
        self._heard_at = self._clock.monotonic()

    def stamp(self, partitions: Collection[PartitionId]) -> Mapping[PartitionId, datetime]:
        """The time of what happens now in each of these partitions."""
        since_heard = timedelta(seconds=self._clock.monotonic() - self._heard_at)
        now = min(self._clock.now(), self._store_time + since_heard + CLOCK_AHEAD_MAX)
        for partition in partitions:
            self._newest[partition] = max(now, self._newest.get(partition, now))
        return self._newest
