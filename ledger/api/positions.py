"""The wait for a position: queries that must see what stands there wait here until the read models have it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.api.errors import Problem, invalid_at
from ledger.messages.envelope import PartitionId, parse_positions
from ledger.ports import EventLog
from ledger.reads import PROJECTION_OF_TOPIC, ReadProgress

POSITIONS_CHARS_MAX = 4_096
LOOK_AGAIN_MIN_S = 0.005
LOOK_AGAIN_MAX_S = 0.04
"""How long a projection that has not moved is left alone; each look in vain makes it longer."""
_LONGER = 1.5

Positions = Mapping[PartitionId, int]


def parsed(text: str) -> Mapping[str, Positions]:
    """What a comma list asks for, by the projection that each topic has of its own. Raises `Problem`."""
    wanted = parse_positions(text) if len(text) <= POSITIONS_CHARS_MAX else None
    if wanted is None:
        raise invalid_at("/minPosition", "Min-Position is a comma list such as medcard/1@1042")
    by_projection: dict[str, dict[PartitionId, int]] = {}
    for partition, offset in wanted.items():
        projection = PROJECTION_OF_TOPIC.get(partition.topic)
        if projection is None:
            raise invalid_at("/minPosition", "no read model follows a topic of that name")
        by_projection.setdefault(projection, {})[partition] = offset
    return by_projection


class PositionWaits:
    """All waits of one replica: whoever waits for the same projection shares its looks."""

    def __init__(self, progress: ReadProgress, log: EventLog, wait_s: float) -> None:
        self._heads = _Heads(log)
        self._progress = progress
        self._wait_s = wait_s
        self._of_projection: dict[str, _Waits] = {}

    async def reached(self, projection: str, wanted: Positions) -> None:
        """Returns once the projection has applied all of the positions.

        Raises `Problem`: `not_caught_up` when the time is up, and at once for a position that the log has not come to,
        because no answer of ours can have named it; and `StoreUnavailable`.
        """
        waits = self._of_projection.get(projection)
        if waits is None:
            waits = self._of_projection[projection] = _Waits(projection, self._progress, self._heads)
        try:
            async with asyncio.timeout(self._wait_s):
                await waits.reached(wanted)
        except TimeoutError:
            raise Problem("not_caught_up", "the read models have not come to that position yet") from None


class _Heads:
    """Where the log was seen to end. It only grows, so that what is behind an end seen before needs no look."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._seen: dict[PartitionId, int] = {}

    def hold(self, wanted: Positions) -> bool:
        return all(offset <= self._seen.get(partition, -1) for partition, offset in wanted.items())

    async def look(self) -> None:
        self._seen = {partition: head.offset for partition, head in (await self._log.heads()).items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Wait:
    wanted: Positions
    done: "asyncio.Future[None]"


class _Waits:
    """The waits for one projection. One task looks for all of them, as long as there are any: one query a look."""

    def __init__(self, projection: str, progress: ReadProgress, heads: _Heads) -> None:
        self._projection = projection
        self._progress = progress
        self._heads = heads
        self._new: list[_Wait] = []
        self._known: list[_Wait] = []
        """Those that were there at an earlier look, for positions that the log holds."""
        self._came = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def reached(self, wanted: Positions) -> None:
        wait = _Wait(wanted, asyncio.get_running_loop().create_future())
        self._new.append(wait)
        self._came.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_for_all())
        await wait.done

    async def _look_for_all(self) -> None:
        pause_s = LOOK_AGAIN_MIN_S
        while self._new or self._known:
            arrived, self._new = self._new, []
            try:
                moved = await self._look(arrived)
            except Exception as failure:
                _fail([*arrived, *self._known], failure)
                self._known = []
                continue
            pause_s = LOOK_AGAIN_MIN_S if moved else min(pause_s * _LONGER, LOOK_AGAIN_MAX_S)
            if not self._new and self._known:
                await self._pause(pause_s)

    async def _look(self, arrived: list[_Wait]) -> bool:
        """Ends the waits that are over; whether there were any."""
        waiting = _open([*self._known, *arrived])
        partitions = {partition for wait in waiting for partition in wait.wanted}
        applied = await self._progress.applied(self._projection, partitions) if partitions else {}
        late = [wait for wait in waiting if not _has(applied, wait.wanted)]
        _end(waiting, late)
        if not all(self._heads.hold(wait.wanted) for wait in late):
            await self._heads.look()
        for wait in _open(late):
            if not self._heads.hold(wait.wanted):
                wait.done.set_exception(Problem("not_caught_up", "the log itself has not come to that position"))
        self._known = _open(late)
        return len(self._known) < len(waiting)

    async def _pause(self, seconds: float) -> None:
        """Less, where somebody comes: whether there is anything to wait for is found at once."""
        self._came.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._came.wait()
        except TimeoutError:
            pass


def _has(applied: Positions, wanted: Positions) -> bool:
    return all(applied.get(partition, 0) >= offset for partition, offset in wanted.items())


def _open(waits: list[_Wait]) -> list[_Wait]:
    """Without those whose time was up, or whose request has gone."""
    return [wait for wait in waits if not wait.done.done()]


def _end(waiting: list[_Wait], late: list[_Wait]) -> None:
    still = set(late)
    for wait in _open(waiting):
        if wait not in still:
            wait.done.set_result(None)


def _fail(waits: list[_Wait], failure: Exception) -> None:
    for wait in _open(waits):
        wait.done.set_exception(failure)
