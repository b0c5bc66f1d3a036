"""Tokens: who gets in, and the name of every refusal."""

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from ledger.api.auth import Tokens
from ledger.api.errors import Problem
from ledger.clocks import ManualClock
from ledger.messages.commands import Caller
from ledger.settings import Settings
from tests.support.doors import NOON, SECRET, settings_for, token


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def tokens(clock: ManualClock) -> Tokens:
    return Tokens(settings_for(), clock)


def refusal(tokens: Tokens, authorization: str | None) -> str:
    with pytest.raises(Problem) as caught:
        tokens.caller_of(authorization)
    assert caught.value.status == 401
    return caught.value.code


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def test_the_claims_become_the_caller(tokens: Tokens) -> None:
    given = token("PHARMACY", sub="till", pharmacy_id="pharmacy-101", terminal_id="t-17")
    caller = tokens.caller_of(f"Bearer {given}")
    assert caller == Caller("till", "PHARMACY", pharmacy_id="pharmacy-101", terminal_id="t-17")
    assert tokens.caller_of(f"bearer {given}") == caller


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi"])
def test_without_a_bearer_token_nobody_is_authenticated(tokens: Tokens, authorization: str | None) -> None:
    assert refusal(tokens, authorization) == "unauthenticated"


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
def test_a_token_with_wrong_claims_is_invalid(tokens: Tokens, claims: dict[str, Any]) -> None:
    assert refusal(tokens, f"Bearer {token(**claims)}") == "token_invalid"


@pytest.mark.parametrize("missing", ["sub", "iss", "aud", "exp", "nbf"])
def test_a_token_without_a_required_claim_is_invalid(tokens: Tokens, missing: str) -> None:
    claims = jwt.decode(token(), options={"verify_signature": False})
    del claims[missing]
    assert refusal(tokens, f"Bearer {jwt.encode(claims, SECRET, algorithm='HS256')}") == "token_invalid"


def test_the_first_role_that_is_known_counts(tokens: Tokens) -> None:
    assert tokens.caller_of(f"Bearer {token(roles=['KING', 'AUDITOR', 'ADMIN'])}").role == "AUDITOR"


def test_a_token_ends_also_in_the_cache(tokens: Tokens, clock: ManualClock) -> None:
    given = f"Bearer {token()}"
    tokens.caller_of(given)
    clock.advance(timedelta(hours=1))
    assert refusal(tokens, given) == "token_expired"
    assert refusal(tokens, given) == "token_expired"


def test_a_forged_signature_is_invalid(tokens: Tokens) -> None:
    head, body, signature = token("MEMBER").split(".")
    claims = jwt.decode(token("MEMBER"), options={"verify_signature": False})
    assert refusal(tokens, f"Bearer {head}.{part({**claims, 'roles': ['ADMIN']})}.{signature}") == "token_invalid"
    assert refusal(tokens, f"Bearer {head}.{body}.{signature[:-4]}AAAA") == "token_invalid"
    other = jwt.encode(claims, "another secret of thirty-two bytes or more", algorithm="HS256")
    assert refusal(tokens, f"Bearer {other}") == "token_invalid"


def test_a_token_without_a_signature_is_invalid(tokens: Tokens) -> None:
    claims = jwt.decode(token(), options={"verify_signature": False})
    assert refusal(tokens, f"Bearer {part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.") == "token_invalid"
    assert refusal(tokens, f"Bearer {jwt.encode(claims, '', algorithm='none')}") == "token_invalid"


def test_another_algorithm_is_invalid_even_with_the_right_secret(tokens: Tokens) -> None:
    claims = jwt.decode(token(), options={"verify_signature": False})
    long_enough = Tokens(Settings(jwt_secret=SecretStr(SECRET * 2)), ManualClock(NOON))
    assert refusal(long_enough, f"Bearer {jwt.encode(claims, SECRET * 2, algorithm='HS512')}") == "token_invalid"
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert refusal(tokens, f"Bearer {jwt.encode(claims, pem, algorithm='RS256')}") == "token_invalid"


@pytest.mark.parametrize("given", ["x", "a.b.c", "a.b", "é.é.é", "x" * 9_000])
def test_what_is_no_token_is_invalid(tokens: Tokens, given: str) -> None:
    assert refusal(tokens, f"Bearer {given}") == "token_invalid"


def test_a_short_secret_is_refused_at_the_start(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Tokens(Settings(jwt_secret=SecretStr("short")), clock)
