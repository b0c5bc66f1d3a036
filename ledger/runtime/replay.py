"""One aggregate on its way into memory: a snapshot or nothing, and the events after it."""

import asyncio
from collections.abc import Collection, Sequence

from ledger.messages.codec import EventData
from ledger.messages.envelope import Envelope
from ledger.messages.sealing import DataKeys
from ledger.messages.state_parts import Seals
from ledger.ports import StoreUnavailable
from ledger.runtime.entity import Entity
from ledger.runtime.family import Families
from ledger.runtime.surroundings import Surroundings
from ledger.snapshots import Snapshot

EVENTS_WITHOUT_PAUSE_MAX = 200


class LogDamaged(Exception):
    """An aggregate's versions in the log have a gap or a repeat: somebody else has written there."""


class SnapshotRefuted(Exception):
    """The log does not have the event that a snapshot stands on, as after one of the two was restored."""


class Replay:
    """Takes the aggregate's events in the order of their versions, in as many pages as they come in.

    With a snapshot the events must begin with the one that it stands on, which shows whether it belongs to this log.
    """

    def __init__(self, around: Surroundings, aggregate_id: str, snapshot: Snapshot | None = None) -> None:
        self._around = around
        self._aggregate_id = aggregate_id
        self._snapshot = snapshot
        self._refutation: Exception | None = None
        self.entity = Entity()
        self.error: Exception | None = None

    @property
    def after(self) -> int:
        """Beyond which version the next events are to be read."""
        return self.entity.version if self._snapshot is None else self._snapshot.version - 1

    @property
    def failed(self) -> bool:
        """More events are of no use."""
        return self.error is not None or self._refutation is not None

    def refutation(self) -> Exception | None:
        """When all events are in: why the snapshot is of no use, if it is not."""
        if self._snapshot is not None and self._refutation is None:
            return SnapshotRefuted("the log does not reach so far")
        return self._refutation

    async def take(self, events: Sequence[Envelope], keys: DataKeys) -> None:
        """The next events; `keys` must hold those that they need. Raises `StoreUnavailable`."""
        if self.failed:
            return
        if self._snapshot is not None:
            snapshot, self._snapshot = self._snapshot, None
            try:
                await self._begin_from(snapshot, events[0])
            except StoreUnavailable:
                raise
            except Exception as error:
                self._refutation = error
                return
            events = events[1:]
        try:
            await self._evolve(events, keys)
        except Exception as error:
            self.error = error

    async def _begin_from(self, snapshot: Snapshot, event: Envelope) -> None:
        if (event.version, event.digest) != (snapshot.version, snapshot.digest):
            raise SnapshotRefuted(f"it stands on another event than {event.position}")
        family = self._around.families[event.aggregate_type]
        reader = family.states.reader(snapshot.schema_version)
        for line in snapshot.state.split(b"\n"):
            part = reader.read(line)
            persons = reader.persons(part)
            keys = await self._around.keyring.find(persons) if persons else {}
            reader.take(part, Seals(self._aggregate_id, keys, self._around.ids.random_bytes))
            await asyncio.sleep(0)
        self.entity = Entity(
            aggregate_type=family.aggregate_type,
            state=reader.state(),
            version=event.version,
            digest=event.digest,
            snapshot_version=event.version,
        )

    async def _evolve(self, events: Sequence[Envelope], keys: DataKeys) -> None:
        entity = self.entity
        for count, event in enumerate(events, start=1):
            family = self._around.families[event.aggregate_type]
            if event.version != entity.version + 1:
                raise LogDamaged(f"{event.position}: version {event.version} after {entity.version}")
            entity.state = family.evolve(entity.state, family.codec.decode(event.aggregate_id, _stored(event), keys))
            entity.version, entity.digest = event.version, event.digest
            entity.aggregate_type = family.aggregate_type
            if count % EVENTS_WITHOUT_PAUSE_MAX == 0:
                # A long history must not hold up everything else that the loop does.
                await asyncio.sleep(0)


def persons_of(event: Envelope, families: Families) -> Collection[str]:
    """Whose keys are needed to read an event; nobody's where it cannot be read, which its aggregate finds out."""
    try:
        return families[event.aggregate_type].codec.sealed_persons(_stored(event))
    except Exception:
        return ()


def _stored(event: Envelope) -> EventData:
    return EventData(event.type, event.schema_version, event.data)
