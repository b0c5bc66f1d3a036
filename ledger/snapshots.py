"""The port of snapshots: states that are kept so that a long history need not be read again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.messages.envelope import PartitionId


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of an aggregate at a version, as the codec of its type wrote it.

    `digest` is that of the event which brought it to this version, and with it of all events before.
    """

    partition: PartitionId
    aggregate_id: str
    version: int
    digest: bytes
    schema_version: int
    state: bytes


class Snapshots(Protocol):
    """The newest snapshot of each aggregate: a cache, of which anything may be missing or out of date.

    Everything raises `StoreUnavailable`, and may then have been done or not.
    """

    async def newest(self, partition: PartitionId, aggregate_ids: Collection[str]) -> Sequence[Snapshot]:
        """Those of these aggregates that have one, in any order."""
        ...

    async def save(self, snapshot: Snapshot) -> None:
        """Takes the place of one with a lower version, and of no other."""
        ...

    async def discard(self, snapshot: Snapshot) -> None:
        """Removes this one; where another has taken its place, that one stays."""
        ...
