"""Real hosts and projectors on a real database, without Ray; and what a client's record must find there afterwards."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr

from ledger import bootstrap, operators
from ledger.clocks import SystemClock, SystemIds
from ledger.keys.postgres_keyring import PostgresKeyRing
from ledger.messages.commands import Outcome
from ledger.messages.envelope import PartitionId, partition_of
from ledger.ports import Clock, EventLog, Head
from ledger.postgres.connections import connect_for_hints, open_pool
from ledger.runtime.host import AggregateHost
from ledger.runtime.surroundings import Surroundings
from ledger.settings import Settings
from ledger.store.hints import PostgresHints
from ledger.store.postgres_log import PostgresEventLog
from ledger.store.postgres_snapshots import PostgresSnapshots
from projections.projection import Group
from projections.projector import Projector
from projections.registry import GROUPS
from tests.support.doors import CARD
from tests.support.host_load import HostLoad, Hosts, claim_command, command, settled
from tests.support.record import Acknowledged, Record

PARTITIONS = 4
CARDS = 16
REPLAYS_AT_ONCE = 200

_RESULTS = "SELECT key, aggregate_id, result, outcome FROM ledger.command_results WHERE key = ANY ($1::text[])"
_EFFECTS = """
SELECT event_data->>'prescriptionId' AS key, count(*) AS times FROM ledger.events
WHERE event_type IN ('PrescriptionClaimed', 'PrescriptionClaimRejected')
  AND event_data->>'prescriptionId' = ANY ($1::text[])
GROUP BY 1
"""


def settings_on(dsn: str, **changes: Any) -> Settings:
    key = base64.b64encode(bytes(32)).decode()
    known = {"database_url": SecretStr(dsn), "master_key": SecretStr(key), "partitions": PARTITIONS, "append_lanes": 2}
    return Settings(**{**known, **changes})


@asynccontextmanager
async def opened_host(
    settings: Settings,
    name: str = "host-0",
    clock: Clock | None = None,
    around_log: Callable[[EventLog], EventLog] = lambda log: log,
) -> AsyncIterator[AggregateHost]:
    """A started host as `bootstrap.open_host` makes it, but for its clock, and for what a test puts around its log."""
    assert settings.database_url is not None
    dsn, clock = settings.database_url.get_secret_value(), clock or SystemClock()
    pool = await open_pool(dsn, settings.database_pool_max, settings.statement_timeout_ms, settings.lock_timeout_ms)
    hints = PostgresHints(partial(connect_for_hints, dsn, settings.statement_timeout_ms))
    keyring = PostgresKeyRing(pool, bootstrap.master_key_of(settings), clock, SystemIds())
    log = around_log(PostgresEventLog(pool, hints))
    around = Surroundings(log, keyring, clock, SystemIds(), bootstrap.families(), PostgresSnapshots(pool))
    host = AggregateHost(name, around, bootstrap.host_limits(settings))
    try:
        await host.start()
        yield host
    finally:
        await host.stop()
        await hints.close()
        pool.terminate()


@dataclass
class HostStage:
    """One database with cards in it, and the record of each load."""

    settings: Settings
    folder: Path
    cards: list[str] = field(default_factory=lambda: [f"card-{number}" for number in range(CARDS)])

    @property
    def dsn(self) -> str:
        assert self.settings.database_url is not None
        return self.settings.database_url.get_secret_value()

    async def make_cards(self, hosts: Hosts) -> None:
        for card in self.cards:
            for name, body in (("createMedCard", {**CARD, "id": card}), ("activateMedCard", {})):
                answer = await settled(hosts, command("medcard", card, name, body, f"{name} of {card}"))
                assert answer.outcome is Outcome.ACCEPTED, answer

    def cards_in(self, *partitions: PartitionId) -> list[str]:
        return [card for card in self.cards if partition_of("medcard", card, PARTITIONS) in partitions]

    async def query(self, statement: str, *arguments: Any) -> list[Any]:
        """Past the server, as the owner."""
        connection = await asyncpg.connect(self.dsn)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    async def placement(self) -> dict[PartitionId, Head]:
        rows = await self.query(
            "SELECT topic, partition, head, head_digest, epoch, host, holder FROM ledger.partitions"
        )
        return {PartitionId(row["topic"], row["partition"]): Head(*list(row)[2:]) for row in rows}

    @asynccontextmanager
    async def load(self, hosts: Hosts, name: str, clients: int = 12) -> AsyncIterator[HostLoad]:
        """Clients at work; at the end their record is compared with the log, and every key is asked again."""
        record = Record(self.folder / f"{name}.jsonl")
        try:
            async with HostLoad(hosts, record, name, self.cards, clients) as load:
                yield load
        finally:
            record.close()
        sent, acknowledged = record.read()
        assert sent == acknowledged.keys() | load.not_executed
        await self.check_log(sent, acknowledged)
        await self.ask_again(hosts, list(acknowledged.values()))

    async def check_log(self, sent: set[str], acknowledged: dict[str, Acknowledged]) -> None:
        """Every acknowledged answer stands in the log as it was given, every key one effect, and none else."""
        stored = {row["key"]: row for row in await self.query(_RESULTS, list(sent))}
        for key, answer in acknowledged.items():
            row = stored[key]
            assert (row["aggregate_id"], row["result"], row["outcome"]) == (answer.claim.card, answer.body, "accepted")
        assert stored.keys() == acknowledged.keys()
        effects = {row["key"]: row["times"] for row in await self.query(_EFFECTS, list(sent))}
        assert effects == dict.fromkeys(acknowledged, 1)

    async def ask_again(self, hosts: Hosts, acknowledged: list[Acknowledged]) -> None:
        """The same bytes and the same place, from the store."""

        async def again(before: Acknowledged) -> None:
            answer = await settled(hosts, claim_command(before.claim))
            assert (answer.body.decode(), answer.position) == (before.body, before.position)
            assert answer.replayed

        for start in range(0, len(acknowledged), REPLAYS_AT_ONCE):
            await asyncio.gather(*map(again, acknowledged[start : start + REPLAYS_AT_ONCE]))

    async def verify(self, *, folds: bool = False) -> None:
        """The projectors catch up, and then `ledger verify` finds nothing; `folds`: also row by row."""
        async with following(self.settings):
            report = await operators.verify(self.settings, lambda _: None, folds=folds)
        assert report.findings == []
        assert report.counts["events"] >= 2 * len(self.cards)


@asynccontextmanager
async def following(settings: Settings, *groups: Group) -> AsyncIterator[list[Projector]]:
    """Running projectors of these groups, or of all; one that fails makes itself heard at the end."""
    async with AsyncExitStack() as stack:
        projectors, tasks, open_ports = [], [], bootstrap.projectors_of_one_process(settings)
        for group in groups or GROUPS:
            ports = await stack.enter_async_context(open_ports(group.topics))
            projector = Projector(group, ports.log, ports.feed, ports.store, SystemClock())
            projectors.append(projector)
            tasks.append(asyncio.create_task(projector.run()))
        yield projectors
        for projector in projectors:
            projector.stop()
        await asyncio.gather(*tasks)


async def until(so: Callable[[], Any], within_s: float = 20.0) -> float:
    """Looks again and again; the seconds that it took."""
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        while True:
            if so():
                return time.monotonic() - began
            await asyncio.sleep(0.01)
