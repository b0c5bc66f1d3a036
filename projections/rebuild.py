"""Builds the read models of a group anew from the log, beside the live ones, and puts them in their place."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ledger.following import LogReader, ReadStore, Shadow
from ledger.messages.envelope import PartitionId
from ledger.ports import Checkpoint, StoreUnavailable
from projections.applier import Applier, catch_up
from projections.projection import Group

PAGE_EVENTS = 2_000
CLOSE_EVENTS = 2_000
"""So near to the log's end the live tables are stopped for the rest."""

TAKE_PLACE_ATTEMPTS = 20
RETRY_AFTER_S = 0.5

Told = Callable[[str], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Built:
    """A build that has taken its place: from how many events, and how many aggregates are parked in it."""

    events: int
    parked: int


class Build:
    """The tables of one group on their way from the first event on."""

    def __init__(self, group: Group, log: LogReader, store: ReadStore, shadow: Shadow, told: Told) -> None:
        """`store` writes the tables of `shadow`."""
        self.applier = Applier(group, store, shadow.name)
        self._group = group
        self._log = log
        self._told = told
        self._heads: Mapping[PartitionId, int] = {}

    async def begin(self) -> None:
        """Where an earlier build left off, which may be nowhere."""
        await self.applier.load(self._log)

    async def come_close(self) -> None:
        """Follows the log until few events are left."""
        while True:
            self._heads = await self._ends()
            if self._left() <= CLOSE_EVENTS:
                return
            await self._to(self._heads)

    async def reach_the_end(self, _live: Mapping[PartitionId, Checkpoint]) -> None:
        """As far as the log goes now, which is as far as any projector of it may have come."""
        await self._to(await self._ends())

    async def reach(self, checkpoints: Mapping[PartitionId, Checkpoint]) -> None:
        """As far as these checkpoints, and no further. Raises `GapInLog` where the log ends before."""
        await self._to({each: checkpoint.offset for each, checkpoint in checkpoints.items()})

    async def _to(self, limits: Mapping[PartitionId, int]) -> None:
        await catch_up(self.applier, self._log, limits, PAGE_EVENTS, self._tell)

    async def _ends(self) -> Mapping[PartitionId, int]:
        heads = await self._log.heads()
        return {each: head.offset for each, head in sorted(heads.items()) if each.topic in self._group.topics}

    def _left(self) -> int:
        return sum(end - self.applier.chain.at(each).offset for each, end in self._heads.items())

    def _tell(self) -> None:
        done, ends = sum(self.applier.positions.values()), sum(self._heads.values())
        self._told(f"{self._group.name}: {done:,} of {max(done, ends):,} events")


async def rebuild(
    group: Group, log: LogReader, store: ReadStore, shadow: Shadow, told: Told, resume: bool = False
) -> Built:
    """Builds and takes the place, while commands and queries go on; `resume`: goes on with an interrupted build.

    Raises `Halted` in its kinds, and `StoreUnavailable`; what was built is kept for a `resume` then.
    """
    build = Build(group, log, store, shadow, told)
    if not (resume and await shadow.made()):
        await shadow.make(durable=True)
    await build.begin()
    for attempt in range(1, TAKE_PLACE_ATTEMPTS + 1):
        await build.come_close()
        try:
            await shadow.take_place(build.reach_the_end)
            break
        except StoreUnavailable as error:
            if attempt == TAKE_PLACE_ATTEMPTS:
                raise
            _log.info("the tables of %s are in use; trying again: %s", group.name, error)
            await asyncio.sleep(RETRY_AFTER_S)
    return Built(sum(build.applier.positions.values()), build.applier.parked)


async def differences(
    group: Group, log: LogReader, store: ReadStore, shadow: Shadow, live: ReadStore, told: Told
) -> Mapping[str, list[tuple[str, str]]]:
    """By table, the keys of rows in which it is not what the fold of the log says, with what differs.

    The live tables may move meanwhile. Raises as `rebuild` does.
    """
    build = Build(group, log, store, shadow, told)
    await shadow.make(durable=False)
    await build.begin()
    await build.reach(await live.checkpoints(group.name))
    found = await shadow.differences(build.reach)
    await shadow.drop()
    return {table: list(rows) for table, rows in found.items()}
