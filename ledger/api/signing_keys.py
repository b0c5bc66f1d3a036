"""Keys that tokens are verified with: one shared secret on a laptop, the published keys of an issuer in production."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt
import msgspec

from ledger.ports import Clock

SECRET_BYTES_MIN = 32
JWKS_KEYS_MAX = 100
ASK_AGAIN_AFTER_S = 10.0
"""How soon an unknown key id makes us ask the issuer again: forgers may send as many of them as they like."""

_log = logging.getLogger(__name__)

FetchKeys = Callable[[], Awaitable[bytes]]
"""Gives the issuer's JSON Web Key Set as it is published now. Raises `OSError`."""


class KeysUnavailable(Exception):
    """The issuer's keys have not been read yet, and cannot be read now."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A key, and the one algorithm that it may be used with: the token's own word on that counts for nothing."""

    material: Any
    algorithm: str


class SigningKeys(Protocol):
    """`generation` moves when keys may have gone: what was verified under an earlier one is verified again."""

    generation: int

    async def find(self, key_id: str | None) -> VerifyingKey | None:
        """The key of a token's `kid`. Raises `KeysUnavailable`."""
        ...

    def refresh_soon(self) -> None:
        """Looks for newer keys in the background, where the time has come. Never waits, never raises."""
        ...


class SharedSecret:
    """HS256 with one secret."""

    generation = 0

    def __init__(self, secret: str) -> None:
        if len(secret.encode()) < SECRET_BYTES_MIN:
            raise ValueError(f"the JWT secret must have {SECRET_BYTES_MIN} bytes or more")
        self._key = VerifyingKey(secret, "HS256")

    async def find(self, _key_id: str | None) -> VerifyingKey | None:
        return self._key

    def refresh_soon(self) -> None:
        """There is only the one."""


class PublishedKeys:
    """The keys of a JWKS: RS256, ES256 and EdDSA; read again from time to time, and when a token names a new one.

    Keys that cannot be read again stay in force, loudly.
    """

    def __init__(self, fetch: FetchKeys, clock: Clock, refresh_after_s: float) -> None:
        self.generation = 0
        self._fetch = fetch
        self._clock = clock
        self._refresh_after_s = refresh_after_s
        self._keys: dict[str | None, VerifyingKey] = {}
        self._asked_at: float | None = None
        self._asking: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None) -> VerifyingKey | None:
        if key_id not in self._keys and (self._asking is not None or self._is_older_than(ASK_AGAIN_AFTER_S)):
            # Shielded: the request that happened to ask first may go away, and others wait for the same answer.
            await asyncio.shield(self._asking or self._begin())
        if not self._keys:
            raise KeysUnavailable
        return self._keys.get(key_id)

    def refresh_soon(self) -> None:
        if self._asking is None and self._is_older_than(self._refresh_after_s):
            self._begin()

    def _is_older_than(self, seconds: float) -> bool:
        return self._asked_at is None or self._clock.monotonic() - self._asked_at >= seconds

    def _begin(self) -> asyncio.Task[None]:
        self._asked_at = self._clock.monotonic()
        self._asking = asyncio.create_task(self._ask(), name="issuer's keys")
        return self._asking

    async def _ask(self) -> None:
        try:
            keys = _keys_of(await self._fetch())
        except (OSError, ValueError) as error:
            _log.warning("the issuer's keys cannot be read: %s", error)
            return
        finally:
            self._asking = None
        if keys != self._keys:
            _log.info("the issuer publishes %d usable keys", len(keys))
            self.generation += 1
            self._keys = keys


class _Jwk(msgspec.Struct):
    kty: str
    kid: str | None = None
    use: str = "sig"
    crv: str | None = None


class _KeySet(msgspec.Struct):
    keys: list[msgspec.Raw]


_ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
_decode_set = msgspec.json.Decoder(_KeySet).decode
_decode_key = msgspec.json.Decoder(_Jwk).decode


def _keys_of(body: bytes) -> dict[str | None, VerifyingKey]:
    """By key id; where there is one key, also for tokens that name none. Raises ValueError.

    Keys of other kinds are passed over: above all secrets, which nobody should publish. So are malformed keys, loudly,
    as long as another one can be used: they must not take the issuer's other keys with them.
    """
    found: dict[str | None, VerifyingKey] = {}
    wrong: list[Exception] = []
    for raw in _decode_set(body).keys[:JWKS_KEYS_MAX]:
        try:
            found |= _key_of(raw)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            wrong.append(error)
    if wrong and not found:
        raise ValueError(f"no key of the set can be used: {wrong[0]}")
    for each in wrong:
        _log.warning("a key of the issuer's set is malformed: %s", each)
    if len(found) == 1:
        found[None] = next(iter(found.values()))
    return found


def _key_of(raw: msgspec.Raw) -> dict[str | None, VerifyingKey]:
    """A key by its id; nothing for one of another kind. Raises `PyJWTError`, ValueError or TypeError."""
    key = _decode_key(raw)
    algorithm = _ALGORITHMS.get((key.kty, key.crv))
    if algorithm is None or key.use != "sig":
        return {}
    fields: Mapping[str, Any] = msgspec.json.decode(raw)
    return {key.kid: VerifyingKey(jwt.PyJWK(dict(fields), algorithm).key, algorithm)}
