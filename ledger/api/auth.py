"""Who asks: bearer tokens (JWT) verified once and remembered until they end."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import jwt

from ledger.api.errors import Problem
from ledger.api.rights import Role
from ledger.api.signing_keys import KeysUnavailable, SigningKeys
from ledger.messages.commands import Caller
from ledger.ports import Clock
from ledger.settings import Settings

TOKEN_BYTES_MAX = 8_192
CLAIM_CHARS_MAX = 128
CACHED_MAX = 20_000
SCOPES_MAX = 64
NOT_BEFORE_LEEWAY_S = 10
"""How far the clock of the issuer may be ahead of ours."""

_REQUIRED = ("sub", "iss", "aud", "exp", "nbf")
# Times are judged by our Clock below, and not by the machine's.
_OPTIONS: Any = {"require": list(_REQUIRED), "verify_exp": False, "verify_nbf": False, "verify_iat": False}


class Tokens:
    """Verifies tokens. Every refusal is a `Problem`: `unauthenticated`, `token_expired` or `token_invalid`."""

    def __init__(self, settings: Settings, keys: SigningKeys, clock: Clock) -> None:
        self._keys = keys
        self._issuer, self._audience = settings.jwt_issuer, settings.jwt_audience
        self._clock = clock
        self._verified: OrderedDict[bytes, tuple[Caller, float, int]] = OrderedDict()

    async def caller_of(self, authorization: str | None) -> Caller:
        """Who stands behind an `Authorization` header."""
        return (await self.cached(bearer_of(authorization)))[0]

    async def cached(self, token: str) -> tuple[Caller, float]:
        """Who stands behind a token, and the moment at which it ends, in seconds since 1970."""
        self._keys.refresh_soon()
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        found = self._verified.get(digest)
        if found is None or found[2] != self._keys.generation:
            found = await self._verify(token)
            self._verified[digest] = found
            if len(self._verified) > CACHED_MAX:
                self._verified.popitem(last=False)
        else:
            self._verified.move_to_end(digest)
        caller, expires_at, _ = found
        if self._clock.now().timestamp() >= expires_at:
            self._verified.pop(digest, None)
            raise Problem("token_expired")
        return caller, expires_at

    async def _verify(self, token: str) -> tuple[Caller, float, int]:
        if len(token) > TOKEN_BYTES_MAX:
            raise Problem("token_invalid", "the token is too long")
        try:
            claims = await self._claims_of(token)
        except KeysUnavailable:
            raise Problem("unavailable", "the keys that tokens are signed with cannot be read") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            # The reason would help a forger more than a client.
            raise Problem("token_invalid") from None
        if _number(claims, "nbf") > self._clock.now().timestamp() + NOT_BEFORE_LEEWAY_S:
            raise Problem("token_invalid", "the token is not valid yet")
        return _caller(claims), _number(claims, "exp"), self._keys.generation

    async def _claims_of(self, token: str) -> Mapping[str, Any]:
        key_id = jwt.get_unverified_header(token).get("kid")
        key = await self._keys.find(key_id)
        if key is None:
            raise ValueError("no key of that id")
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key.material,
            algorithms=[key.algorithm],
            issuer=self._issuer,
            audience=self._audience,
            options=_OPTIONS,
        )
        return claims


def bearer_of(authorization: str | None) -> str:
    """The token in an `Authorization` header. Raises `Problem`."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Problem("unauthenticated", "a bearer token is needed")
    return token


LAST_SECOND = 1e11
"""Moments of tokens end in the year 5138; what lies beyond is a mistake, or a token that never ends."""


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Problem("token_invalid", f"the claim {name} is no number")
    if not 0 <= value < LAST_SECOND:  # a chain that NaN fails as well
        raise Problem("token_invalid", f"the claim {name} is no moment")
    return float(value)


def _caller(claims: Mapping[str, Any]) -> Caller:
    principal = _text(claims, "sub")
    if not principal:
        raise Problem("token_invalid", "the claim sub is empty")
    role = _role(claims)
    return Caller(
        principal,
        role,
        pharmacy_id=_text(claims, "pharmacy_id"),
        terminal_id=_text(claims, "terminal_id"),
        user_id=_text(claims, "user_id"),
        provider_id=_text(claims, "provider_id"),
        plan_id=_text(claims, "plan_id"),
        scopes=_scopes(claims) if role == Role.SERVICE else (),
    )


def _role(claims: Mapping[str, Any]) -> str:
    """The first role that we know: a caller acts in one."""
    roles = claims.get("roles")
    for role in roles if isinstance(roles, list) else ():
        if isinstance(role, str) and role in Role.__members__:
            return role
    raise Problem("token_invalid", "the token names no known role")


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > CLAIM_CHARS_MAX or not value.isprintable():
        raise Problem("token_invalid", f"the claim {name} is no short text")
    return value


def _scopes(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of commands and queries in `scope`, which are separated by blanks (RFC 8693)."""
    scope = claims.get("scope", "")
    if not isinstance(scope, str) or len(scope) > TOKEN_BYTES_MAX or not scope.isprintable():
        raise Problem("token_invalid", "the claim scope is no text")
    scopes = scope.split()
    if len(scopes) > SCOPES_MAX:
        raise Problem("token_invalid", f"the claim scope names more than {SCOPES_MAX} things")
    return tuple(scopes)
