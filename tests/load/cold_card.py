"""How long the first command of a cold card takes, with a snapshot and without one, on a PostgreSQL of its own.

`python -m tests.load.cold_card [CLAIMS]` prints one JSON line. Every try is a new host, so that nothing is in memory;
the pages of the database are warm in each of them.
"""

import asyncio
import resource
import shutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

import asyncpg
import msgspec

from ledger.api.medcards.family import MedCardFamily
from ledger.clocks import SystemClock, SystemIds
from ledger.embedded import EmbeddedPostgres
from ledger.keys.postgres_keyring import PostgresKeyRing
from ledger.messages.commands import Caller, CommandRequest, Outcome, Trace
from ledger.postgres.connections import connect_for_hints, open_pool
from ledger.runtime.host import AggregateHost
from ledger.runtime.snapshotting import TAIL_PART
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.store.hints import PostgresHints
from ledger.store.migrate import migrate
from ledger.store.postgres_log import PostgresEventLog
from ledger.store.postgres_snapshots import PostgresSnapshots
from tests.support.doors import CARD, CLAIM

CLAIMS = 10_000
BATCH = 300
TRIES = 5
SNAPSHOT_WAIT_STEPS = 600
CARD_ID = CARD["id"]


def request(name: str, key: str, body: object) -> CommandRequest:
    caller, trace = Caller("load", "ADMIN"), Trace("rest", "load")
    return CommandRequest("medcard", CARD_ID, caller, key, name, msgspec.json.encode(body), 60_000, trace)


def claim(number: int) -> CommandRequest:
    body = {**msgspec.json.decode(CLAIM.encode()), "prescriptionId": f"rx-{number}"}
    return request("claimPrescription", f"claim {number}", body)


class Stage:
    """A database, and hosts that come and go."""

    def __init__(self, pool: asyncpg.Pool, hints: PostgresHints) -> None:
        self.pool = pool
        self.log = PostgresEventLog(pool, hints)

    async def host(self, limits: HostLimits) -> AggregateHost:
        clock, ids = SystemClock(), SystemIds()
        keyring = PostgresKeyRing(self.pool, bytes(32), clock, ids)
        families = {"medcard": MedCardFamily()}
        around = Surroundings(self.log, keyring, clock, ids, families, PostgresSnapshots(self.pool))
        host = AggregateHost("h", around, limits)
        await host.start()
        return host

    async def given(self, host: AggregateHost, requests: list[CommandRequest]) -> None:
        answers = await host.submit(requests)
        assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}, answers[-1]

    async def fill(self, claims: int) -> None:
        """The card with its claims; its newest snapshot is as far behind as it may be."""
        host = await self.host(HostLimits())
        card = {**CARD, "monthlyLimit": "9000000.00"}
        await self.given(host, [request("createMedCard", "create", card)])
        await self.given(host, [request("activateMedCard", "activate", {})])
        for first in range(0, claims, BATCH):
            await self.given(host, [claim(number) for number in range(first, min(first + BATCH, claims))])
        newest_due = claims * (1 - 1 / TAIL_PART) - 2 * BATCH
        for _ in range(SNAPSHOT_WAIT_STEPS):
            if (await self.snapshot())["version"] >= newest_due:
                break
            await asyncio.sleep(0.1)
        await host.stop()

    async def snapshot(self) -> dict[str, int]:
        row = await self.pool.fetchrow("SELECT version, length(state) AS bytes FROM ledger.snapshots")
        return {"version": 0} if row is None else dict(row)

    async def first_command_s(self, number: int) -> float:
        host = await self.host(HostLimits(snapshot_every_events=10**9))
        began = time.perf_counter()
        await self.given(host, [claim(number)])
        took_s = time.perf_counter() - began
        await host.stop()
        return took_s


async def measured(dsn: str, claims: int) -> dict[str, object]:
    await migrate(dsn)
    pool = await open_pool(dsn, 4, 10_000, 10_000)
    hints = PostgresHints(partial(connect_for_hints, dsn, 1_000))
    try:
        stage = Stage(pool, hints)
        await stage.log.lay_out(["medcard"], 8, ["h"])
        await stage.fill(claims)
        kept = await stage.snapshot()
        with_s = [await stage.first_command_s(claims + number) for number in range(TRIES)]
        await pool.execute("DELETE FROM ledger.snapshots")
        without_s = [await stage.first_command_s(claims + TRIES + number) for number in range(TRIES)]
    finally:
        await hints.close()
        await pool.close()
    return {
        "claims": claims,
        "snapshot_version": kept["version"],
        "snapshot_bytes": kept["bytes"],
        "with_snapshot_ms": round(median(with_s) * 1000),
        "without_snapshot_ms": round(median(without_s) * 1000),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main(claims: int = CLAIMS) -> int:
    folder = Path(tempfile.mkdtemp(prefix="hp-load-"))
    server = EmbeddedPostgres(folder)
    server.start()
    try:
        server.createdb("cold")
        print(msgspec.json.encode(asyncio.run(measured(server.dsn("cold"), claims))).decode())
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
