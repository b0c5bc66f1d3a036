"""A feed and a log over a list of events, for projectors."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import Head
from projections.projector import Projector
from tests.support.medcard_log import MedCardLog, claimed, created, reversal


class ListFeed:
    """Gives a list's events beyond the offsets in batches, says when all of it was taken, and then waits.

    It is also the log that it feeds from, which has nothing more unless it is given as `log`.
    """

    def __init__(
        self, events: Sequence[Envelope], batch_events_max: int = 100, log: Sequence[Envelope] | None = None
    ) -> None:
        self._events = events
        self.log = events if log is None else log
        self._batch_events_max = batch_events_max
        self.drained = asyncio.Event()
        self.asked_after: list[Mapping[PartitionId, int]] = []

    async def batches(self, after: Mapping[PartitionId, int]) -> AsyncIterator[Sequence[Envelope]]:
        self.asked_after.append(dict(after))
        left = self._left(after)
        for start in range(0, len(left), self._batch_events_max):
            yield left[start : start + self._batch_events_max]
        self.drained.set()
        await asyncio.Event().wait()

    def _left(self, after: Mapping[PartitionId, int]) -> list[Envelope]:
        return [event for event in self._events if event.offset > after.get(event.partition, 0)]

    async def heads(self) -> Mapping[PartitionId, Head]:
        """The log behind the feed."""
        return {event.partition: Head(event.offset, event.digest, event.epoch) for event in self.log}

    async def read_after(self, after: Mapping[PartitionId, int], events_max: int) -> Sequence[Envelope]:
        return [event for event in self.log if event.offset > after.get(event.partition, event.offset)][:events_max]


class AgainFeed(ListFeed):
    """A feed that gives everything again, whatever was asked for."""

    def _left(self, after: Mapping[PartitionId, int]) -> list[Envelope]:
        return list(self._events)


async def until(so: Callable[[], bool]) -> None:
    """Looks again and again; the caller's time-out ends it."""
    while True:
        if so():
            return
        await asyncio.sleep(0.01)


async def run_until_drained(projector: Projector, feed: ListFeed) -> None:
    running = asyncio.create_task(projector.run())
    drained = asyncio.create_task(feed.drained.wait())
    async with asyncio.timeout(20):
        await asyncio.wait([running, drained], return_when=asyncio.FIRST_COMPLETED)
        drained.cancel()
        projector.stop()
        await running


def story(log: MedCardLog) -> list[Envelope]:
    """Thirty cards, each with three claims of which one is taken back."""
    cards = [f"card-{number}" for number in range(30)]
    written = [log.put(card, created()) for card in cards]
    for number in range(3):
        written += [log.put(card, claimed(f"c{number}-{card}")) for card in cards]
    return written + [log.put(card, reversal(f"c1-{card}")) for card in cards]
