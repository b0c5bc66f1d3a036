"""Keys that an issuer publishes: rotation without a restart, and nothing that a forger could use."""

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pydantic import ValidationError

from ledger.api.auth import Tokens
from ledger.api.errors import Problem
from ledger.api.signing_keys import ASK_AGAIN_AFTER_S, PublishedKeys
from ledger.clocks import ManualClock
from ledger.keys.issuer import fetcher_of
from tests.support.doors import NOON, SECRET, settings_for

REFRESH_AFTER_S = 300.0
CLAIMS = {
    "sub": "clerk",
    "roles": ["OPERATOR"],
    "iss": "healthpay-ledger",
    "aud": "healthpay-ledger",
    "nbf": NOON - timedelta(hours=1),
    "exp": NOON + timedelta(hours=10),
}


class Issuer:
    """Signs, and publishes what it wants published."""

    def __init__(self) -> None:
        self.private: dict[str, tuple[Any, str]] = {}
        self.published: list[dict[str, Any]] = []
        self.asked = 0
        self.away = False

    def make(self, key_id: str, algorithm: str) -> None:
        key: Any = {
            "RS256": lambda: rsa.generate_private_key(public_exponent=65_537, key_size=2_048),
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }[algorithm]()
        self.private[key_id] = (key, algorithm)
        public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
        self.published.append({**public, "kid": key_id, "use": "sig"})

    def withdraw(self, key_id: str) -> None:
        self.published = [key for key in self.published if key["kid"] != key_id]

    def sign(self, key_id: str, **claims: Any) -> str:
        key, algorithm = self.private[key_id]
        return "Bearer " + jwt.encode({**CLAIMS, **claims}, key, algorithm=algorithm, headers={"kid": key_id})

    async def fetch(self) -> bytes:
        self.asked += 1
        if self.away:
            raise OSError("nobody there")
        return json.dumps({"keys": self.published}).encode()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def tokens(issuer: Issuer, clock: ManualClock) -> Tokens:
    return Tokens(settings_for(), PublishedKeys(issuer.fetch, clock, REFRESH_AFTER_S), clock)


async def refusal(tokens: Tokens, authorization: str) -> str:
    with pytest.raises(Problem) as caught:
        await tokens.caller_of(authorization)
    return caught.value.code


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_a_token_of_the_issuer_is_taken(tokens: Tokens, issuer: Issuer, algorithm: str) -> None:
    issuer.make("k1", algorithm)
    assert (await tokens.caller_of(issuer.sign("k1"))).principal == "clerk"


async def test_a_new_key_is_found_when_the_first_token_names_it(
    tokens: Tokens, issuer: Issuer, clock: ManualClock
) -> None:
    issuer.make("k1", "ES256")
    await tokens.caller_of(issuer.sign("k1"))
    issuer.make("k2", "ES256")
    clock.advance(timedelta(seconds=ASK_AGAIN_AFTER_S))
    assert (await tokens.caller_of(issuer.sign("k2"))).principal == "clerk"


async def test_a_withdrawn_key_ends_its_tokens_also_those_in_the_cache(
    tokens: Tokens, issuer: Issuer, clock: ManualClock
) -> None:
    issuer.make("k1", "ES256")
    issuer.make("k2", "ES256")
    given = issuer.sign("k1")
    await tokens.caller_of(given)
    issuer.withdraw("k1")
    clock.advance(timedelta(seconds=REFRESH_AFTER_S))
    await tokens.caller_of(issuer.sign("k2"))
    for _ in range(5):  # the keys are asked for in the background
        await asyncio.sleep(0)
    assert issuer.asked == 2
    assert await refusal(tokens, given) == "token_invalid"


async def test_unknown_key_ids_do_not_make_us_ask_without_end(tokens: Tokens, issuer: Issuer) -> None:
    issuer.make("k1", "ES256")
    await tokens.caller_of(issuer.sign("k1"))
    issuer.private["k9"] = issuer.private["k1"]
    assert [await refusal(tokens, issuer.sign("k9", sub=str(n))) for n in range(50)] == ["token_invalid"] * 50
    assert issuer.asked == 1


async def test_keys_stay_in_force_while_the_issuer_is_away(tokens: Tokens, issuer: Issuer, clock: ManualClock) -> None:
    issuer.make("k1", "ES256")
    await tokens.caller_of(issuer.sign("k1"))
    issuer.away = True
    clock.advance(timedelta(seconds=REFRESH_AFTER_S))
    assert (await tokens.caller_of(issuer.sign("k1", sub="other"))).principal == "other"


async def test_without_any_key_the_door_is_unavailable_and_says_so(tokens: Tokens, issuer: Issuer) -> None:
    issuer.make("k1", "ES256")
    issuer.away = True
    assert await refusal(tokens, issuer.sign("k1")) == "unavailable"


def forms_of(public: Any, published: dict[str, Any]) -> list[bytes]:
    """What a forger may take for the secret: every form in which the public key is about."""
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    parts = [published[name] for name in ("n", "x", "y") if name in published]
    plain = [part.encode() for part in parts] + [jwt.utils.base64url_decode(part) for part in parts]
    return [pem, pem.strip(), der, json.dumps(published).encode(), *plain, b""]


