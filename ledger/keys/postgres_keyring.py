"""Keys of persons in PostgreSQL, wrapped by the master key, with the newest used kept in memory."""

from collections import OrderedDict
from collections.abc import Collection, Mapping

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.keys.wrapping import PEPPER_ID, new_data_key, unwrap, wrap
from ledger.ports import Clock, Ids
from ledger.postgres.connections import borrowed
from ledger.postgres.errors import reading
from ledger.postgres.statements import statement

_FIND = statement("ledger.keys", "find")
_MAKE = statement("ledger.keys", "make")
_DESTROY = statement("ledger.keys", "destroy")

CACHED_KEYS_MAX = 100_000
CACHED_FOR_S = 60.0
"""How long another process may still open what was erased here."""


class PostgresKeyRing:
    """A `KeyRing`. Raises `StoreUnavailable`, and `WrongMasterKey` where the master key is not this database's."""

    def __init__(self, pool: asyncpg.Pool, master_key: bytes, clock: Clock, ids: Ids) -> None:
        self._pool = pool
        self._master = AESGCM(master_key)
        self._clock = clock
        self._ids = ids
        self._cache: OrderedDict[str, tuple[float, AESGCM]] = OrderedDict()
        self._pepper: bytes | None = None

    async def ensure(self, persons: Collection[str]) -> Mapping[str, AESGCM]:
        keys, missing = self._cached(persons)
        if missing:
            found = await self._load(missing)
            unknown = missing - found.keys()
            if unknown:
                await self._make(unknown)
                found = await self._load(missing)
            keys |= self._remember(found)
        return keys

    async def find(self, persons: Collection[str]) -> Mapping[str, AESGCM]:
        keys, missing = self._cached(persons)
        if missing:
            keys |= self._remember(await self._load(missing))
        return keys

    async def destroy(self, person: str) -> bool:
        self._cache.pop(person, None)
        async with borrowed(self._pool) as connection, reading():
            return await connection.fetchval(_DESTROY, person) is not None

    async def pepper(self) -> bytes:
        if self._pepper is None:
            if PEPPER_ID not in await self._load({PEPPER_ID}):
                await self._make({PEPPER_ID})
            self._pepper = (await self._load({PEPPER_ID}))[PEPPER_ID]
            assert self._pepper is not None, "the pepper is never destroyed"
        return self._pepper

    def _cached(self, persons: Collection[str]) -> tuple[dict[str, AESGCM], set[str]]:
        fresh_from = self._clock.monotonic() - CACHED_FOR_S
        keys: dict[str, AESGCM] = {}
        missing: set[str] = set()
        for person in persons:
            loaded_at, key = self._cache.get(person, (float("-inf"), None))
            if key is None or loaded_at < fresh_from:
                missing.add(person)
            else:
                keys[person] = key
        return keys, missing

    def _remember(self, found: Mapping[str, bytes | None]) -> dict[str, AESGCM]:
        now = self._clock.monotonic()
        keys = {person: AESGCM(data_key) for person, data_key in found.items() if data_key is not None}
        for person, key in keys.items():
            self._cache[person] = (now, key)
            self._cache.move_to_end(person)
        while len(self._cache) > CACHED_KEYS_MAX:
            self._cache.popitem(last=False)
        return keys

    async def _load(self, persons: Collection[str]) -> dict[str, bytes | None]:
        """Those that have a row; None where the key was destroyed."""
        async with borrowed(self._pool) as connection, reading():
            rows = await connection.fetch(_FIND, list(persons))
        return {
            row["person_id"]: None
            if row["wrapped_key"] is None
            else unwrap(self._master, row["person_id"], row["wrapped_key"])
            for row in rows
        }

    async def _make(self, persons: Collection[str]) -> None:
        wrapped = [
            wrap(self._master, person, new_data_key(self._ids.random_bytes), self._ids.random_bytes)
            for person in persons
        ]
        async with borrowed(self._pool) as connection, reading():
            await connection.execute(_MAKE, list(persons), wrapped)
