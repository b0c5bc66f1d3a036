"""What is wrong with a request before anybody looks at its command: its type, its size, its token, its document."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest

from ledger.api.decoding import SLOW_BYTES_MAX
from ledger.api.rest.batch import BATCH_COMMANDS_MAX
from ledger.api.rest.table import COMMAND_ROUTES
from tests.support.doors import CARD, CARDS_PATH, CLAIM, CLAIMS, NOON, SECRET, Bench, edge, token
from tests.support.every_door import mutation_of
from tests.support.raw_http import raw, usual_headers

MEGABYTES_10 = 10 * 1024 * 1024
BATCH = "/api/v1/batch"
DOORS = {
    "a command": ("POST", CLAIMS, CLAIM),
    "a query": ("GET", f"{CARDS_PATH}/medcard-456", ""),
    "a batch": ("POST", BATCH, '{"commands": [{"command": "closeMedCard", "key": "k", "id": "medcard-456"}]}'),
    "graphql": (
        "POST",
        "/graphql",
        json.dumps({"query": 'mutation { closeMedCard(input: {medCardId: "medcard-456"}) { success } }'}),
    ),
}
BODIES = [door for door in DOORS if door != "a query"]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        await made.active_card()
        yield made


# Sizes and types.


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("door", BODIES)
async def test_ten_megabytes_are_too_many_for_every_door(bench: Bench, door: str, declared: bool) -> None:
    method, path, _ = DOORS[door]
    before = await bench.log.heads()
    length = {"content-length": str(MEGABYTES_10)} if declared else {}
    parts = [b" " * 65_536] * (MEGABYTES_10 // 65_536)
    answer = await raw(bench.app, method, path, parts, usual_headers(**length))
    assert (answer.status, answer.code) == (413, "payload_too_large")
    assert await bench.log.heads() == before


@pytest.mark.parametrize("length", ["-1", "1e3", "abc", "0x10", "9" * 400, "²"])
async def test_a_length_that_is_none_is_not_believed(bench: Bench, length: str) -> None:
    answer = await raw(bench.app, "POST", CLAIMS, [b"{}"], usual_headers(**{"content-length": length}))
    assert answer.code in ("invalid_request", "payload_too_large")


TYPES = (
    *("text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"),
    *("application/json; charset=utf-16", "application/jsonp", "application/json, text/html", "*/*", "", "é"),
)


async def test_a_body_of_another_type_is_not_read(bench: Bench) -> None:
    before = await bench.log.heads()
    paths = [(route.method, route.path.replace("{", "").replace("}", "")) for route in COMMAND_ROUTES]
    for method, path in [*paths, ("POST", BATCH), ("POST", "/graphql")]:
        for kind in TYPES:
            answer = await raw(bench.app, method, path, [b"{}"], usual_headers(**{"content-type": kind}))
            assert (answer.status, answer.code) == (415, "unsupported_media_type"), (path, kind)
    assert await bench.log.heads() == before


async def test_ten_thousand_commands_are_no_batch(bench: Bench) -> None:
    members = [{"command": "createWallet", "key": f"k{n}", "body": {"userId": "u"}} for n in range(10_000)]
    before = await bench.log.heads()
    for sent in (members, members[: BATCH_COMMANDS_MAX + 1], []):
        refused = await bench.post(BATCH, {"commands": sent})
        assert refused.json()["code"] == "invalid_request"
        assert [each["pointer"] for each in refused.json()["errors"]] == ["/commands"]
    assert await bench.log.heads() == before


async def test_a_large_request_of_graphql_may_escape_its_letters(bench: Bench) -> None:
    """As many languages' encoders do by default; beyond a limit it is read beside the loop, as strictly."""
    item = {"drugCode": "D", "drugName": "د" * 150, "quantity": 1, "unitPrice": "1.00", "totalPrice": "1.00"}
    claim = {**json.loads(CLAIM), "medCardId": "medcard-456", "items": [item] * 200}
    body = json.dumps({"query": mutation_of("claimPrescription"), "variables": {"input": claim}})
    assert len(body) > SLOW_BYTES_MAX
    done = (await bench.post("/graphql", body)).json()
    assert done["data"]["claimPrescription"]["success"]
    twice = await bench.post("/graphql", body.replace('"quantity"', '"quantity": 1, "quantity"', 1))
    assert (twice.status_code, twice.json()["code"]) == (400, "invalid_request")


# Tokens.


