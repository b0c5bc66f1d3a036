"""Who asks: bearer tokens (JWT) verified once and remembered until they end."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import jwt

from ledger.api.errors import Problem
from ledger.api.rights import Role
from ledger.messages.commands import Caller
from ledger.ports import Clock
from ledger.settings import Settings

ALGORITHM = "HS256"
TOKEN_BYTES_MAX = 8_192
CLAIM_CHARS_MAX = 128
CACHED_MAX = 20_000
SECRET_BYTES_MIN = 32
NOT_BEFORE_LEEWAY_S = 10
"""How far the clock of the issuer may be ahead of ours."""

_REQUIRED = ("sub", "iss", "aud", "exp", "nbf")
# Times are judged by our Clock below, and not by the machine's.
_OPTIONS: Any = {"require": list(_REQUIRED), "verify_exp": False, "verify_nbf": False, "verify_iat": False}


class Tokens:
    """Verifies tokens. Every refusal is a `Problem`: `unauthenticated`, `token_expired` or `token_invalid`."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        assert settings.jwt_secret is not None, "whoever composes the edge gives it a secret"
        self._secret = settings.jwt_secret.get_secret_value()
        if len(self._secret.encode()) < SECRET_BYTES_MIN:
            raise ValueError(f"the JWT secret must have {SECRET_BYTES_MIN} bytes or more")
        self._issuer, self._audience = settings.jwt_issuer, settings.jwt_audience
        self._clock = clock
        self._verified: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()

    def caller_of(self, authorization: str | None) -> Caller:
        """Who stands behind an `Authorization` header."""
        if authorization is None:
            raise Problem("unauthenticated", "a bearer token is needed")
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Problem("unauthenticated", "a bearer token is needed")
        return self._cached(token)

    def _cached(self, token: str) -> Caller:
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        found = self._verified.get(digest)
        if found is None:
            found = self._verify(token)
            self._verified[digest] = found
            if len(self._verified) > CACHED_MAX:
                self._verified.popitem(last=False)
        else:
            self._verified.move_to_end(digest)
        caller, expires_at = found
        if self._clock.now().timestamp() >= expires_at:
            del self._verified[digest]
            raise Problem("token_expired")
        return caller

    def _verify(self, token: str) -> tuple[Caller, float]:
        if len(token) > TOKEN_BYTES_MAX:
            raise Problem("token_invalid", "the token is too long")
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                options=_OPTIONS,
            )
        except (jwt.PyJWTError, ValueError):
            # The reason would help a forger more than a client.
            raise Problem("token_invalid") from None
        if _number(claims, "nbf") > self._clock.now().timestamp() + NOT_BEFORE_LEEWAY_S:
            raise Problem("token_invalid", "the token is not valid yet")
        return _caller(claims), _number(claims, "exp")


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
    return Caller(
        principal,
        _role(claims),
        pharmacy_id=_text(claims, "pharmacy_id"),
        terminal_id=_text(claims, "terminal_id"),
        user_id=_text(claims, "user_id"),
        provider_id=_text(claims, "provider_id"),
        plan_id=_text(claims, "plan_id"),
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
