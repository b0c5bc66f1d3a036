"""The aggregates that one lane keeps in memory."""

import logging
from collections import OrderedDict
from collections.abc import Collection, Mapping

from ledger.messages.envelope import PartitionId
from ledger.runtime.entity import AggregateKey, Entity, idle
from ledger.runtime.recovery import Broken, recover
from ledger.runtime.surroundings import HostLimits, Surroundings

_log = logging.getLogger(__name__)


class Residents:
    """Brought in from the log when they are needed, kept in the order of their last use, gone when they are not."""

    def __init__(self, around: Surroundings, limits: HostLimits) -> None:
        self._around = around
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
        found = await recover(around.log, around.keyring, around.families, missing) if missing else {}
        for aggregate, entity in found.items():
            if isinstance(entity, Broken):
                _log.error("%s of %s cannot be brought back", aggregate[1], aggregate[0], exc_info=entity.error)
            else:
                self._entities[aggregate] = entity
        for aggregate in aggregates:
            if aggregate in self._entities:
                self._entities[aggregate].used_at = now
                self._entities.move_to_end(aggregate)

    def forget(self, partitions: Collection[PartitionId]) -> None:
        """What is known of these partitions is no longer to be trusted."""
        for aggregate in [aggregate for aggregate in self._entities if aggregate[0] in partitions]:
            del self._entities[aggregate]

    def passivate(self) -> None:
        """Lets go of the surplus, and of what nobody has asked for in a long time."""
        idle_since = self._around.clock.monotonic() - self._passivate_after_s
        for aggregate in idle(self._entities, idle_since, self._resident_max):
            del self._entities[aggregate]
