"""The followers' side of the ports: what a projector needs of the log, and what operators need of projectors."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import Head


class LogReader(Protocol):
    """The part of `EventLog` that a follower reads, under its promises."""

    async def heads(self) -> Mapping[PartitionId, Head]: ...

    async def read_after(self, after: Mapping[PartitionId, int], events_max: int) -> Sequence[Envelope]: ...
