"""Bringing aggregates into memory from the log."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ledger.messages.codec import EventData
from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import EventLog, KeyRing, StoreUnavailable
from ledger.runtime.entity import AggregateKey, Entity
from ledger.runtime.family import Family

Families = Mapping[str, Family]
"""By aggregate type."""

EVENTS_WITHOUT_PAUSE_MAX = 200


class LogDamaged(Exception):
    """An aggregate's versions in the log have a gap or a repeat: somebody else has written there."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An aggregate that cannot be brought back: nothing can be decided for it, and nobody else is held up by it."""

    error: Exception


async def recover(
    log: EventLog, keyring: KeyRing, families: Families, aggregates: Collection[AggregateKey]
) -> dict[AggregateKey, Entity | Broken]:
    """Every asked-for aggregate; one without events is an empty entity. Raises `StoreUnavailable`."""
    by_partition: dict[PartitionId, list[str]] = defaultdict(list)
    for partition, aggregate_id in aggregates:
        by_partition[partition].append(aggregate_id)
    pages = await asyncio.gather(*(log.read_aggregates(partition, ids) for partition, ids in by_partition.items()))
    by_aggregate: dict[AggregateKey, list[Envelope]] = {aggregate: [] for aggregate in aggregates}
    for event in itertools.chain.from_iterable(pages):
        by_aggregate[event.partition, event.aggregate_id].append(event)
    found: dict[AggregateKey, Entity | Broken] = {}
    for aggregate, events in by_aggregate.items():
        try:
            found[aggregate] = await _replayed(events, keyring, families)
        except StoreUnavailable:
            raise
        except Exception as error:
            found[aggregate] = Broken(error)
    return found


async def _replayed(events: Sequence[Envelope], keyring: KeyRing, families: Families) -> Entity:
    persons = {
        person for event in events for person in families[event.aggregate_type].codec.sealed_persons(_stored(event))
    }
    keys = await keyring.find(persons) if persons else {}
    entity = Entity()
    for count, event in enumerate(events, start=1):
        family = families[event.aggregate_type]
        if event.version != entity.version + 1:
            raise LogDamaged(f"{event.position}: version {event.version} after {entity.version}")
        entity.state = family.evolve(entity.state, family.codec.decode(event.aggregate_id, _stored(event), keys))
        entity.version = event.version
        entity.aggregate_type = event.aggregate_type
        if count % EVENTS_WITHOUT_PAUSE_MAX == 0:
            # A long history must not hold up everything else that the loop does.
            await asyncio.sleep(0)
    return entity


def _stored(event: Envelope) -> EventData:
    return EventData(event.type, event.schema_version, event.data)
