"""Everything that can be wrong with a query, through both doors, on a real PostgreSQL: a named error."""

import itertools
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import asyncpg
import msgspec
import pytest
from graphql import (
    GraphQLField,
    GraphQLInputType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_non_null_type,
)

from ledger.api.graphql.door import executable_schema
from ledger.api.queries.inputs import CardsInput, ListInput
from ledger.api.queries.paging import cursor_at
from ledger.api.rest.routes import QueryRoute
from ledger.api.rest.table import COMMAND_ROUTES, QUERY_ROUTES
from tests.support.bad_values import DEEP, HALF_PAIR, HOSTILE, NO_CHOICE, NO_DAY, NO_MOMENT, NO_OBJECT, NUL, wrong_words
from tests.support.doors import CARD, HOLDER, NOON, Bench, code_of
from tests.support.postgres_reads import followed_edge
from tests.support.raw_http import raw
from tests.support.wallet_doors import ONE, open_wallet

pytestmark = pytest.mark.postgres


@pytest.fixture
async def bench(emptied_pool: asyncpg.Pool) -> AsyncIterator[Bench]:
    async with followed_edge(emptied_pool, trail_records_max=100_000) as made:
        yield made


def filled(route: QueryRoute) -> str:
    """The route's path, of what there is not."""
    return re.sub(r"{\w+}", "nothing", route.path)


async def test_whatever_is_wrong_in_a_query_string_is_named_at_its_place(bench: Bench) -> None:
    faults = []
    for route in QUERY_ROUTES:
        for field in msgspec.structs.fields(route.input):
            for word in wrong_words(field.type):
                name = field.encode_name
                answer = await bench.get(f"{filled(route)}?{urlencode({name: word})}")
                pointers = {each["pointer"] for each in answer.json().get("errors", ())}
                if code_of(answer, 400) != "invalid_request" or f"/{name}" not in pointers:
                    faults.append((route.query, name, word, answer.text))
    assert faults == []


async def test_a_query_string_that_is_none_is_named(bench: Bench) -> None:
    none = ("limit=1&limit=2", "a=%ff", "a=%00", "%00=1", "a=%ed%a0%80", "&".join(f"a{n}=1" for n in range(21)))
    for route in QUERY_ROUTES:
        for text in (*none, "colour=red", "a=" + "x" * 50_000):
            answer = await bench.get(f"{filled(route)}?{text}")
            assert code_of(answer, 400) in ("invalid_request", "unknown_field"), (route.query, text)


def cursors() -> Iterator[str]:
    """Of another query, of another list of it, forged, and no cursors at all."""
    yield cursor_at("somethingElse", ListInput(), NOON, "x")
    yield cursor_at("medCards/other", CardsInput(user_id="u"), NOON, "x")
    for evil in ("'; DROP TABLE x; --", "\0", "x" * 200, "../.."):
        yield cursor_at("medCards", CardsInput(), NOON, evil)
    for forged in ({}, [], ["medCards"], ["medCards", {}, "then", "x"], ["medCards", {"limit": "\0"}, NOON, "x"]):
        yield urlsafe_b64encode(msgspec.json.encode(forged)).decode().rstrip("=")
    yield from ("", "x", "====", "é", "\0", "eyJ", "-" * 1_024, "A" * 5_000, *HOSTILE)


LISTS = [route for route in QUERY_ROUTES if "cursor" in {each.name for each in msgspec.structs.fields(route.input)}]


async def test_a_cursor_of_another_list_is_none_of_this(bench: Bench) -> None:
    for route, cursor in itertools.product(LISTS, cursors()):
        answer = await bench.get(f"{filled(route)}?{urlencode({'cursor': cursor})}")
        assert code_of(answer, 400) == "invalid_request", (route.query, cursor)
        pointers = {each["pointer"] for each in answer.json()["errors"]}
        assert pointers == {"/cursor"}
        field = FIELDS.get(route.query)
        if field is not None and "after" in field.args:
            asked = await asked_with(bench, route.query, field, "after", json.dumps(cursor))
            assert asked["errors"][0]["extensions"]["code"] == "invalid_request", (route.query, cursor)


async def test_a_hostile_text_is_found_in_the_read_models_as_it_was_written(bench: Bench) -> None:
    """As a value that is kept, and as one that is asked for."""
    await open_wallet(bench)
    for number, text in enumerate(HOSTILE):
        entry = {"id": f"ph-{number}", "name": text, "governorate": text, "licence": text[:64]}
        assert (await bench.post("/api/v1/pharmacies", entry)).status_code == 201
        found = (await bench.get(f"/api/v1/pharmacies?{urlencode({'governorate': text})}")).json()["items"]
        assert [(each["id"], each["name"], each["licence"]) for each in found] == [(f"ph-{number}", text, text[:64])]
        credit = {"amount": "1", "source": "cash-desk", "reference": text, "transactionId": f"t-{number}"}
        assert (await bench.post(f"{ONE}/credits", credit)).status_code == 200
        card = {**CARD, "id": f"card-{number}", "primaryHolder": {**HOLDER, "name": text}}
        assert (await bench.post("/api/v1/medcards", card)).status_code == 201
        assert (await bench.get(f"/api/v1/medcards/card-{number}")).json()["holder"]["name"] == text
        assert (await bench.get(f"/api/v1/audit?{urlencode({'who': text})}")).json()["items"] == []
    posted = (await bench.get(f"{ONE}/transactions")).json()["items"]
    assert {each["reference"] for each in posted} == set(HOSTILE)


