"""The race for a partition: owners that take it from each other in the middle of appends, and a reader that must see
every event once, in order. The control takes the row lock out of the append, and the same race then breaks its rules.
"""

import asyncio
import itertools
import random
from collections.abc import Sequence
from functools import partial
from importlib import resources

import asyncpg
import pytest

from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import Append, Committed, Head, OutcomeUnknown, StoreUnavailable
from ledger.postgres.connections import connect_for_hints, open_pool
from ledger.store.hints import PostgresHints
from ledger.store.postgres_log import PostgresEventLog
from tests.support.events import append_of, envelope

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(60)]

PARTITION = PartitionId("medcard", 0)
RACE_S = 2.0
OWNERS = 4
BATCH = 60
HEATS_MAX = 4
_LOCK = "FOR UPDATE"


class Race:
    """Owners and a reader on one partition, and what they saw."""

    def __init__(self, log: PostgresEventLog, heat: int) -> None:
        self.log = log
        self.takeovers: list[Head] = []
        self.acknowledged: list[int] = []
        self.read: list[Envelope] = []
        self.over = False
        self.written = False
        self._names = itertools.count(heat * 1_000_000)  # other keys and names than the last heat on this database

    async def run(self) -> None:
        owners = [asyncio.create_task(self._own(random.Random(seed))) for seed in range(OWNERS)]
        reader = asyncio.create_task(self._read())
        await asyncio.sleep(RACE_S)
        self.over = True
        await asyncio.gather(*owners)
        # Only now: an owner's last append may still be on its way when the time is up.
        self.written = True
        await reader

    async def _own(self, chance: random.Random) -> None:
        while not self.over:
            await asyncio.sleep(chance.random() * 0.01)
            try:
                head = (await self.log.take_ownership("h", f"holder {next(self._names)}"))[PARTITION]
                self.takeovers.append(head)
                while (appended := await self._append(head)) is not None and not self.over:
                    head = appended
            except (OutcomeUnknown, StoreUnavailable):
                continue

    async def _append(self, head: Head) -> Head | None:
        batch = _batch_after(head, next(self._names))
        if not isinstance(await self.log.append(batch), Committed):
            return None
        self.acknowledged += [event.offset for event in batch.events]
        move = batch.moves[0]
        return Head(move.to_offset, move.to_digest, head.epoch, "h")

    async def _read(self) -> None:
        found: Sequence[Envelope] = []
        all_written = False
        while found or not all_written:
            # Asked before the reading: only what is read after the last append is over can be all there is.
            all_written = self.written
            after = self.read[-1].offset if self.read else 0
            found = await self.log.read_after({PARTITION: after}, 500)
            self.read += found
            await asyncio.sleep(0.001)

    def broken_rules(self) -> list[str]:
        """What the log promises and this race did not keep."""
        offsets = [event.offset for event in self.read]
        broken = [] if offsets == list(range(1, len(offsets) + 1)) else ["the reader missed events, or saw them twice"]
        if len(set(self.acknowledged)) != len(self.acknowledged) or not set(self.acknowledged) <= set(offsets):
            broken.append("acknowledged events are missing, or were acknowledged twice")
        for taken in self.takeovers:
            late = [event for event in self.read if event.offset > taken.offset and event.epoch < taken.epoch]
            if late:
                broken.append(
                    f"epoch {late[0].epoch} wrote offset {late[0].offset} after epoch {taken.epoch} had begun"
                )
        return broken


def _batch_after(head: Head, number: int) -> Append:
    events: list[Envelope] = []
    for version in range(1, BATCH + 1):
        last = events[-1] if events else None
        at = head if last is None else Head(last.offset, last.digest, head.epoch, "h")
        events.append(envelope(PARTITION, at, f"a{number}", version))
    return append_of(PARTITION, head, events, [f"k{number}"])


async def raced(dsn: str, heat: int = 0) -> Race:
    pool = await open_pool(dsn, 8, 5_000, 5_000)
    try:
        log = PostgresEventLog(pool, PostgresHints(partial(connect_for_hints, dsn, 1_000)))
        await log.lay_out(["medcard"], 1, ["h"])
        race = Race(log, heat)
        await race.run()
        return race
    finally:
        await pool.close()


async def test_owners_that_race_leave_one_log_without_a_gap(database: str) -> None:
    race = await raced(database)
    assert race.broken_rules() == []
    assert len(race.acknowledged) >= BATCH
    assert len(race.takeovers) > OWNERS


async def test_without_the_row_lock_the_same_race_breaks_the_rules(database: str) -> None:
    """The control: it shows that the test above would notice."""
    migration = resources.files("ledger.store").joinpath("migrations", "0001_log.sql").read_text(encoding="utf-8")
    begins = migration.index("CREATE FUNCTION ledger.append(")
    function = migration[begins : migration.index("$$;", begins) + 3]
    assert _LOCK in function
    owner = await asyncpg.connect(database)
    try:
        unlocked = function.replace(_LOCK, "").replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
        await owner.execute(unlocked)
    finally:
        await owner.close()
    for heat in range(HEATS_MAX):
        if (await raced(database, heat)).broken_rules():
            return
    pytest.fail("the race cannot tell whether the lock is there")
