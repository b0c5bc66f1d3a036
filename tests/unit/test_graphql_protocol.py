"""What GraphQL is as a protocol: its limits, its errors, what it shows of itself."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query, print_schema

from ledger.api.commands import COMMANDS
from ledger.api.documents import SCHEMA, documents
from ledger.api.graphql.door import GraphQLDoor
from ledger.api.rights import QUERY_RIGHTS
from tests.support.doors import CARD, Bench, edge, graphql_code, token

REST_ALONE = {"auditLog", "terminals"}
"""Queries that GraphQL does not have, or has as a field of another object, as a pharmacy's terminals."""
GRAPHQL_ALONE = {"medCardAt"}
"""Fields that stand behind the right to another query."""


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


async def test_without_a_token_there_is_no_graphql(bench: Bench) -> None:
    refused = await bench.client.post("/graphql", json={"query": "{ __typename }"})
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")


async def test_depth_and_fields_are_bounded_through_fragments_and_aliases() -> None:
    async with edge(graphql_depth_max=4, graphql_fields_max=20) as bench:
        card = '{ medCard(id: "x") { %s } }'
        deep = 'query { prescriptionClaims(medCardId: "x") { edges { node { ...I } } } } fragment I on PrescriptionClaim { items { drugCode } }'  # noqa: E501
        assert graphql_code(await bench.graphql(deep)) == "query_too_deep"
        wide = card % " ".join(f"a{number}: status" for number in range(20))
        assert graphql_code(await bench.graphql(wide)) == "query_too_large"
        bombs = " ".join(f"fragment F{n} on MedCard {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
        exponential = (card % "...F0") + bombs + " fragment F60 on MedCard { status }"
        assert graphql_code(await bench.graphql(exponential)) == "query_too_large"
        cyclic = (card % "...A") + " fragment A on MedCard { ...B } fragment B on MedCard { ...A }"
        assert graphql_code(await bench.graphql(cyclic)) == "invalid_request"
        assert graphql_code(await bench.graphql(card % "holder { name }")) == "card_not_found"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"query":5}', b"{", b'{"query":"{"}', b'{"query":"{ nothing }"}'])
async def test_what_is_no_request_is_a_400(bench: Bench, body: bytes) -> None:
    assert (await bench.post("/graphql", body)).status_code == 400


async def test_a_wrong_variable_is_named_without_its_inside(bench: Bench) -> None:
    answer = await bench.graphql("query ($n: Int) { medCards(first: $n) { nodes { medCardId } } }", '{"n": 1.5}')
    assert graphql_code(answer) == "invalid_request"


async def test_introspection_and_playground_can_be_closed(bench: Bench) -> None:
    page = await bench.client.get("/graphql")
    assert page.headers["content-type"].startswith("text/html")
    assert "http" not in page.text
    schema = "{ __schema { types { fields { type { ofType { ofType { ofType { name } } } } } } } }"
    assert "errors" not in await bench.graphql(schema)
    async with edge(playground=False) as closed:
        assert (await closed.client.get("/graphql")).status_code == 405
        assert graphql_code(await closed.graphql(schema)) == "introspection_disabled"
        typo = await closed.graphql('{ medCard(id: "x") { statu } }')
        assert "status" not in typo["errors"][0]["message"]


async def test_the_introspection_that_clients_are_made_from_is_answered(bench: Bench) -> None:
    answer = await bench.graphql(get_introspection_query())
    assert print_schema(build_client_schema(answer["data"])) == documents()[SCHEMA].rstrip("\n")


async def test_documents_are_prepared_once_and_the_cache_is_bounded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[str] = []
    original = GraphQLDoor._prepare_anew

    def counted(door: GraphQLDoor, text: str) -> Any:
        prepared.append(text)
        return original(door, text)

    monkeypatch.setattr(GraphQLDoor, "_prepare_anew", counted)
    for _ in range(3):
        await bench.graphql("{ __typename }")
    assert len(prepared) == 1


async def test_every_command_and_query_has_its_field(bench: Bench) -> None:
    answer = await bench.graphql("{ __schema { queryType { fields { name } } mutationType { fields { name } } } }")
    schema = answer["data"]["__schema"]
    assert {each["name"] for each in schema["mutationType"]["fields"]} == {
        name for name, row in COMMANDS.items() if not row.terminal_only
    }
    assert {each["name"] for each in schema["queryType"]["fields"]} == (set(QUERY_RIGHTS) - REST_ALONE) | GRAPHQL_ALONE


async def test_the_token_of_one_caller_is_not_anothers(bench: Bench) -> None:
    await bench.active_card()
    for user, code in (("user-123", None), ("user-999", "card_not_found")):
        headers = {"authorization": f"Bearer {token('MEMBER', user_id=user)}"}
        answer = (
            await bench.client.post(
                "/graphql", json={"query": '{ medCard(id: "medcard-456") { status } }'}, headers=headers
            )
        ).json()
        assert (graphql_code(answer) if "errors" in answer else None) == code


async def test_many_definitions_are_refused_before_they_are_compared(bench: Bench) -> None:
    fragments = " ".join(f"fragment F{n} on MedCard {{ id }}" for n in range(300))
    spread = " ".join(f"...F{n}" for n in range(300))
    refused = await bench.graphql(f'{{ medCard(id: "a") {{ {spread} }} }} {fragments}')
    assert refused["errors"][0]["extensions"]["code"] == "query_too_large"


async def test_an_error_about_a_variable_does_not_repeat_it(bench: Bench) -> None:
    query = "mutation($input: CreateMedCardInput!) { createMedCard(input: $input) { success } }"
    refused = await bench.graphql(query, '{"input": {"primaryHolder": {"nationalId": "29001150123456"}, "odd": 1}}')
    assert "29001150123456" not in json.dumps(refused)


async def test_a_deep_value_in_place_of_an_amount_is_no_number(bench: Bench) -> None:
    deep: object = 1
    for _ in range(700):
        deep = [deep]
    query = "mutation($input: CreateMedCardInput!) { createMedCard(input: $input) { errors { code } } }"
    given = {**CARD, "monthlyLimit": deep}
    done = await bench.graphql(query, json.dumps({"input": given}))
    assert done["data"]["createMedCard"]["errors"] == [{"code": "invalid_amount"}]


async def test_a_variable_that_is_given_twice_is_refused(bench: Bench) -> None:
    body = '{"query":"query($id: ID!) { medCard(id: $id) { id } }","variables":{"id":"a","id":"b"}}'
    refused = await bench.post("/graphql", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")
    assert "'id' stands twice" in refused.json()["detail"]
