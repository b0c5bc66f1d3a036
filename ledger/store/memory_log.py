"""The log in memory: the twin that tests and simulations use. It keeps the promises of `EventLog`, but not a crash."""

import asyncio
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import (
    Append,
    BadData,
    Clock,
    CommandResult,
    Committed,
    Duplicates,
    Fenced,
    Head,
    LayoutMismatch,
    ResultKey,
    Verdict,
)


class MemoryEventLog:
    """An `EventLog` that lives as long as the object. An append never awaits, so it is one step for everybody."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heads: dict[PartitionId, Head] = {}
        self._events: dict[PartitionId, list[Envelope]] = {}
        self._results: dict[ResultKey, CommandResult] = {}
        self._hint = asyncio.Event()

    async def append(self, append: Append) -> Verdict:
        fenced = frozenset(
            move.partition
            for move in append.moves
            if (head := self._heads.get(move.partition)) is None
            or (head.epoch, head.offset) != (move.epoch, move.from_offset)
        )
        if fenced:
            return Fenced(fenced)
        known = {result.key: self._results[result.key] for result in append.results if result.key in self._results}
        if known:
            return Duplicates(known)
        _refuse_bad_data(append)
        return self._commit(append)

    def _commit(self, append: Append) -> Committed:
        recorded_at = self._clock.now()
        self._results.update((result.key, result) for result in append.results)
        for event in append.events:
            self._events[event.partition].append(msgspec.structs.replace(event, recorded_at=recorded_at))
        for move in append.moves:
            head = self._heads[move.partition]
            self._heads[move.partition] = head.moved_to(move.to_offset, move.to_digest)
        return Committed(recorded_at)

    async def results(self, keys: Collection[ResultKey]) -> Mapping[ResultKey, CommandResult]:
        return {key: self._results[key] for key in keys if key in self._results}

    async def heads(self) -> Mapping[PartitionId, Head]:
        return dict(self._heads)

    async def read_after(self, after: Mapping[PartitionId, int], events_max: int) -> Sequence[Envelope]:
        found: list[Envelope] = []
        for partition in sorted(after):
            room = events_max - len(found)
            found += self._events.get(partition, [])[after[partition] : after[partition] + room]
        return found

    async def read_aggregates(
        self, partition: PartitionId, after: Mapping[str, int], events_max: int
    ) -> Sequence[Envelope]:
        found: dict[str, list[Envelope]] = {aggregate_id: [] for aggregate_id in after}
        for event in self._events.get(partition, []):
            if event.aggregate_id in after and event.version > after[event.aggregate_id]:
                found[event.aggregate_id].append(event)
        return list(itertools.chain.from_iterable(found.values()))[:events_max]

    async def lay_out(self, topics: Iterable[str], partitions: int, hosts: Sequence[str]) -> None:
        for topic in topics:
            present = sum(partition.topic == topic for partition in self._heads)
            if present not in (0, partitions):
                raise LayoutMismatch(f"topic {topic} has {present} partitions, and not {partitions}")
            for number in range(partitions):
                partition = PartitionId(topic, number)
                self._heads.setdefault(partition, Head(host=hosts[number % len(hosts)]))
                self._events.setdefault(partition, [])

    async def take_ownership(self, host: str, holder: str) -> Mapping[PartitionId, Head]:
        mine = [partition for partition, head in self._heads.items() if head.host == host]
        return {partition: self._raise_epoch(partition, holder) for partition in mine}

    async def adopt(self, host: str, holder: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, Head]:
        return {
            partition: self._raise_epoch(partition, holder)
            for partition in partitions
            if self._heads[partition].host == host and self._heads[partition].holder <= holder
        }

    async def place(self, partition: PartitionId, host: str, epoch: int) -> Head | None:
        head = self._heads.get(partition)
        if head is None or head.epoch != epoch:
            return None
        self._heads[partition] = replace(head, host=host)
        return self._raise_epoch(partition, "")

    async def bump(self, host: str, holder: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, Head]:
        return {
            partition: self._raise_epoch(partition, holder)
            for partition in partitions
            if self._heads[partition].host == host and self._heads[partition].holder == holder
        }

    def _raise_epoch(self, partition: PartitionId, holder: str) -> Head:
        head = self._heads[partition]
        self._heads[partition] = replace(head, epoch=head.epoch + 1, holder=holder)
        return self._heads[partition]

    async def time(self) -> datetime:
        return self._clock.now()

    async def hint(self) -> None:
        self._hint.set()

    async def wait_for_hint(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._hint.wait()
        except TimeoutError:
            return
        self._hint.clear()


def _refuse_bad_data(append: Append) -> None:
    """PostgreSQL has no NUL in its texts; the twin refuses what it would refuse."""
    texts = [text for result in append.results for text in (result.key.aggregate_id, result.key.caller, result.key.key)]
    texts += [event.aggregate_id for event in append.events]
    documents = [event.data for event in append.events] + [event.metadata for event in append.events]
    if any("\0" in text for text in texts) or any(b"\\u0000" in document for document in documents):
        raise BadData("a NUL in a text")