def bad_tokens() -> Iterator[tuple[str, str, str]]:
    """What it is, the header, and the code of the refusal."""
    head, body, signature = token().split(".")
    claims: dict[str, Any] = jwt.decode(token(), options={"verify_signature": False})
    hour = timedelta(hours=1)
    yield "expired", f"Bearer {token(exp=NOON - timedelta(seconds=1))}", "token_expired"
    yield "not yet valid", f"Bearer {token(nbf=NOON + hour)}", "token_invalid"
    yield "another issuer", f"Bearer {token(iss='somebody')}", "token_invalid"
    yield "another audience", f"Bearer {token(aud='something')}", "token_invalid"
    yield "without an end", f"Bearer {token(exp=None)}", "token_invalid"
    yield "an end beyond all", f"Bearer {token(exp=10**18)}", "token_invalid"
    yield "no role", f"Bearer {token(roles=[])}", "token_invalid"
    yield "a made-up role", f"Bearer {token(roles=['ROOT'])}", "token_invalid"
    yield "no signature", f"Bearer {jwt.encode(claims, '', algorithm='none')}", "token_invalid"
    yield "another secret", f"Bearer {jwt.encode(claims, 'x' * 40, algorithm='HS256')}", "token_invalid"
    yield "another algorithm", f"Bearer {jwt.encode(claims, SECRET * 2, algorithm='HS512')}", "token_invalid"
    yield "the signature cut off", f"Bearer {head}.{body}.", "token_invalid"
    yield "another's claims", f"Bearer {head}.{token('MEMBER').split('.')[1]}.{signature}", "token_invalid"
    yield "one letter more", f"Bearer {head}.{body}.{signature}A", "token_invalid"
    for garbage in ("x", "..", "a.b.c", "é", "\x00", "x" * 100_000, "e30.e30.e30", f"{token()}.x", "null", "{}"):
        yield f"garbage {garbage[:10]!r}", f"Bearer {garbage}", "token_invalid"
    for no_bearer in ("", "Bearer", "Basic YTpi", token(), f"Token {token()}", f"Bearer\t{token()}"):
        yield f"no bearer {no_bearer[:10]!r}", no_bearer, "unauthenticated"


BAD_TOKENS = list(bad_tokens())


@pytest.mark.parametrize("door", DOORS)
async def test_a_token_that_is_none_opens_no_door(bench: Bench, door: str) -> None:
    method, path, body = DOORS[door]
    before = await bench.log.heads()
    for what, header, code in BAD_TOKENS:
        answer = await raw(bench.app, method, path, [body.encode()], usual_headers(authorization=header))
        assert (answer.status, answer.code) == (401, code), what
        assert answer.headers["www-authenticate"].startswith("Bearer")
    without = [pair for pair in usual_headers() if pair[0] != "authorization"]
    assert (await raw(bench.app, method, path, [body.encode()], without)).code == "unauthenticated"
    for second in (token(), token("MEMBER"), "x"):
        doubled = [*usual_headers(), ("authorization", f"Bearer {second}")]
        assert (await raw(bench.app, method, path, [body.encode()], doubled)).code == "invalid_request"
    assert await bench.log.heads() == before


# Documents of GraphQL.

