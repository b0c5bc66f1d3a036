"""The log feed: follows the log itself, by offset; the default where there is no broker."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from ledger.following import GapInLog
from ledger.messages.envelope import Envelope, PartitionId, position_text
from ledger.ports import EventLog, Head
from ledger.stream.recent_events import RecentEvents


class LogFeed:
    """An `EventFeed` over an `EventLog`. `topics`: which ones it follows; None means all.

    Every partition is served in each round, so that a long backlog in one does not hold up the others.
    """

    def __init__(
        self,
        log: EventLog,
        poll_interval_s: float,
        batch_events_max: int,
        topics: Collection[str] | None = None,
        recent: RecentEvents | None = None,
    ) -> None:
        """`recent`: shared with the other feeds of the process, so that what they all follow is read once."""
        self._log = log
        self._recent = recent
        self._poll_interval_s = poll_interval_s
        self._batch_events_max = batch_events_max
        self._topics = None if topics is None else frozenset(topics)

    async def batches(self, after: Mapping[PartitionId, int]) -> AsyncIterator[Sequence[Envelope]]:
        """Endless batches, none empty, none longer than `batch_events_max`; a partition that is not named starts at 0.

        Looks at the heads at a hint, and at every interval without one; while events keep coming, once an interval,
        because a batch of a few events costs its followers nearly as much as one of hundreds. So a lone event is given
        at once, and none waits much longer than the interval. Raises `GapInLog`, and what the log raises.
        """
        positions = dict(after)
        while True:
            behind = _behind(await self._followed_heads(), positions)
            if not behind:
                await self._log.wait_for_hint(self._poll_interval_s)
            for share in _shares(behind, self._batch_events_max):
                events = await self._read({partition: positions.get(partition, 0) for partition in share})
                _advance(positions, share, events)
                yield events
            if 0 < sum(behind.values()) < self._batch_events_max:
                await asyncio.sleep(self._poll_interval_s)

    async def _read(self, after: Mapping[PartitionId, int]) -> Sequence[Envelope]:
        if self._recent is None:
            return await self._log.read_after(after, self._batch_events_max)
        return await self._recent.read_after(self._log, after, self._batch_events_max)

    async def _followed_heads(self) -> Mapping[PartitionId, Head]:
        heads = await self._log.heads()
        if self._topics is None:
            return heads
        return {partition: head for partition, head in heads.items() if partition.topic in self._topics}


def _behind(heads: Mapping[PartitionId, Head], positions: Mapping[PartitionId, int]) -> dict[PartitionId, int]:
    """How many events wait in each partition that has any."""
    waiting = {partition: head.offset - positions.get(partition, 0) for partition, head in heads.items()}
    for partition, count in waiting.items():
        if count < 0:
            raise GapInLog(f"{partition} ends at {heads[partition].offset}, before {positions[partition]}")
    return {partition: count for partition, count in waiting.items() if count > 0}


def _shares(behind: Mapping[PartitionId, int], events_max: int) -> list[list[PartitionId]]:
    """The partitions of one round, each in one batch, gathered until their events fill it."""
    shares: list[list[PartitionId]] = []
    room = 0
    for partition, count in behind.items():
        if room <= 0:
            shares.append([])
            room = events_max
        shares[-1].append(partition)
        room -= count
    return shares


def _advance(positions: dict[PartitionId, int], share: Sequence[PartitionId], events: Sequence[Envelope]) -> None:
    if not events:
        raise GapInLog(f"no events after {', '.join(position_text(p, positions.get(p, 0)) for p in share)}")
    for event in events:
        last = positions.get(event.partition, 0)
        if event.offset != last + 1:
            raise GapInLog(f"{event.position} came after {position_text(event.partition, last)}")
        positions[event.partition] = event.offset
