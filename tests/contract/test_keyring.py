"""The contract of `KeyRing`, over PostgreSQL and over the twin in memory."""

import asyncio
import os

import asyncpg
import pytest

from ledger.clocks import SystemClock, SystemIds
from ledger.keys.memory_keyring import MemoryKeyRing
from ledger.keys.postgres_keyring import PostgresKeyRing
from ledger.keys.wrapping import WrongMasterKey
from ledger.ports import KeyRing

MASTER = bytes(range(32))
NONCE = bytes(12)


@pytest.fixture(params=["memory_keyring", pytest.param("postgres_keyring", marks=pytest.mark.postgres)])
def keyring(request: pytest.FixtureRequest) -> KeyRing:
    made: KeyRing = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def memory_keyring() -> KeyRing:
    return MemoryKeyRing(SystemIds())


@pytest.fixture
def postgres_keyring(database_pool: asyncpg.Pool) -> KeyRing:
    return PostgresKeyRing(database_pool, MASTER, SystemClock(), SystemIds())


async def test_a_person_keeps_the_key_that_was_made_first(keyring: KeyRing) -> None:
    first = await keyring.ensure(["p", "q"])
    again = await keyring.find(["p"])
    assert first.keys() == {"p", "q"}
    assert again["p"].decrypt(NONCE, first["p"].encrypt(NONCE, b"x", None), None) == b"x"


async def test_only_ensure_makes_keys(keyring: KeyRing) -> None:
    assert await keyring.find(["p"]) == {}


async def test_an_erased_person_has_no_key_ever_again(keyring: KeyRing) -> None:
    await keyring.ensure(["p"])
    assert await keyring.destroy("p")
    assert not await keyring.destroy("p")
    assert await keyring.find(["p"]) == {}
    assert await keyring.ensure(["p"]) == {}


async def test_the_pepper_stays_the_same(keyring: KeyRing) -> None:
    assert await keyring.pepper() == await keyring.pepper()
    assert len(await keyring.pepper()) == 32


@pytest.mark.postgres
async def test_two_hosts_that_meet_a_person_at_once_agree_on_the_key(database_pool: asyncpg.Pool) -> None:
    rings = [PostgresKeyRing(database_pool, MASTER, SystemClock(), SystemIds()) for _ in range(4)]
    found = await asyncio.gather(*(ring.ensure(["p", "q", "r"]) for ring in rings))
    boxes = {keys["q"].encrypt(NONCE, b"x", None) for keys in found}
    assert len(boxes) == 1
    assert len({await ring.pepper() for ring in rings}) == 1


@pytest.mark.postgres
async def test_keys_stand_wrapped_and_another_master_key_is_refused(database_pool: asyncpg.Pool) -> None:
    await PostgresKeyRing(database_pool, MASTER, SystemClock(), SystemIds()).ensure(["p"])
    with pytest.raises(WrongMasterKey):
        await PostgresKeyRing(database_pool, os.urandom(32), SystemClock(), SystemIds()).find(["p"])