_SELF = "fragment A on MedCard { ...A }"
_RING = "".join(f" fragment F{n} on MedCard {{ ...F{(n + 1) % 10} }}" for n in range(10))
_BOMB = "".join(f" fragment F{n} on MedCard {{ ...F{n + 1} ...F{n + 1} }}" for n in range(18)) + (
    " fragment F18 on MedCard { id }"
)
_CARD = 'medCard(id: "medcard-456")'
DOCUMENTS = {
    "depth 100": ("{" + "a {" * 100 + " b " + "}" * 100 + "}", {"query_too_deep"}),
    "depth 5,000": ("{" + "a {" * 5_000 + " b " + "}" * 5_000 + "}", {"query_too_deep", "invalid_request"}),
    "lists as deep": (f"{{ medCards(filter: {'[' * 3_000}{']' * 3_000}) {{ nodes {{ id }} }} }}", {"invalid_request"}),
    "1,000 aliases": ("{" + " ".join(f"a{n}: __typename" for n in range(1_000)) + "}", {"query_too_large"}),
    "1,000 times one field": (f"{{ {_CARD} {{ {'id ' * 1_000} }} }}", {"query_too_large"}),
    "1,000 directives": (f"{{ {_CARD} {{ id {'@include(if: true) ' * 1_000} }} }}", {"invalid_request"}),
    "1,000 unknown directives": (f"{{ {_CARD} {{ id {'@x ' * 1_000} }} }}", {"invalid_request"}),
    "10,000 directives": (f"{{ {_CARD} {{ id {'@skip(if: true) ' * 10_000} }} }}", {"invalid_request"}),
    "1,000 fragments": (
        f"{{ {_CARD} {{ id }} }}" + "".join(f" fragment F{n} on MedCard {{ id }}" for n in range(1_000)),
        {"query_too_large"},
    ),
    "1,000 aliases of things": (
        "{" + " ".join(f"a{n}: {_CARD} {{ id }}" for n in range(1_000)) + "}",
        {"invalid_request"},
    ),
    "1,000 operations": ("".join(f" query Q{n} {{ __typename }}" for n in range(1_000)), {"query_too_large"}),
    "a fragment in itself": (f"{{ {_CARD} {{ ...A }} }} {_SELF}", {"invalid_request"}),
    "fragments in a ring": (f"{{ {_CARD} {{ ...F0 }} }}{_RING}", {"invalid_request"}),
    "fragments that double": (f"{{ {_CARD} {{ ...F0 }} }}{_BOMB}", {"query_too_large"}),
    "1,000 inline fragments": ("{" + " ... on Query {" * 1_000 + "x" + "}" * 1_000 + "}", {"invalid_request"}),
    "1,000 variables": (
        f"query ({', '.join(f'$v{n}: Int' for n in range(1_000))}) {{ {_CARD} {{ id }} }}",
        {"invalid_request"},
    ),
    "a variable twice": (f"query ($a: ID!, $a: ID!) {{ {_CARD} {{ id }} }}", {"invalid_request"}),
    "an argument twice": ('{ medCard(id: "a", id: "b") { id } }', {"invalid_request"}),
    "a field of an input twice": (
        'mutation { closeMedCard(input: {medCardId: "medcard-456", medCardId: "b"}) { success } }',
        {"invalid_request"},
    ),
    "an operation that is not there": ("query A { systemIsFine }", {"invalid_request"}),
    "a subscription": ("subscription { x }", {"invalid_request"}),
    "a megabyte of blanks": (" " * 1_000_000, {"invalid_request"}),
    "a megabyte of comments": ("# x\n" * 200_000, {"invalid_request"}),
    "a string without an end": ('{ medCard(id: "x', {"invalid_request"}),
    "NUL": ("{ \x00 }", {"invalid_request"}),
    "half a pair in a text": ('{ medCard(id: "\\ud800") { id } }', {"invalid_request"}),
    "NUL in a text": ('{ medCard(id: "a\\u0000b") { id } }', {"card_not_found"}),
    "nothing": ("", {"invalid_request"}),
    "a type system": ("type Query { x: Int }", {"invalid_request"}),
}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_that_costs_too_much_or_means_nothing_is_refused(bench: Bench, name: str) -> None:
    text, codes = DOCUMENTS[name]
    before, began = await bench.log.heads(), time.process_time()
    answer = await bench.post("/graphql", {"query": text})
    result = answer.json()
    assert answer.status_code in (200, 400)
    assert (result.get("code") or result["errors"][0]["extensions"]["code"]) in codes, answer.text[:300]
    assert time.process_time() - began < 2.0
    assert len(answer.content) < 100_000
    assert await bench.log.heads() == before


# What stands in a path and means something to GraphQL alone.


@pytest.mark.parametrize("key", ["a/b", "a//b/", "/", "orders/7?x=1&y#z", "%2F", "../x", "é".encode().hex()])
async def test_a_key_with_slashes_is_found_by_both_doors(bench: Bench, key: str) -> None:
    made = await bench.post(CARDS_PATH, {**CARD, "id": "medcard-7"}, headers={"idempotency-key": key})
    assert made.status_code == 201
    named = "".join(f"%{byte:02X}" for byte in key.encode())
    found = await raw(bench.app, "GET", f"/api/v1/commands/{named}?topic=medcard&aggregate=medcard-7")
    assert (found.status, json.loads(found.body)["key"]) == (200, key)
    query = 'query ($key: String!) { commandStatus(topic: medcard, aggregateId: "medcard-7", key: $key) { key } }'
    shown = await bench.graphql(query, json.dumps({"key": key}))
    assert shown["data"]["commandStatus"] == {"key": key}
