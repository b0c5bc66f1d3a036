"""How far a follower has come in each partition, and whether what it is given goes on from there."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from ledger.following import Halted, LogReader
from ledger.messages.envelope import Envelope, PartitionId, chained_digest, position_text
from ledger.ports import Checkpoint, Head

SHARED_EVENTS_MAX = 4_096
"""What was made of so many events is kept: the groups of one process follow the same log, one soon after the other."""

_chained = lru_cache(SHARED_EVENTS_MAX)(chained_digest)


class GapInFeed(Halted):
    """An event was left out, and the log does not have it either: applying the next one would lose it."""


class LogForked(Halted):
    """The log is not the one that was followed so far: a restored older database, or another history."""


class Chain:
    """The offset, digest and epoch of the newest event of each partition that was followed.

    Every event's digest is computed anew (once a process, which costs 4 µs): what was altered, or comes from another
    history, is found before it is applied, wherever in a batch it stands.
    """

    def __init__(self) -> None:
        self._checkpoints: dict[PartitionId, Checkpoint] = {}
        self._epochs: dict[PartitionId, int] = {}

    @property
    def checkpoints(self) -> Mapping[PartitionId, Checkpoint]:
        return self._checkpoints

    def at(self, partition: PartitionId) -> Checkpoint:
        return self._checkpoints.get(partition, Checkpoint())

    async def restore(self, checkpoints: Mapping[PartitionId, Checkpoint], log: LogReader) -> None:
        """Begins at checkpoints, if the log's events there are the ones that were applied.

        Raises `LogForked`, and what the log raises.
        """
        epochs = {}
        for partition, checkpoint in checkpoints.items():
            if checkpoint.offset:
                epochs[partition] = await _epoch_there(log, partition, checkpoint)
        self._checkpoints, self._epochs = dict(checkpoints), epochs

    def unseen(self, events: Sequence[Envelope]) -> list[Envelope]:
        """Those that are new here, all of which follow from what was there. Raises `GapInFeed`, `LogForked`."""
        found: list[Envelope] = []
        newest: dict[PartitionId, Envelope] = {}
        for event in events:
            partition = event.partition
            before = newest.get(partition)
            last = self.at(partition) if before is None else before
            if event.offset <= last.offset:
                _compare(event, last)
                continue
            if event.offset > last.offset + 1:
                raise GapInFeed(f"{event.position} came after {position_text(partition, last.offset)}")
            epoch = self._epochs.get(partition, 0) if before is None else before.epoch
            if event.epoch < epoch:
                raise LogForked(f"{event.position} has epoch {event.epoch} after epoch {epoch}")
            if _chained(last.digest, event) != event.digest:
                raise LogForked(f"{event.position} does not follow from the event that was applied before it")
            found.append(event)
            newest[partition] = event
        return found

    def advance(self, events: Sequence[Envelope]) -> None:
        """These were applied."""
        for partition, event in {event.partition: event for event in events}.items():
            self._checkpoints[partition] = Checkpoint(event.offset, event.digest)
            self._epochs[partition] = event.epoch

    def compare(self, before: Mapping[PartitionId, Checkpoint], heads: Mapping[PartitionId, Head]) -> None:
        """Whether heads can be those of the log that was followed; `before`: checkpoints from before they were read.

        Raises `LogForked`.
        """
        for partition, checkpoint in before.items():
            head = heads.get(partition, Head())
            if head.offset < checkpoint.offset:
                raise LogForked(f"the log ends at {position_text(partition, head.offset)}, and had {checkpoint.offset}")
            if head.offset == checkpoint.offset and head.digest != checkpoint.digest:
                raise LogForked(f"{position_text(partition, head.offset)} is not the event that was applied")


def _compare(event: Envelope, known: Checkpoint | Envelope) -> None:
    """Of what comes again, the newest event's digest is known."""
    if event.offset == known.offset and event.digest != known.digest:
        raise LogForked(f"{event.position} is not the event that was applied")


async def _epoch_there(log: LogReader, partition: PartitionId, checkpoint: Checkpoint) -> int:
    found = await log.read_after({partition: checkpoint.offset - 1}, 1)
    if not found or found[0].offset != checkpoint.offset:
        raise LogForked(f"{position_text(partition, checkpoint.offset)} was applied, and is not in the log")
    if found[0].digest != checkpoint.digest:
        raise LogForked(f"{found[0].position} is not the event that was applied")
    return found[0].epoch
