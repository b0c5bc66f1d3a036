"""Snapshots in memory: the twin that tests and simulations use."""

from collections.abc import Collection, Sequence

from ledger.messages.envelope import PartitionId
from ledger.snapshots import Snapshot


class MemorySnapshots:
    """`Snapshots` that live as long as the object."""

    def __init__(self) -> None:
        self._kept: dict[tuple[PartitionId, str], Snapshot] = {}

    async def newest(self, partition: PartitionId, aggregate_ids: Collection[str]) -> Sequence[Snapshot]:
        wanted = ((partition, aggregate_id) for aggregate_id in set(aggregate_ids))
        return [self._kept[key] for key in wanted if key in self._kept]

    async def save(self, snapshot: Snapshot) -> None:
        kept = self._kept.get((snapshot.partition, snapshot.aggregate_id))
        if kept is None or kept.version < snapshot.version:
            self._kept[snapshot.partition, snapshot.aggregate_id] = snapshot

    async def discard(self, snapshot: Snapshot) -> None:
        kept = self._kept.get((snapshot.partition, snapshot.aggregate_id))
        if kept is not None and _identity(kept) == _identity(snapshot):
            del self._kept[snapshot.partition, snapshot.aggregate_id]


def _identity(snapshot: Snapshot) -> tuple[int, int, bytes]:
    return snapshot.version, snapshot.schema_version, snapshot.digest
