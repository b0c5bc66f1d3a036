"""Every role, every query, both doors: of things of its own, and of somebody else's."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

import asyncpg
import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type, is_object_type

from ledger.api.graphql.door import executable_schema
from ledger.api.rights import SECOND_EYES
from ledger.auditing import AuditFilter
from ledger.messages.commands import Caller
from ledger.reads import Page
from tests.support.doors import Bench
from tests.support.every_door import input_of, mutation_of
from tests.support.every_query import (
    OURS,
    QUESTIONS,
    THEIRS,
    Ids,
    Question,
    asked_by_graphql,
    asked_by_rest,
    furnished,
    with_key,
)
from tests.support.every_row import EXAMPLES, Side, prepared
from tests.support.postgres_reads import followed_edge
from tests.support.rights_matrix import DONE, FORBIDDEN, NOT_FOUND, NOTHING, ROLES, cells, who

pytestmark = pytest.mark.postgres

CELLS = cells("queries")
Ask = Callable[..., Awaitable[httpx.Response]]


@dataclass
class World:
    """Everything twice, and for each role a command that it may ask about."""

    bench: Bench
    ours: Mapping[str, Ids]
    theirs: Ids


def claims_of(role: str, *scope: str) -> dict[str, str]:
    ids = {} if role == "SCOPED" else OURS.claims
    return {**who(role, *scope), "sub": f"sub-{role}", **ids}


@pytest.fixture
async def world(emptied_pool: asyncpg.Pool) -> AsyncIterator[World]:
    async with followed_edge(emptied_pool) as bench:
        ours, theirs = await furnished(bench, OURS), await furnished(bench, THEIRS)
        keys = {}
        for role in ROLES:
            claims = claims_of(role)
            caller = Caller(claims["sub"], "ADMIN", terminal_id=claims.get("terminal_id"))
            keys[role] = await with_key(bench, OURS, caller)
        foreign = await with_key(bench, THEIRS, Caller("somebody", "ADMIN"))
        yield World(bench, {role: {**ours, "key": keys[role]} for role in ROLES}, {**theirs, "key": foreign})


def outcome_of(answer: httpx.Response, shows: str) -> str:
    """In the table's letters; else the code, which stands in no cell."""
    result: dict[str, Any] = answer.json()
    if answer.status_code == 200 and "errors" not in result:
        return DONE if shows in answer.text else NOTHING
    code: str = result["errors"][0]["extensions"]["code"] if "data" in result else result["code"]
    if code.endswith("_not_found"):
        return NOT_FOUND
    return FORBIDDEN if code == "forbidden" else code


async def wrong_cells(world: World, question: Question, ask: Ask) -> list[str]:
    wrong = []
    for cell in CELLS[str(question)]:
        claims = claims_of(cell.role, *question.scopes)
        for whose, ids, expected in (
            ("own", world.ours[cell.role], cell.own),
            ("another's", world.theirs, cell.other),
        ):
            answer = await ask(world.bench, question, ids, **claims)
            found = outcome_of(answer, Template(question.shows).substitute(ids))
            if found != expected:
                wrong.append(f"{question} by {cell.role}, {whose}: {found} instead of {expected}: {answer.text[:200]}")
    return wrong


async def test_a_query_shows_each_role_what_the_contract_says_over_rest(world: World) -> None:
    asked = [question for question in QUESTIONS if question.rest]
    wrongs = [wrong for question in asked for wrong in await wrong_cells(world, question, asked_by_rest)]
    assert not wrongs, "\n".join(wrongs)


async def test_a_query_shows_each_role_what_the_contract_says_over_graphql(world: World) -> None:
    asked = [question for question in QUESTIONS if question.graphql]
    wrongs = [wrong for question in asked for wrong in await wrong_cells(world, question, asked_by_graphql)]
    assert not wrongs, "\n".join(wrongs)


# What stands inside of something else.

