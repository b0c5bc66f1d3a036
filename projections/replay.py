"""Replays dead letters: what was left out is applied from the log, aggregate by aggregate."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.following import DeadLetter, ProjectionChanged, ReadStore
from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import BadData, EventLog
from projections.applier import CannotFold, folded, why
from projections.projection import Group

_log = logging.getLogger(__name__)

PAGE_EVENTS_MAX = 1_000
"""Events that are read in one statement."""


@dataclass(frozen=True, slots=True)
class Replay:
    """How one dead letter fared: `events` were applied, or none of them because of `error`."""

    letter: DeadLetter
    events: int
    error: str = ""


async def replay_dead_letters(
    group: Group, log: EventLog, store: ReadStore, aggregate_id: str = ""
) -> Sequence[Replay]:
    """Replays those of the group, or those of one aggregate, in the order of the log; each is one transaction.

    The projector may be at work, and waits meanwhile: what an aggregate did after its replay is the projector's again.
    Raises `StoreUnavailable`.
    """
    letters = await store.dead_letters(group.name)
    return [await _replay(group, log, store, each) for each in letters if aggregate_id in ("", each.key.aggregate_id)]


async def _replay(group: Group, log: EventLog, store: ReadStore, letter: DeadLetter) -> Replay:
    partition, aggregate_id = letter.key
    try:
        async with store.still(group.name) as still:
            until = (await still.checkpoints())[partition].offset
            events = await _history(log, partition, aggregate_id)
            left_out = [event for event in events if letter.first_offset <= event.offset <= until]
            await still.unpark(letter, folded(group.projections, left_out))
    except ProjectionChanged as change:
        # Another replay or a rebuild was quicker: what it applied must not be applied again.
        _log.warning("%s was not replayed: %s", aggregate_id, change)
        return Replay(letter, 0, str(change))
    except (CannotFold, BadData) as error:
        _log.warning("%s stays parked: %s", aggregate_id, error, exc_info=error)
        return Replay(letter, 0, why(error))
    return Replay(letter, len(left_out))


async def _history(log: EventLog, partition: PartitionId, aggregate_id: str) -> Sequence[Envelope]:
    events: list[Envelope] = []
    while True:
        after = events[-1].version if events else 0
        page = await log.read_aggregates(partition, {aggregate_id: after}, PAGE_EVENTS_MAX)
        events += page
        if len(page) < PAGE_EVENTS_MAX:
            return events
