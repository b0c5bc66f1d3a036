"""Bringing aggregates into memory from the log."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from ledger.messages.codec import EventData
from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import EventLog, KeyRing
from ledger.runtime.entity import AggregateKey, Entity
from ledger.runtime.family import Family

Families = Mapping[str, Family]
"""By aggregate type."""


class LogDamaged(Exception):
    """An aggregate's versions in the log have a gap or a repeat: somebody else has written there."""


async def recover(
    log: EventLog, keyring: KeyRing, families: Families, aggregates: Collection[AggregateKey]
) -> dict[AggregateKey, Entity]:
    """Every asked-for aggregate; one without events is an empty entity. Raises `LogDamaged`, `StoreUnavailable`."""
    by_partition: dict[PartitionId, list[str]] = defaultdict(list)
    for partition, aggregate_id in aggregates:
        by_partition[partition].append(aggregate_id)
    found = await asyncio.gather(*(log.read_aggregates(partition, ids) for partition, ids in by_partition.items()))
    entities = {aggregate: Entity() for aggregate in aggregates}
    for events in found:
        await _replay(events, entities, keyring, families)
    return entities


async def _replay(
    events: Sequence[Envelope], entities: Mapping[AggregateKey, Entity], keyring: KeyRing, families: Families
) -> None:
    persons = {
        person for event in events for person in families[event.aggregate_type].codec.sealed_persons(_stored(event))
    }
    keys = await keyring.find(persons) if persons else {}
    for event in events:
        entity = entities[event.partition, event.aggregate_id]
        family = families[event.aggregate_type]
        if event.version != entity.version + 1:
            raise LogDamaged(f"{event.position}: version {event.version} after {entity.version}")
        decoded = family.codec.decode(event.aggregate_id, _stored(event), keys)
        entity.state = family.evolve(entity.state, decoded)
        entity.version = event.version
        entity.aggregate_type = event.aggregate_type


def _stored(event: Envelope) -> EventData:
    return EventData(event.type, event.schema_version, event.data)
