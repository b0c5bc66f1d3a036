"""Bringing aggregates into memory: from their snapshots where these are good, and from the log."""

import asyncio
import itertools
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ledger.messages.envelope import Envelope, PartitionId
from ledger.messages.sealing import DataKeys
from ledger.messages.snapshots import UnknownSnapshot
from ledger.ports import StoreUnavailable
from ledger.runtime.entity import AggregateKey, Entity
from ledger.runtime.replay import Replay, SnapshotRefuted, persons_of
from ledger.runtime.surroundings import Surroundings
from ledger.snapshots import Snapshot

_log = logging.getLogger(__name__)

PAGE_EVENTS_MAX = 1_000
"""Events that are read in one statement and held in memory at once; a longer history comes in several pages."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An aggregate that cannot be brought back: nothing can be decided for it, and nobody else is held up by it."""

    error: Exception


async def recover(around: Surroundings, aggregates: Collection[AggregateKey]) -> dict[AggregateKey, Entity | Broken]:
    """Every asked-for aggregate; one without events is an empty entity. Raises `StoreUnavailable`."""
    by_partition: dict[PartitionId, list[str]] = defaultdict(list)
    for partition, aggregate_id in aggregates:
        by_partition[partition].append(aggregate_id)
    parts = await asyncio.gather(*(_of_partition(around, partition, ids) for partition, ids in by_partition.items()))
    return {
        (partition, aggregate_id): Broken(replay.error) if replay.error is not None else replay.entity
        for partition, replays in zip(by_partition, parts, strict=True)
        for aggregate_id, replay in replays.items()
    }


async def _of_partition(around: Surroundings, partition: PartitionId, ids: Collection[str]) -> Mapping[str, Replay]:
    found = {each.aggregate_id: each for each in await around.snapshots.newest(partition, ids)}
    replays = {aggregate_id: Replay(around, aggregate_id, found.get(aggregate_id)) for aggregate_id in ids}
    await _read(around, partition, replays)
    refuted = {aggregate_id: each.refutation() for aggregate_id, each in replays.items()}
    again = {aggregate_id: Replay(around, aggregate_id) for aggregate_id, error in refuted.items() if error is not None}
    for aggregate_id in again:
        await _discard(around, found[aggregate_id], refuted[aggregate_id])
    if again:
        await _read(around, partition, again)
    return {**replays, **again}


async def _read(around: Surroundings, partition: PartitionId, replays: Mapping[str, Replay]) -> None:
    """Page by page, one aggregate after the other."""
    waiting = dict(replays)
    while waiting:
        after = {aggregate_id: replay.after for aggregate_id, replay in waiting.items()}
        page = await around.log.read_aggregates(partition, after, PAGE_EVENTS_MAX)
        keys = await _keys_of(around, page)
        for aggregate_id, events in itertools.groupby(page, key=lambda event: event.aggregate_id):
            await waiting[aggregate_id].take(list(events), keys)
        if len(page) < PAGE_EVENTS_MAX:
            return
        # Those before the last one are complete.
        ids = list(waiting)
        rest = ids[ids.index(page[-1].aggregate_id) :]
        waiting = {aggregate_id: waiting[aggregate_id] for aggregate_id in rest if not waiting[aggregate_id].failed}


async def _keys_of(around: Surroundings, page: Sequence[Envelope]) -> DataKeys:
    persons = {person for event in page for person in persons_of(event, around.families)}
    return await around.keyring.find(persons) if persons else {}


async def _discard(around: Surroundings, snapshot: Snapshot, error: Exception | None) -> None:
    """So that the next one takes its place, also where that is of a lower version. The log has the truth."""
    level = logging.WARNING if isinstance(error, UnknownSnapshot) else logging.ERROR
    _log.log(level, "the snapshot of %s at version %d is no use: %s", snapshot.aggregate_id, snapshot.version, error)
    if not isinstance(error, SnapshotRefuted | UnknownSnapshot):
        _log.error("it cannot be read", exc_info=error)
    try:
        await around.snapshots.discard(snapshot)
    except StoreUnavailable as away:
        _log.warning("it could not be discarded: %s", away)
