"""Snapshots in the background: no command waits for one, and one that fails is counted and forgotten."""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from ledger.messages.state_parts import Seals
from ledger.runtime.entity import AggregateKey, Entity
from ledger.runtime.surroundings import Surroundings
from ledger.snapshots import Snapshot

_log = logging.getLogger(__name__)

WAITING_MAX = 256
"""Aggregates that wait for their snapshot; beyond that they are passed over, and offered again by their next event."""
TAIL_PART = 8
"""A snapshot is not taken before the history has grown by this part: a state grows with its history, and writing it
again every so many events would cost the square of both."""
LEAVING_PART = 10
"""Who leaves memory is worth a snapshot after this part of the usual number of events."""
PAUSE_S = 0.002
"""Between two slices of a state, so that a large one leaves most of the loop to commands."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """An aggregate as it was committed. States never change, so that nothing more is needed to keep one."""

    aggregate_type: str
    state: Any
    version: int
    digest: bytes


def is_due(version: int, snapshot_version: int, every_events: int, *, leaving: bool) -> bool:
    """Whether an aggregate has moved far enough past its last snapshot."""
    enough = max(every_events, version // TAIL_PART)
    return version - snapshot_version >= (max(1, enough // LEAVING_PART) if leaving else enough)


class Snapshotter:
    """Of one host. `offer` whatever was committed; `run` writes what is due, one after the other."""

    def __init__(self, around: Surroundings, every_events: int) -> None:
        self._around = around
        self._every_events = every_events
        self._waiting: OrderedDict[AggregateKey, _Taken] = OrderedDict()
        self._arrived = asyncio.Event()
        self.written = 0
        self.failed = 0
        self.passed_over = 0

    def offer(self, aggregate: AggregateKey, entity: Entity, *, leaving: bool = False) -> None:
        """The entity must be as its last commit left it. Never waits."""
        if not is_due(entity.version, entity.snapshot_version, self._every_events, leaving=leaving):
            return
        if aggregate not in self._waiting and len(self._waiting) >= WAITING_MAX:
            self.passed_over += 1
            return
        self._waiting[aggregate] = _Taken(entity.aggregate_type, entity.state, entity.version, entity.digest)
        # Also if it fails: the next attempt is as many events away.
        entity.snapshot_version = entity.version
        self._arrived.set()

    async def run(self) -> None:
        """Works until it is cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                aggregate, taken = self._waiting.popitem(last=False)
                try:
                    await self._write(aggregate, taken)
                    self.written += 1
                except Exception:
                    self.failed += 1
                    _log.warning("no snapshot of %s of %s", aggregate[1], aggregate[0], exc_info=True)

    async def _write(self, aggregate: AggregateKey, taken: _Taken) -> None:
        (partition, aggregate_id), around = aggregate, self._around
        codec = around.families[taken.aggregate_type].states
        lines = []
        for part in codec.slices(taken.state):
            persons = codec.persons(part)
            # Whose key is missing has been erased: the events of the others were sealed with keys that are kept.
            keys = await around.keyring.find(persons) if persons else {}
            lines.append(codec.encode(part, Seals(aggregate_id, keys, around.ids.random_bytes)))
            await asyncio.sleep(PAUSE_S)
        state = b"\n".join(lines)
        await around.snapshots.save(
            Snapshot(partition, aggregate_id, taken.version, taken.digest, codec.schema_version, state)
        )
