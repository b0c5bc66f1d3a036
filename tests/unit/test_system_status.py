"""How the server says it stands, to those who run it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ledger.api.standing import FRESH_S, Health
from tests.support.doors import Bench, edge, graphql_code

STATUS = """{ systemStatus { condition serverVersion at checks { name condition detail }
  partitions { topic partition head epoch host }
  projections { name state failure lagEvents lagSeconds deadLetters
    partitions { topic partition applied lagEvents } } } }"""


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as bench:
        yield bench


async def test_it_says_where_the_log_and_the_read_models_stand(bench: Bench) -> None:
    await bench.active_card()
    shown = (await bench.graphql(STATUS))["data"]["systemStatus"]
    assert shown["condition"] == "OK"
    assert shown["checks"] == [{"name": "log", "condition": "OK", "detail": None}]
    cards = [each for each in shown["partitions"] if each["topic"] == "medcard"]
    assert sum(each["head"] for each in cards) == 2
    assert {each["host"] for each in shown["partitions"]} == {"host-0"}
    [medcards] = shown["projections"]
    assert (medcards["name"], medcards["state"], medcards["lagEvents"]) == ("medcards", "RUNNING", 0)


async def test_what_is_not_applied_yet_is_the_lag_and_a_paused_projection_is_no_good_sign(bench: Bench) -> None:
    await bench.active_card()
    await bench.reads.projections()
    bench.reads.frozen = True
    await bench.post("/api/v1/medcards/medcard-456/suspend")
    shown = (await bench.graphql(STATUS))["data"]["systemStatus"]
    [medcards] = shown["projections"]
    assert (shown["condition"], medcards["state"], medcards["lagEvents"]) == ("DEGRADED", "PAUSED", 1)
    assert [each["lagEvents"] for each in medcards["partitions"] if each["applied"]] == [1]


async def test_a_projection_that_makes_no_headway_says_why_as_its_projector_does(bench: Bench) -> None:
    await bench.active_card()
    facts = {"medcards": {"failure": "halted: Gap: 7 is missing", "lagS": 12.5, "behind": 3}}
    bench.health.found["projector"] = Health(False, 1.0, "medcards: halted: Gap: 7 is missing", facts)
    shown = (await bench.graphql(STATUS))["data"]["systemStatus"]
    assert shown["condition"] == "DEGRADED"
    assert [each["condition"] for each in shown["checks"]] == ["OK", "DEGRADED"]
    [medcards] = shown["projections"]
    assert (medcards["state"], medcards["failure"], medcards["lagSeconds"]) == (
        "FAILING",
        "halted: Gap: 7 is missing",
        12.5,
    )


async def test_all_who_ask_within_a_second_get_one_look(bench: Bench) -> None:
    await asyncio.gather(*(bench.graphql(STATUS) for _ in range(20)))
    assert bench.reads.questions["projections"] == 1
    bench.clock.advance(timedelta(seconds=FRESH_S))
    await bench.graphql(STATUS)
    assert bench.reads.questions["projections"] == 2


@pytest.mark.parametrize("role", ["PHARMACY", "PROVIDER", "INSURER", "MEMBER", "SERVICE"])
async def test_it_is_not_for_everybody(bench: Bench, role: str) -> None:
    assert graphql_code(await bench.graphql(STATUS, role=role)) == "forbidden"
    assert "projections" not in bench.reads.questions


@pytest.mark.parametrize("role", ["ADMIN", "OPERATOR", "APPROVER", "AUDITOR"])
async def test_it_is_for_those_who_run_the_server_and_those_who_audit_it(bench: Bench, role: str) -> None:
    assert "errors" not in await bench.graphql(STATUS, role=role)


async def test_rest_says_the_same(bench: Bench) -> None:
    await bench.active_card()
    shown = (await bench.get("/api/v1/system/status")).json()
    whole = STATUS.replace("condition detail", "condition latencyMs detail")
    assert shown == (await bench.graphql(whole))["data"]["systemStatus"]
