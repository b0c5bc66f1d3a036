"""Applies events to the read models of a group: each once, in order, and around those that cannot be applied."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from ledger.following import AggregateKey, DeadLetter, GapInLog, Halted, LogReader, ReadStore, Standing, read_ahead
from ledger.messages.envelope import Envelope, PartitionId, position_text
from ledger.ports import BadData, Changes, Checkpoint, CheckpointMove
from projections.chain import Chain
from projections.projection import Group, Projection, changes_of, fact_of

PARKED_AGGREGATES_MAX = 100
"""Of one group. More of them are no accident of single events: then the group halts."""

ERROR_CHARACTERS_MAX = 500

_log = logging.getLogger(__name__)


class PoisonEvent(Halted):
    """An event cannot be applied, and its group parks nothing."""


class TooManyParked(Halted):
    """An event cannot be applied, and its group has parked as many aggregates as it may."""


class CannotFold(Exception):
    """A batch has an event that its projections cannot make anything of."""


class Applier:
    """Brings the tables of one group from event to event. Not for two tasks at once.

    `name`: that of its checkpoints and dead letters, where it is not the group's own.
    """

    def __init__(self, group: Group, store: ReadStore, name: str = "", parked_max: int = PARKED_AGGREGATES_MAX) -> None:
        self.name = name or group.name
        self.chain = Chain()
        self.events_applied = 0
        self._group = group
        self._store = store
        self._parked_max = parked_max
        self._generation = 0
        self._parked: set[AggregateKey] = set()

    @property
    def parked(self) -> int:
        """Aggregates."""
        return len(self._parked)

    @property
    def positions(self) -> Mapping[PartitionId, int]:
        """The newest applied offset of each partition that has one."""
        return {partition: checkpoint.offset for partition, checkpoint in self.chain.checkpoints.items()}

    async def load(self, log: LogReader) -> Standing:
        """Begins with the store's own word: the last batch before a failure may or may not have gone in.

        Raises `LogForked` where the log does not have what was applied.
        """
        # The standing first: what changes after it was read is refused with the first batch.
        standing = await self._store.standing(self.name)
        self._generation = standing.generation
        self._parked = {letter.key for letter in await self._store.dead_letters(self.name)}
        await self.chain.restore(await self._store.checkpoints(self.name), log)
        return standing

    async def apply(self, events: Sequence[Envelope]) -> Sequence[Envelope]:
        """Applies those that are new here, and gives them; events of parked aggregates are counted instead.

        Raises `Halted` in its kinds, `CheckpointMoved`, `ProjectionChanged` and `StoreUnavailable`.
        """
        fresh = self.chain.unseen(events)
        if fresh:
            await self._apply_around_poison(fresh)
        return fresh

    async def _apply_around_poison(self, events: Sequence[Envelope]) -> None:
        """Halves what cannot be applied until the culprit stands alone; every part is a transaction of its own."""
        try:
            await self._apply_whole(events)
        except (CannotFold, BadData) as error:
            if len(events) == 1:
                await self._park(events[0], error)
                return
            middle = len(events) // 2
            await self._apply_around_poison(events[:middle])
            await self._apply_around_poison(events[middle:])

    async def _apply_whole(self, events: Sequence[Envelope]) -> None:
        parked = self._parked
        known = [event for event in events if key_of(event) not in parked] if parked else events
        left_out = [event for event in events if key_of(event) in parked] if parked else []
        await self._commit(events, folded(self._group.projections, known), _counted(left_out))

    async def _park(self, event: Envelope, error: Exception) -> None:
        if self._group.halts:
            raise PoisonEvent(f"{event.position} cannot be applied: {_cause(error)}") from error
        if len(self._parked) >= self._parked_max:
            raise TooManyParked(f"{event.position}, after {self._parked_max} parked aggregates") from error
        key = key_of(event)
        _log.critical("%s parks %s at %s: %s", self.name, event.aggregate_id, event.position, error, exc_info=error)
        await self._commit([event], [], [DeadLetter(key, event.offset, why(error), 1)])
        self._parked.add(key)

    async def _commit(
        self, events: Sequence[Envelope], changes: Sequence[Changes], parked: Sequence[DeadLetter]
    ) -> None:
        newest = {event.partition: event for event in events}
        moves = [
            CheckpointMove(partition, self.chain.at(partition).offset, Checkpoint(event.offset, event.digest))
            for partition, event in sorted(newest.items())
        ]
        await self._store.apply(self.name, changes, moves, parked, self._generation)
        self.chain.advance(events)
        self.events_applied += len(events)


def key_of(event: Envelope) -> AggregateKey:
    return AggregateKey(event.partition, event.aggregate_id)


def folded(projections: Sequence[Projection], events: Sequence[Envelope]) -> list[Changes]:
    """What events do to read models. Raises `CannotFold`."""
    try:
        return changes_of(projections, [fact_of(event) for event in events])
    except Exception as error:
        raise CannotFold(str(error)) from error


def _counted(left_out: Sequence[Envelope]) -> list[DeadLetter]:
    counts = Counter(map(key_of, left_out))
    return [DeadLetter(key, 0, "", count) for key, count in counts.items()]


def why(error: Exception) -> str:
    """What is kept of an error: text that a database takes."""
    text = f"{_cause(error)}: {error}"[:ERROR_CHARACTERS_MAX]
    return text.replace("\0", "").encode(errors="replace").decode()


def _cause(error: Exception) -> str:
    return type(error.__cause__ or error).__name__


async def catch_up(
    applier: Applier,
    log: LogReader,
    limits: Mapping[PartitionId, int],
    page_events: int,
    told: Callable[[], None] = lambda: None,
) -> None:
    """Applies what the log itself has up to these offsets, partition by partition; `told` after every page.

    Raises `GapInLog` where the log ends before, and what `Applier.apply` raises.
    """
    for partition, limit in limits.items():
        async for page in read_ahead(log, partition, applier.chain.at(partition).offset, limit, page_events):
            await applier.apply(page)
            told()
        if (at := applier.chain.at(partition).offset) < limit:
            raise GapInLog(f"{position_text(partition, at)} is followed by nothing, and not by {limit}")
