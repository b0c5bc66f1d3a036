"""Keys of persons in memory: the twin for tests and simulations."""

from collections.abc import Collection, Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.keys.wrapping import new_data_key
from ledger.ports import Ids


class MemoryKeyRing:
    """A `KeyRing` that lives as long as the object."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._keys: dict[str, AESGCM | None] = {}
        self._pepper = new_data_key(ids.random_bytes)

    async def ensure(self, persons: Collection[str]) -> Mapping[str, AESGCM]:
        for person in persons:
            if person not in self._keys:
                self._keys[person] = AESGCM(new_data_key(self._ids.random_bytes))
        return await self.find(persons)

    async def find(self, persons: Collection[str]) -> Mapping[str, AESGCM]:
        return {person: key for person in persons if (key := self._keys.get(person)) is not None}

    async def destroy(self, person: str) -> bool:
        existed = self._keys.get(person) is not None
        self._keys[person] = None
        return existed

    async def pepper(self) -> bytes:
        return self._pepper