# GraphQL's arguments.

NO_ID = ("1.5", "true", "[]", "{}", "1e400", NUL, HALF_PAIR, DEEP)
NO_NUMBER = ('"5"', "1.5", "1e400", "9" * 40, "-1", "true", "[]", '"NaN"')
_BY_NAME = {"ID": NO_ID, "String": (*NO_ID, "5"), "Int": NO_NUMBER, "Date": NO_DAY, "DateTime": NO_MOMENT}
FIELDS = executable_schema().query_type.fields  # type: ignore[union-attr]


def good(kind: GraphQLInputType) -> Any:
    """A value for an argument that must be there."""
    one: Any = get_nullable_type(kind)
    if is_enum_type(one):
        return next(iter(one.values))
    if is_input_object_type(one):
        return {name: good(field.type) for name, field in one.fields.items() if is_non_null_type(field.type)}
    return "2026-11-23T10:00:00Z" if one.name == "DateTime" else "nothing"


def wrong(kind: GraphQLInputType) -> Iterator[str]:
    """JSON texts that are no value of a type."""
    one: Any = get_nullable_type(kind)
    if is_non_null_type(kind):
        yield "null"
    if is_enum_type(one):
        yield from NO_CHOICE
    elif is_input_object_type(one):
        yield from (value for value in NO_OBJECT if value != "[]")
        yield '{"odd": 1}'
        for name, field in one.fields.items():
            yield from (json.dumps({**good(one), name: "@"}).replace('"@"', each) for each in wrong(field.type))
    else:
        yield from _BY_NAME[one.name]


async def asked_with(bench: Bench, name: str, field: GraphQLField, argument: str, value: str) -> Any:
    """The answer to a query with good values for what it needs, and this JSON for one argument."""
    needed = {each: arg for each, arg in field.args.items() if each == argument or is_non_null_type(arg.type)}
    declared = ", ".join(f"${each}: {arg.type}" for each, arg in needed.items())
    passed = ", ".join(f"{each}: ${each}" for each in needed)
    shown = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
    others = {each: good(arg.type) for each, arg in needed.items() if each != argument}
    variables = json.dumps({**others, argument: "@@"}).replace('"@@"', value)
    body = f'{{"query": {json.dumps(f"query ({declared}) {{ {name}({passed}){shown} }}")}, "variables": {variables}}}'
    answer = await bench.post("/graphql", body)
    assert answer.status_code in (200, 400), answer.text
    result = answer.json()
    return result if "errors" in result and "code" not in result else {"errors": [{"extensions": result}]}


async def test_whatever_is_wrong_in_an_argument_is_named_by_graphql(bench: Bench) -> None:
    faults = []
    asked = [(name, each, arg.type) for name, field in FIELDS.items() for each, arg in field.args.items()]
    for name, argument, kind in asked:
        for value in wrong(kind):
            result = await asked_with(bench, name, FIELDS[name], argument, value)
            assert " object at 0x" not in json.dumps(result)
            code = result["errors"][0]["extensions"].get("code")
            if code != "invalid_request" and not (code == "unknown_field" and "odd" in value):
                faults.append((name, argument, value[:60], result))
    assert faults == []


# Ids in paths.

TRICKS = (
    *(
        "..",
        "%2e%2e",
        ".",
        "a%2Fb",
        "%2F",
        "..%2F..%2Fetc",
        "a%5Cb",
        "%00",
        "a%00b",
        "%0d%0aX-Evil:%201",
        "%ff",
        "%C0%80",
    ),
    *("%ED%A0%80", "%C3%A9", "%F0%9F%98%80", "%E2%80%AE", "a%20b", "a;b", "a%3Fb", "a%23b", "", "x" * 65, "x" * 5_000),
    *(quote(text) for text in HOSTILE),
)


async def test_a_trick_in_a_path_leads_nowhere(bench: Bench) -> None:
    before = await bench.log.heads()
    routes = [("GET", route.path) for route in QUERY_ROUTES]
    for method, path in [*((route.method, route.path) for route in COMMAND_ROUTES), *routes]:
        for parameter, trick in itertools.product(re.findall(r"{\w+}", path), TRICKS):
            asked = re.sub(r"{\w+}", "nothing", path.replace(parameter, trick))
            answer = await raw(bench.app, method, asked)
            assert answer.status in (400, 404, 405) or (answer.status, method) == (200, "GET"), (asked, answer)
            assert answer.status == 200 or answer.code
            assert "x-evil" not in answer.headers
    assert await bench.log.heads() == before
