"""The runtime over real PostgreSQL, whose connections are cut in the middle of everything."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import asyncpg
import msgspec
import pytest

from ledger.clocks import SystemClock, SystemIds
from ledger.keys.postgres_keyring import PostgresKeyRing
from ledger.messages.commands import CommandAnswer, Outcome
from ledger.messages.envelope import DIGEST_OF_NOTHING, chained_digest
from ledger.postgres.connections import connect_for_hints, open_pool
from ledger.runtime.host import AggregateHost
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.store.hints import PostgresHints
from ledger.store.postgres_log import PostgresEventLog
from ledger.store.postgres_snapshots import PostgresSnapshots
from tests.support.toy import CounterFamily, add

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(60)]

CUTS = 25
COUNTERS = 40


class Stage:
    """A host on a database, and a way to cut its connections."""

    def __init__(self, dsn: str, pool: asyncpg.Pool) -> None:
        self.dsn = dsn
        self.hints = PostgresHints(partial(connect_for_hints, dsn, 2_000))
        self.log = PostgresEventLog(pool, self.hints)
        keyring = PostgresKeyRing(pool, bytes(32), SystemClock(), SystemIds())
        families = {"counter": CounterFamily()}
        around = Surroundings(self.log, keyring, SystemClock(), SystemIds(), families, PostgresSnapshots(pool))
        self.host = AggregateHost("h", around, HostLimits(snapshot_every_events=20))

    async def cut(self) -> None:
        """Ends every connection of the server, as a failover of the database does."""
        owner = await asyncpg.connect(self.dsn)
        try:
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        finally:
            await owner.close()


@pytest.fixture
async def stage(database: str) -> AsyncIterator[Stage]:
    pool = await open_pool(database, 4, 5_000, 2_000)
    stage = Stage(database, pool)
    await stage.log.lay_out(["medcard"], 8, ["h"])
    await stage.host.start()
    yield stage
    await stage.host.stop()
    await stage.hints.close()
    pool.terminate()


async def ask_until_known(stage: Stage, aggregate: str, key: str) -> CommandAnswer:
    """As a client does: again under the same key until the outcome is known."""
    while True:
        [answer] = await stage.host.submit([add(aggregate, 1, key, timeout_ms=3_000)])
        if answer.outcome not in (Outcome.UNKNOWN, Outcome.EXPIRED):
            return answer


async def test_connections_cut_under_load_lose_nothing_double_nothing_and_keep_the_partitions(stage: Stage) -> None:
    acknowledged: dict[tuple[str, str], CommandAnswer] = {}
    done = asyncio.Event()

    async def client(number: int) -> None:
        count = 0
        while not done.is_set():
            aggregate, key = f"a{(number + count) % COUNTERS}", f"{number}/{count}"
            answer = await ask_until_known(stage, aggregate, key)
            assert answer.outcome is Outcome.ACCEPTED, answer
            acknowledged[aggregate, key] = answer
            count += 1

    clients = [asyncio.create_task(client(number)) for number in range(32)]
    for _ in range(CUTS):
        await asyncio.sleep(0.05)
        await stage.cut()
    await asyncio.sleep(0.3)
    done.set()
    await asyncio.gather(*clients)

    assert await stage.host.owns_its_partitions()
    totals: dict[str, int] = {}
    for (aggregate, key), answer in acknowledged.items():
        again = await ask_until_known(stage, aggregate, key)
        assert (again.body, again.position) == (answer.body, answer.position)
        totals[aggregate] = totals.get(aggregate, 0) + 1
    for aggregate, total in totals.items():
        answer = await ask_until_known(stage, aggregate, "one more")
        assert msgspec.json.decode(answer.body)["total"] == total + 1
    await assert_whole(stage)


async def assert_whole(stage: Stage) -> None:
    """No gap, no fork: every partition's digests chain from its first event to its head."""
    for partition, head in (await stage.log.heads()).items():
        digest, offset = DIGEST_OF_NOTHING, 0
        for event in await stage.log.read_after({partition: 0}, 1_000_000):
            digest, offset = chained_digest(digest, event), offset + 1
            assert (event.offset, event.digest) == (offset, digest)
        assert (head.offset, head.digest) == (offset, digest)
