"""Tokens: who gets in, and the name of every refusal."""

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ledger.api.auth import Tokens
from ledger.api.errors import Problem
from ledger.api.signing_keys import SharedSecret
from ledger.clocks import ManualClock
from ledger.messages.commands import Caller
from tests.support.doors import NOON, SECRET, settings_for, token


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def tokens(clock: ManualClock) -> Tokens:
    return Tokens(settings_for(), SharedSecret(SECRET), clock)


async def refusal(tokens: Tokens, authorization: str | None) -> str:
    with pytest.raises(Problem) as caught:
        await tokens.caller_of(authorization)
    assert caught.value.status == 401
    return caught.value.code


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


async def test_the_claims_become_the_caller(tokens: Tokens) -> None:
    given = token("PHARMACY", sub="till", pharmacy_id="pharmacy-101", terminal_id="t-17")
    caller = await tokens.caller_of(f"Bearer {given}")
    assert caller == Caller("till", "PHARMACY", pharmacy_id="pharmacy-101", terminal_id="t-17")
    assert await tokens.caller_of(f"bearer {given}") == caller


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi"])
async def test_without_a_bearer_token_nobody_is_authenticated(tokens: Tokens, authorization: str | None) -> None:
    assert await refusal(tokens, authorization) == "unauthenticated"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "somebody"},
        {"aud": "something"},
        {"nbf": NOON + timedelta(minutes=1)},
        {"roles": []},
        {"roles": ["KING"]},
        {"roles": "ADMIN"},
        {"roles": None},
        {"sub": ""},
        {"sub": "x" * 129},
        {"pharmacy_id": "a\nb"},
        {"exp": "soon"},
    ],
)
async def test_a_token_with_wrong_claims_is_invalid(tokens: Tokens, claims: dict[str, Any]) -> None:
    assert await refusal(tokens, f"Bearer {token(**claims)}") == "token_invalid"


@pytest.mark.parametrize("missing", ["sub", "iss", "aud", "exp", "nbf"])
async def test_a_token_without_a_required_claim_is_invalid(tokens: Tokens, missing: str) -> None:
    claims = jwt.decode(token(), options={"verify_signature": False})
    del claims[missing]
    assert await refusal(tokens, f"Bearer {jwt.encode(claims, SECRET, algorithm='HS256')}") == "token_invalid"


async def test_the_first_role_that_is_known_counts(tokens: Tokens) -> None:
    caller = await tokens.caller_of(f"Bearer {token(roles=['KING', 'AUDITOR', 'ADMIN'])}")
    assert caller.role == "AUDITOR"


async def test_a_token_ends_also_in_the_cache(tokens: Tokens, clock: ManualClock) -> None:
    given = f"Bearer {token()}"
    await tokens.caller_of(given)
    clock.advance(timedelta(hours=1))
    assert await refusal(tokens, given) == "token_expired"
    assert await refusal(tokens, given) == "token_expired"


async def test_a_forged_signature_is_invalid(tokens: Tokens) -> None:
    head, body, signature = token("MEMBER").split(".")
    claims = jwt.decode(token("MEMBER"), options={"verify_signature": False})
    assert await refusal(tokens, f"Bearer {head}.{part({**claims, 'roles': ['ADMIN']})}.{signature}") == "token_invalid"
    assert await refusal(tokens, f"Bearer {head}.{body}.{signature[:-4]}AAAA") == "token_invalid"
    other = jwt.encode(claims, "another secret of thirty-two bytes or more", algorithm="HS256")
    assert await refusal(tokens, f"Bearer {other}") == "token_invalid"


async def test_a_token_without_a_signature_is_invalid(tokens: Tokens) -> None:
    claims = jwt.decode(token(), options={"verify_signature": False})
    assert await refusal(tokens, f"Bearer {part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.") == "token_invalid"
    assert await refusal(tokens, f"Bearer {jwt.encode(claims, '', algorithm='none')}") == "token_invalid"


async def test_another_algorithm_is_invalid_even_with_the_right_secret(tokens: Tokens) -> None:
    claims = jwt.decode(token(), options={"verify_signature": False})
    long_enough = Tokens(settings_for(), SharedSecret(SECRET * 2), ManualClock(NOON))
    assert await refusal(long_enough, f"Bearer {jwt.encode(claims, SECRET * 2, algorithm='HS512')}") == "token_invalid"
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert await refusal(tokens, f"Bearer {jwt.encode(claims, pem, algorithm='RS256')}") == "token_invalid"


@pytest.mark.parametrize("given", ["x", "a.b.c", "a.b", "é.é.é", "x" * 9_000])
async def test_what_is_no_token_is_invalid(tokens: Tokens, given: str) -> None:
    assert await refusal(tokens, f"Bearer {given}") == "token_invalid"


def test_a_short_secret_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SharedSecret("short")
