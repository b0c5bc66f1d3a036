"""Tokens for a local server, signed with its own secret."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from ledger.api.rights import Role
from ledger.embedded.secrets import ensure_secrets
from ledger.settings import Settings

ROLES = tuple(Role)
LIFETIME_H = 12.0


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a token says of its bearer; what is None stays out of it. `sub` defaults to the role and "-local"."""

    role: str
    sub: str | None = None
    user_id: str | None = None
    pharmacy_id: str | None = None
    terminal_id: str | None = None
    provider_id: str | None = None
    plan_id: str | None = None
    scope: str | None = None
    lifetime_h: float = LIFETIME_H


class UnknownRole(Exception):
    """The text names the roles there are."""


def sign(request: TokenRequest, settings: Settings, now: datetime) -> str:
    """An HS256 token, valid from `now`. Makes the secret of the data directory if the settings hold none.

    Raises `UnknownRole` and `OSError`.
    """
    role = request.role.upper()
    if role not in ROLES:
        raise UnknownRole(f"unknown role {request.role!r}; ROLE is one of {', '.join(ROLES)}")
    facts = {
        "user_id": request.user_id,
        "pharmacy_id": request.pharmacy_id,
        "terminal_id": request.terminal_id,
        "provider_id": request.provider_id,
        "plan_id": request.plan_id,
        "scope": request.scope,
    }
    claims = {
        "sub": request.sub or f"{role.lower()}-local",
        "roles": [role],
        **{name: value for name, value in facts.items() if value},
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(hours=request.lifetime_h),
    }
    return jwt.encode(claims, _secret(settings), algorithm="HS256")


def _secret(settings: Settings) -> str:
    if settings.jwt_secret is not None:
        return settings.jwt_secret.get_secret_value()
    return ensure_secrets(settings.data_dir).jwt_secret