@pytest.mark.parametrize("named", ["k1", None])
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_a_token_signed_with_the_public_key_as_a_secret_is_invalid(
    tokens: Tokens, issuer: Issuer, algorithm: str, named: str | None
) -> None:
    issuer.make("k1", algorithm)
    await tokens.caller_of(issuer.sign("k1"))
    claims = {**CLAIMS, "nbf": CLAIMS["nbf"].timestamp(), "exp": CLAIMS["exp"].timestamp()}  # type: ignore[attr-defined]
    for secret in forms_of(issuer.private["k1"][0].public_key(), issuer.published[0]):
        for forged_with, name in ((hashlib.sha256, "HS256"), (hashlib.sha384, "HS384"), (hashlib.sha512, "HS512")):
            head = {"alg": name, "typ": "JWT", **({"kid": named} if named else {})}
            # PyJWT refuses to make such a token, so it is made by hand, as a forger would.
            signed = b".".join(jwt.utils.base64url_encode(json.dumps(part).encode()) for part in (head, claims))
            signature = jwt.utils.base64url_encode(hmac.new(secret, signed, forged_with).digest())
            assert await refusal(tokens, f"Bearer {(signed + b'.' + signature).decode()}") == "token_invalid"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, 5, "RS1", "ES256K"])
async def test_a_token_that_says_how_it_wants_to_be_verified_is_not_heeded(
    tokens: Tokens, issuer: Issuer, algorithm: Any
) -> None:
    issuer.make("k1", "ES256")
    _, body, signature = issuer.sign("k1").removeprefix("Bearer ").split(".")
    forged = jwt.utils.base64url_encode(json.dumps({"alg": algorithm, "kid": "k1"}).encode()).decode()
    for end in ("", signature):
        assert await refusal(tokens, f"Bearer {forged}.{body}.{end}") == "token_invalid"


@pytest.mark.parametrize("place", ["jwk", "jku", "x5u", "x5c"])
async def test_a_key_that_a_token_brings_along_is_not_used(tokens: Tokens, issuer: Issuer, place: str) -> None:
    issuer.make("k1", "ES256")
    forger = Issuer()
    forger.make("k1", "ES256")
    key, algorithm = forger.private["k1"]
    brought = {"jwk": forger.published[0], "x5c": ["AAAA"]}.get(place, "https://forger.example/keys")
    token = jwt.encode(CLAIMS, key, algorithm=algorithm, headers={"kid": "k1", place: brought})
    assert await refusal(tokens, f"Bearer {token}") == "token_invalid"


async def test_a_published_secret_is_no_key(tokens: Tokens, issuer: Issuer) -> None:
    issuer.make("k1", "ES256")
    secret = jwt.utils.base64url_encode(SECRET.encode()).decode()
    issuer.published.append({"kty": "oct", "kid": "s1", "k": secret, "use": "sig"})
    given = jwt.encode(CLAIMS, SECRET, algorithm="HS256", headers={"kid": "s1"})
    assert await refusal(tokens, f"Bearer {given}") == "token_invalid"


async def test_a_key_for_encryption_signs_nothing(tokens: Tokens, issuer: Issuer) -> None:
    issuer.make("k1", "ES256")
    issuer.make("k2", "ES256")
    issuer.published[1]["use"] = "enc"
    assert await refusal(tokens, issuer.sign("k2")) == "token_invalid"


MALFORMED = {
    "no point of the curve": {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
    "a part missing": {"kty": "RSA", "e": "AQAB"},
    "no base64": {"kty": "OKP", "crv": "Ed25519", "x": "***"},
    "a number for a text": {"kty": "RSA", "e": 5, "n": [1]},
    "no kind": {"use": "sig"},
    "a kid that is no text": {"kty": "RSA", "kid": 7},
    "no object": "key",
}


@pytest.mark.parametrize("wrong", MALFORMED)
async def test_a_malformed_key_takes_no_other_with_it(
    tokens: Tokens, issuer: Issuer, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.make("k1", "ES256")
    issuer.published.insert(0, MALFORMED[wrong])  # type: ignore[arg-type]
    assert (await tokens.caller_of(issuer.sign("k1"))).principal == "clerk"
    assert "malformed" in caplog.text


async def test_a_set_without_one_fit_key_leaves_those_in_force(
    tokens: Tokens, issuer: Issuer, clock: ManualClock
) -> None:
    issuer.make("k1", "ES256")
    await tokens.caller_of(issuer.sign("k1"))
    issuer.published = [{"kty": "RSA", "kid": "k1"}]
    clock.advance(timedelta(seconds=REFRESH_AFTER_S))
    assert (await tokens.caller_of(issuer.sign("k1", sub="one"))).principal == "one"
    for _ in range(5):
        await asyncio.sleep(0)
    assert (await tokens.caller_of(issuer.sign("k1", sub="two"))).principal == "two"


async def test_a_service_may_what_its_scopes_name(tokens: Tokens, issuer: Issuer) -> None:
    issuer.make("k1", "ES256")
    caller = await tokens.caller_of(issuer.sign("k1", roles=["SERVICE"], scope="claimPrescription medCard"))
    assert caller.scopes == ("claimPrescription", "medCard")
    clerk = await tokens.caller_of(issuer.sign("k1", scope="claimPrescription"))
    assert clerk.scopes == ()


@pytest.mark.parametrize("where", ["http://localhost.example/keys", "http://127.0.0.1@example/keys"])
def test_keys_do_not_come_in_the_clear_from_an_address_that_only_begins_like_this_machines(where: str) -> None:
    assert settings_for(jwt_jwks="http://localhost:8080/keys").jwt_jwks
    with pytest.raises(ValidationError, match="HEALTHPAY_JWT_JWKS"):
        settings_for(jwt_jwks=where)


async def test_an_issuer_that_speaks_no_http_is_one_that_is_away() -> None:
    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"no such protocol\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OSError, match="HTTP"):
            await fetcher_of(f"http://127.0.0.1:{port}/keys")()
