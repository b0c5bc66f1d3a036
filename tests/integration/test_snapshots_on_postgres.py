"""A card that comes back from its snapshot, on real PostgreSQL, put together as the server does it."""

import asyncio
import base64
from typing import Any

import asyncpg
import msgspec
import pytest
from pydantic import SecretStr

from ledger import bootstrap
from ledger.clocks import SystemClock, SystemIds
from ledger.keys.postgres_keyring import PostgresKeyRing
from ledger.messages.commands import Caller, CommandRequest, Outcome, Trace
from ledger.metrics import HostMetrics
from ledger.runtime.host import AggregateHost
from ledger.settings import Settings
from tests.support.doors import CARD, CLAIM

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(60)]

EVENTS = 4


@pytest.fixture
async def settings(database: str) -> Settings:
    key = base64.b64encode(bytes(32)).decode()
    settings = Settings(
        database_url=SecretStr(database), master_key=SecretStr(key), partitions=1, snapshot_every_events=EVENTS
    )
    await bootstrap.lay_out(settings)
    return settings


async def give(host: AggregateHost, key: str, name: str, body: bytes) -> dict[str, Any]:
    request = CommandRequest(
        "medcard", "card", Caller("tester", "ADMIN"), key, name, body, 5_000, Trace("rest", "corr")
    )
    [answer] = await host.submit([request])
    assert answer.outcome is Outcome.ACCEPTED, answer
    decoded: dict[str, Any] = msgspec.json.decode(answer.body)
    return decoded


async def claim(host: AggregateHost, prescription: str, key: str, serial: str) -> dict[str, Any]:
    body = msgspec.json.decode(CLAIM.encode())
    body["prescriptionId"], body["items"][0]["serial"] = prescription, serial
    return await give(host, key, "claimPrescription", msgspec.json.encode(body))


async def with_a_snapshot(settings: Settings) -> int:
    """A card that has claimed twice, and its snapshot's version."""
    async with bootstrap.open_host(settings, "host-0", HostMetrics()) as host:
        await give(host, "create", "createMedCard", msgspec.json.encode({**CARD, "id": "card"}))
        await give(host, "activate", "activateMedCard", b"{}")
        for number in (1, 2):
            await claim(host, f"rx-{number}", f"k{number}", f"PACK-{number}")
        for _ in range(1_000):
            if host.stats().snapshots_written:
                return EVENTS
            await asyncio.sleep(0.01)
    raise AssertionError("no snapshot was written")


async def test_a_card_comes_back_from_its_snapshot_and_knows_what_it_knew(
    settings: Settings, database_pool: asyncpg.Pool
) -> None:
    version = await with_a_snapshot(settings)
    row = await database_pool.fetchrow("SELECT version, digest, state FROM ledger.snapshots")
    event = await database_pool.fetchrow("SELECT digest FROM ledger.events WHERE version = $1", version)
    assert (row["version"], row["digest"]) == (version, event["digest"])
    for secret in (b"PACK-1", CARD["primaryHolder"]["nationalId"].encode(), CARD["primaryHolder"]["name"].encode()):  # type: ignore[index]
        assert secret not in row["state"]
    async with bootstrap.open_host(settings, "host-0", HostMetrics()) as host:
        # It is the snapshot that speaks: the events before it are not there to be read.
        await _hide_the_events_before(settings, version)
        again = await claim(host, "rx-1", "other key", "PACK-1")
        assert (again["status"], again["version"]) == ("DUPLICATE", version)
        taken = await claim(host, "rx-3", "k3", "PACK-2")
        assert (taken["status"], taken["rejectCodes"]) == ("REJECTED", ["serial_already_dispensed"])


async def _hide_the_events_before(settings: Settings, version: int) -> None:
    assert settings.database_url is not None
    owner = await asyncpg.connect(settings.database_url.get_secret_value())
    try:
        async with owner.transaction():
            await owner.execute("SET LOCAL session_replication_role = replica")
            await owner.execute("DELETE FROM ledger.events WHERE version < $1", version)
    finally:
        await owner.close()


async def test_who_was_erased_is_erased_in_the_snapshot_too(settings: Settings, database_pool: asyncpg.Pool) -> None:
    version = await with_a_snapshot(settings)
    keys = PostgresKeyRing(database_pool, bytes(32), SystemClock(), SystemIds())
    assert await keys.destroy("user-123")
    async with bootstrap.open_host(settings, "host-0", HostMetrics()) as host:
        again = await claim(host, "rx-1", "other key", "PACK-1")
        assert (again["status"], again["version"]) == ("DUPLICATE", version)
        # Nobody knows any more which packs these were.
        paid = await claim(host, "rx-3", "k3", "PACK-2")
        assert paid["status"] == "PAID"
