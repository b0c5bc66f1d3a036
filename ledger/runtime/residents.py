"""The aggregates that one lane keeps in memory."""

import logging
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping

from ledger.messages.envelope import PartitionId
from ledger.runtime.entity import AggregateKey, Entity, idle
from ledger.runtime.recovery import Broken, recover
from ledger.runtime.snapshotting import Snapshotter
from ledger.runtime.surroundings import HostLimits, Surroundings

_log = logging.getLogger(__name__)


class Residents:
    """Brought in from the log when they are needed, kept in the order of their last use, gone when they are not."""

    def __init__(self, around: Surroundings, limits: HostLimits, snapshotter: Snapshotter) -> None:
        self._around = around
        self._snapshotter = snapshotter
        self._resident_max = limits.aggregates_resident_max // limits.append_lanes
        self._passivate_after_s = limits.passivate_after_s
        self._entities: OrderedDict[AggregateKey, Entity] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entities)

    @property
    def entities(self) -> Mapping[AggregateKey, Entity]:
        return self._entities

    async def bring(self, aggregates: Collection[AggregateKey]) -> None:
        """Makes them resident; one that cannot be brought back from the log is missing afterwards.

        Raises `StoreUnavailable`.
        """
        around, now = self._around, self._around.clock.monotonic()
        missing = [aggregate for aggregate in aggregates if aggregate not in self._entities]
        found = await recover(around, missing) if missing else {}
        for aggregate, entity in found.items():
            if isinstance(entity, Broken):
                _log.error("%s of %s cannot be brought back", aggregate[1], aggregate[0], exc_info=entity.error)
            else:
                self._entities[aggregate] = entity
        for aggregate in aggregates:
            if aggregate in self._entities:
                self._entities[aggregate].used_at = now
                self._entities.move_to_end(aggregate)

    def committed(self, aggregates: Iterable[AggregateKey]) -> None:
        """These have moved on, and what is known of them is durable."""
        for aggregate in aggregates:
            self._snapshotter.offer(aggregate, self._entities[aggregate])

    def forget(self, partitions: Collection[PartitionId]) -> None:
        """What is known of these partitions is no longer to be trusted."""
        for aggregate in [aggregate for aggregate in self._entities if aggregate[0] in partitions]:
            del self._entities[aggregate]

    def passivate(self) -> None:
        """Lets go of the surplus, and of what nobody has asked for in a long time."""
        idle_since = self._around.clock.monotonic() - self._passivate_after_s
        for aggregate in idle(self._entities, idle_since, self._resident_max):
            self._snapshotter.offer(aggregate, self._entities.pop(aggregate), leaving=True)
