"""What stands on the audit trail: refused logins, refused requests, reads of personal data, operators' commands."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ledger.api.observing import OF_ONE_ADDRESS_MAX
from ledger.auditing import AuditFilter
from ledger.reads import Page
from tests.support.doors import CARD, Bench, code_of, edge, graphql_code

CLAIMS = "/api/v1/medcards/medcard-456/claims/prescriptions"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


async def trail_of(bench: Bench) -> list[tuple[str, str, str, str]]:
    """(who, what, on what, outcome), oldest first."""
    records = await bench.trail.records(AuditFilter(), Page(1_000))
    return [(each.who, each.what, each.on_what, each.outcome) for each in reversed(records)]


async def test_an_operators_commands_are_on_the_trail_with_what_came_of_them(bench: Bench) -> None:
    await bench.post("/api/v1/medcards", CARD, role="OPERATOR", sub="clerk")
    await bench.post("/api/v1/medcards/none/activate", role="OPERATOR", sub="clerk")
    assert await trail_of(bench) == [
        ("clerk", "createMedCard", "medcard-456", "ok"),
        ("clerk", "activateMedCard", "none", "card_not_found"),
    ]


async def test_what_a_role_may_not_is_on_the_trail_whichever_door_it_came_through(bench: Bench) -> None:
    await bench.post("/api/v1/medcards", CARD, role="MEMBER", sub="ali")
    await bench.graphql('mutation { closeMedCard(input: {medCardId: "m-1"}) { success } }', role="MEMBER", sub="ali")
    await bench.graphql("{ medCards { nodes { id } } }", role="PROVIDER", sub="clinic")
    assert await trail_of(bench) == [
        ("ali", "createMedCard", "", "forbidden"),
        ("ali", "closeMedCard", "m-1", "forbidden"),
        ("clinic", "medCards", "", "forbidden"),
    ]


async def test_a_refused_login_is_on_the_trail_with_its_address(bench: Bench) -> None:
    await bench.client.get("/api/v1/medcards", headers={"authorization": "Bearer a.b.c"})
    await bench.client.get("/api/v1/medcards")
    [record] = await bench.trail.records(AuditFilter(), Page(10))
    assert (record.what, record.on_what, record.outcome) == ("login", "/api/v1/medcards", "token_invalid")
    assert (record.who, record.role, record.ip) == ("", "", "127.0.0.1")


async def test_a_read_of_personal_data_is_on_the_trail_and_a_claim_of_a_pharmacy_is_not(bench: Bench) -> None:
    await bench.active_card()
    before = len(await trail_of(bench))
    claim = {"prescriptionId": "rx-1", "pharmacyId": "p-1", "beneficiaryId": "user-123", "totalAmount": 10}
    assert (await bench.post(CLAIMS, claim, role="PHARMACY", pharmacy_id="p-1")).status_code == 200
    await bench.get("/api/v1/medcards/medcard-456", role="AUDITOR", claims={"sub": "eye"})
    await bench.get("/api/v1/medcards/nothing", role="AUDITOR", claims={"sub": "eye"})
    await bench.graphql('{ medCard(id: "medcard-456") { id } }', role="AUDITOR", sub="eye")
    assert (await trail_of(bench))[before:] == [("eye", "medCard", "medcard-456", "ok")] * 2


async def test_a_read_that_cannot_be_recorded_is_refused_and_a_command_is_not() -> None:
    async with edge(trail_records_max=0) as bench:
        await bench.active_card()
        assert code_of(await bench.get("/api/v1/medcards/medcard-456"), 503) == "overloaded"


async def test_the_proxys_word_on_the_address_counts_only_where_one_is_declared() -> None:
    for declared, address in ((False, ""), (True, "41.33.1.9")):
        async with edge(tls_terminated=declared) as bench:
            headers = {"authorization": "Bearer x", "x-forwarded-for": "10.0.0.1, 41.33.1.9"}
            await bench.client.get("/api/v1/medcards", headers=headers)
            [record] = await bench.trail.records(AuditFilter(), Page(10))
            assert record.ip == address


async def test_the_trail_is_read_in_pages_by_those_who_may(bench: Bench) -> None:
    for number in range(5):
        await bench.post(f"/api/v1/medcards/m-{number}/activate", sub="boss")
    first = await bench.get("/api/v1/audit?limit=3&what=activateMedCard", role="AUDITOR")
    assert [item["onWhat"] for item in first.json()["items"]] == ["m-4", "m-3", "m-2"]
    rest = await bench.get(f"/api/v1/audit?limit=3&cursor={first.json()['next']}", role="AUDITOR")
    assert [item["onWhat"] for item in rest.json()["items"]] == ["m-1", "m-0"]
    assert rest.json()["next"] is None
    assert code_of(await bench.get("/api/v1/audit", role="OPERATOR"), 403) == "forbidden"


async def test_refused_logins_leave_room_on_the_trail_for_everybody_else(bench: Bench) -> None:
    async def knock(times: int) -> int:
        for _ in range(times):
            await bench.client.get("/api/v1/medcards", headers={"authorization": "Bearer a.b.c"})
        return len(await trail_of(bench))

    assert await knock(OF_ONE_ADDRESS_MAX + 20) == OF_ONE_ADDRESS_MAX
    bench.clock.advance(timedelta(minutes=1))
    assert await knock(1) == OF_ONE_ADDRESS_MAX + 1


async def test_what_a_payload_shows_of_a_person_is_a_read_on_the_trail(bench: Bench) -> None:
    await bench.active_card()
    claim = """mutation { claimPrescription(input: {medCardId: "medcard-456", prescriptionId: "rx-1", pharmacyId: "p-1",
        beneficiaryId: "user-123", totalAmount: 10}) { success %s } }"""
    who = {"role": "PHARMACY", "sub": "till", "pharmacy_id": "p-1"}
    before = len(await trail_of(bench))
    await bench.graphql(claim % "", **who)
    assert len(await trail_of(bench)) == before
    shown = await bench.graphql(claim % "claim { items { drugName } }", **who)
    assert shown["data"]["claimPrescription"]["success"], shown
    assert (await trail_of(bench))[before:] == [("till", "prescriptionClaim", "medcard-456", "ok")]


async def test_what_a_client_sends_in_the_place_of_an_id_stands_short_and_printable_on_the_trail(bench: Bench) -> None:
    await bench.get("/api/v1/medcards/m%00%0A1", role="PROVIDER", claims={"sub": "clinic"})
    query = '{ medCard(id: "m\\u0000%s") { id } }' % ("x" * 10_000)
    assert graphql_code(await bench.graphql(query, role="PROVIDER", sub="clinic")) == "forbidden"
    assert await trail_of(bench) == [
        ("clinic", "medCard", "m??1", "forbidden"),
        ("clinic", "medCard", "m?" + "x" * 126, "forbidden"),
    ]