NESTED = {
    ("MedCard", "beneficiaries"): ("medCard", "medCard(id: $id) { id beneficiaries { person { name } } }", "card"),
    ("MedCard", "monthlySpend"): ("medCard", "medCard(id: $id) { id monthlySpend { covered } }", "card"),
    ("Wallet", "balance"): ("wallet", "wallet(id: $id) { id balance { balance } }", "wallet"),
    ("Pharmacy", "terminals"): ("pharmacy", "pharmacy(id: $id) { id terminals { terminalId } }", "pharmacy"),
    ("Pharmacy", "totals"): ("pharmacy", "pharmacy(id: $id) { id totals { covered } }", "pharmacy"),
}
"""Fields that are queries of their own: by type and name, what they stand in, asked how, of what."""
RIGHT = {"balance": "walletBalance", "totals": "pharmacyTotals"}
"""The query that a field stands for, where it has not its name."""


@pytest.mark.parametrize("place", NESTED, ids=".".join)
async def test_what_stands_inside_of_something_needs_its_own_right(world: World, place: tuple[str, str]) -> None:
    outer, text, kind = NESTED[place]
    inner = place[1]
    query = {"query": f"query ($id: ID!) {{ it: {text} }}", "variables": {"id": world.theirs[kind]}}
    right = RIGHT.get(inner, inner)
    refused = (await world.bench.post("/graphql", query, "SERVICE", scope=outer)).json()
    assert refused["data"]["it"] == {"id": world.theirs[kind], inner: None}
    [error] = refused["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("forbidden", ["it", inner])
    shown = (await world.bench.post("/graphql", query, "SERVICE", scope=f"{outer} {right}")).json()
    assert "errors" not in shown
    assert shown["data"]["it"][inner]


async def test_a_list_of_things_with_a_forbidden_inside_is_one_line_of_the_audit_trail(world: World) -> None:
    query = {"query": "{ medCards { nodes { id beneficiaries { relation } } } }"}
    refused = (await world.bench.post("/graphql", query, "SERVICE", scope="medCards", sub="prying")).json()
    assert len(refused["errors"]) == len(refused["data"]["medCards"]["nodes"]) == 2
    noted = await world.bench.trail.records(AuditFilter(who="prying"), Page(10))
    assert {(record.what, record.outcome) for record in noted} == {("medCards", "ok"), ("beneficiaries", "forbidden")}
    assert len(noted) == 2


def object_of(command: str) -> str | None:
    """The field of a command's payload that shows the object which it changed."""
    mutation = executable_schema().mutation_type
    assert mutation is not None
    payload = get_named_type(mutation.fields[command].type)
    assert isinstance(payload, GraphQLObjectType)
    return next((name for name, field in payload.fields.items() if is_object_type(field.type)), None)


async def test_a_mutation_shows_what_it_changed_to_whoever_may_ask_for_it(world: World) -> None:
    """A SERVICE that may give the command, and no more, has it done and is shown nothing."""
    told, asked = {}, 0
    for number, example in enumerate(EXAMPLES):
        shown = None if example.row.terminal_only else object_of(example.command)
        if shown is None or example.command in NOT_AVAILABLE_YET | SECOND_EYES:
            continue
        asked += 1
        request = await prepared(world.bench, example, Side(f"shown-{number}"))
        text = mutation_of(example.command).replace("success ", f"success {shown} {{ __typename }} ")
        body = {"query": text, "variables": {"input": input_of(request)}}
        answer = (await world.bench.post("/graphql", body, "SERVICE", scope=example.command)).json()
        payload = answer["data"][example.command]
        codes = [(error["extensions"]["code"], error["path"]) for error in answer.get("errors", ())]
        if (payload["success"], payload[shown], codes) != (True, None, [("forbidden", [example.command, shown])]):
            told[str(example)] = answer
    assert (told, asked > 30) == ({}, True)


NOT_AVAILABLE_YET = {"initiatePayment", "refundPayment", "transfer"}
