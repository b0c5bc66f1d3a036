"""An operator's move of a partition to another host."""

import asyncio
import re
from collections.abc import Collection
from dataclasses import dataclass

from ledger.messages.envelope import PartitionId
from ledger.ports import Clock, EventLog, Head

TAKEN_POLL_S = 0.05
TRIES_MAX = 5
"""How often a move looks again where the owner bumped its epoch between the look and the update."""
_NAME = re.compile(r"([a-z]+)/(0|[1-9]\d{0,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moved:
    """The host named has it. `taken_s`: from the update until it was taken; None where nobody waited for that."""

    partition: PartitionId
    from_host: str
    host: str
    epoch: int
    taken_s: float | None


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """Nothing was to be done."""

    partition: PartitionId
    host: str


@dataclass(frozen=True, slots=True)
class UnknownPartition:
    partition: PartitionId


@dataclass(frozen=True, slots=True)
class UnknownHost:
    host: str
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The host did not take it in time: it is back where it was."""

    partition: PartitionId
    host: str
    back_on: str
    waited_s: float


@dataclass(frozen=True, slots=True)
class MovedByAnother:
    """Somebody else moves it at the same time."""

    partition: PartitionId


MoveAnswer = Moved | AlreadyThere | UnknownPartition | UnknownHost | NotTaken | MovedByAnother


def partition_named(text: str) -> PartitionId | None:
    """`medcard/3`."""
    match = _NAME.fullmatch(text)
    return None if match is None else PartitionId(match[1], int(match[2]))


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves partitions. `hosts_known`: hosts that the settings name, beside those that the placement names.

    `taken_within_s`: how long the new host has before the partition is given back; None where no host runs that could
    take it: it is then taken at the next start.
    """

    log: EventLog
    clock: Clock
    hosts_known: Collection[str]
    taken_within_s: float | None

    async def move(self, partition: PartitionId, host: str) -> MoveAnswer:
        """Raises `StoreUnavailable`; the partition may then be placed on the new host or still be on the old one."""
        for _ in range(TRIES_MAX):
            heads = await self.log.heads()
            known = {*self.hosts_known, *(head.host for head in heads.values())}
            if partition not in heads:
                return UnknownPartition(partition)
            if host not in known:
                return UnknownHost(host, tuple(sorted(known)))
            before = heads[partition]
            if before.host == host and before.holder:
                return AlreadyThere(partition, host)
            placed = await self.log.place(partition, host, before.epoch)
            if placed is not None:
                return await self._taken(partition, before, placed)
        return MovedByAnother(partition)

    async def _taken(self, partition: PartitionId, before: Head, placed: Head) -> MoveAnswer:
        if self.taken_within_s is None:
            return Moved(partition, before.host, placed.host, placed.epoch, None)
        began = self.clock.monotonic()
        while self.clock.monotonic() - began < self.taken_within_s:
            now = (await self.log.heads())[partition]
            if now.host != placed.host:
                return MovedByAnother(partition)
            if now.holder:
                return Moved(partition, before.host, now.host, now.epoch, self.clock.monotonic() - began)
            await asyncio.sleep(TAKEN_POLL_S)
        if await self.log.place(partition, before.host, placed.epoch) is None:
            # Taken at the last moment, or moved on: the next look says which.
            now = (await self.log.heads())[partition]
            taken = Moved(partition, before.host, now.host, now.epoch, self.clock.monotonic() - began)
            return taken if now.host == placed.host else MovedByAnother(partition)
        return NotTaken(partition, placed.host, before.host, self.taken_within_s)


def outcome_of(answer: MoveAnswer) -> str:
    """`ok`, or the name of what it was refused for, as in the text."""
    return "ok" if isinstance(answer, Moved | AlreadyThere) else move_text(answer).partition(":")[0]


def move_text(answer: MoveAnswer) -> str:
    """For a person: what was done, or `name: why not`."""
    match answer:
        case Moved(partition, from_host, host, epoch, None):
            return f"moved {partition} from {from_host} to {host} (epoch {epoch}); {host} takes it when it starts"
        case Moved(partition, from_host, host, epoch, taken_s):
            return f"moved {partition} from {from_host} to {host}, which took it after {taken_s:.1f} s (epoch {epoch})"
        case AlreadyThere(partition, host):
            return f"{partition} is on {host} already"
        case UnknownPartition(partition):
            return f"unknown_partition: there is no partition {partition}"
        case UnknownHost(host, known):
            return f"unknown_host: {host} is neither in the placement nor in the settings; known: {', '.join(known)}"
        case NotTaken(partition, host, back_on, waited_s):
            return f"not_taken: {host} did not take {partition} within {waited_s:.0f} s; it is back on {back_on}"
        case MovedByAnother(partition):
            return f"moved_by_another: somebody else is moving {partition}; look again"
