"""Queries by REST: who sees what, paging, positions."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.support.doors import CARD, CLAIM, CLAIMS, HOLDER, Bench, code_of, edge

CARDS = "/api/v1/medcards"
ONE = f"{CARDS}/medcard-456"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


# Who may.


async def test_without_a_good_token_nobody_gets_in(bench: Bench) -> None:
    nobody = await bench.client.get(ONE)
    assert code_of(nobody, 401) == "unauthenticated"
    assert nobody.headers["www-authenticate"] == 'Bearer realm="healthpay"'
    forged = await bench.client.get(ONE, headers={"authorization": "Bearer x.y.z"})
    assert code_of(forged, 401) == "token_invalid"
    bench.clock.advance(timedelta(hours=2))
    assert code_of(await bench.get(ONE), 401) == "token_expired"


async def test_a_role_without_the_right_is_forbidden_before_its_body_is_read(bench: Bench) -> None:
    assert code_of(await bench.post(CARDS, "{", "PHARMACY"), 403) == "forbidden"
    assert code_of(await bench.post(CLAIMS, CLAIM, "OPERATOR"), 403) == "forbidden"
    assert code_of(await bench.post(CLAIMS, CLAIM, "PHARMACY", pharmacy_id="pharmacy-999"), 403) == "forbidden"


async def test_a_member_sees_its_own_cards_only(bench: Bench) -> None:
    await bench.active_card()
    await bench.active_card(id="other", userId="user-999")
    own = {"user_id": "user-123"}
    assert (await bench.get(ONE, "MEMBER", claims=own)).json()["holder"] == HOLDER
    assert code_of(await bench.get(f"{CARDS}/other", "MEMBER", claims=own), 404) == "card_not_found"
    assert code_of(await bench.get(f"{CARDS}/other/spend", "MEMBER", claims=own), 404) == "card_not_found"
    assert code_of(await bench.get(ONE, "MEMBER"), 404) == "card_not_found"
    assert [each["medCardId"] for each in (await bench.get(CARDS, "MEMBER", claims=own)).json()["items"]] == [
        "medcard-456"
    ]
    asked = {"userId": "user-999"}
    assert (await bench.get(CARDS, "MEMBER", claims=own, params=asked)).json()["items"] == []


async def test_an_insurer_sees_the_cards_of_its_plan(bench: Bench) -> None:
    await bench.active_card(planId="gold-plan")
    assert (await bench.get(ONE, "INSURER", claims={"plan_id": "gold-plan"})).status_code == 200
    assert code_of(await bench.get(ONE, "INSURER", claims={"plan_id": "default"}), 404) == "card_not_found"


async def test_a_pharmacy_sees_its_own_claims_and_no_card(bench: Bench) -> None:
    await bench.active_card()
    claim_id = (await bench.post(CLAIMS, CLAIM)).json()["claimId"]
    own, other = {"pharmacy_id": "pharmacy-101"}, {"pharmacy_id": "pharmacy-999"}
    assert code_of(await bench.get(ONE, "PHARMACY", claims=own), 403) == "forbidden"
    assert (await bench.get(f"{CLAIMS}/{claim_id}", "PHARMACY", claims=own)).status_code == 200
    assert code_of(await bench.get(f"{CLAIMS}/{claim_id}", "PHARMACY", claims=other), 404) == "claim_not_found"
    assert len((await bench.get(CLAIMS, "PHARMACY", claims=own)).json()["items"]) == 1
    assert (await bench.get(CLAIMS, "PHARMACY", claims=other)).json()["items"] == []
    asked = {"pharmacyId": "pharmacy-101"}
    assert (await bench.get(CLAIMS, "PHARMACY", claims=other, params=asked)).json()["items"] == []


# Queries.


async def test_a_card_is_read_with_exact_amounts_and_its_holder(bench: Bench) -> None:
    await bench.active_card()
    found = await bench.get(ONE)
    assert b'"monthlyLimit":5000.00' in found.content
    assert b'"copaymentPercentage":20.00' in found.content
    assert found.headers["etag"] == '"2"'
    card = found.json()
    assert (card["status"], card["expired"], card["expiryDate"]) == ("ACTIVE", False, "2027-12-31")
    await bench.keys.destroy("user-123")
    assert (await bench.get(ONE)).json()["holder"] is None


async def test_beneficiaries_claims_and_spend_follow_the_claim(bench: Bench) -> None:
    await bench.active_card()
    claim_id = (await bench.post(CLAIMS, CLAIM, "PHARMACY", pharmacy_id="pharmacy-101", terminal_id="t-17")).json()[
        "claimId"
    ]
    [primary] = (await bench.get(f"{ONE}/beneficiaries")).json()["items"]
    assert (primary["beneficiaryId"], primary["relation"], primary["person"]) == ("user-123", "PRIMARY", HOLDER)
    claim = (await bench.get(f"{CLAIMS}/{claim_id}")).json()
    assert (claim["status"], claim["patientPays"], claim["terminalId"]) == ("PAID", 70, "t-17")
    assert claim["items"] == [
        {"drugCode": "DRUG001", "drugName": "Panadol Extra 500mg", "quantity": 20, "unitPrice": 10, "totalPrice": 200}
    ]
    spend = (await bench.get(f"{ONE}/spend")).json()
    assert (spend["month"], spend["covered"], spend["claims"], spend["remaining"]) == ("2026-11", 280, 1, 4720)
    assert (await bench.get(f"{ONE}/spend", params={"month": "2026-10"})).json()["remaining"] == 5000


async def test_a_list_is_walked_by_its_cursor_while_cards_arrive(bench: Bench) -> None:
    for number in range(5):
        bench.clock.advance(timedelta(seconds=1))
        await bench.post(CARDS, {**CARD, "id": f"card-{number}"})
    first = await bench.get(CARDS, params={"limit": "2", "userId": "user-123"})
    assert [each["medCardId"] for each in first.json()["items"]] == ["card-4", "card-3"]
    bench.clock.advance(timedelta(seconds=1))
    await bench.post(CARDS, {**CARD, "id": "card-late"})
    link = first.headers["link"].removeprefix("<").partition(">")[0]
    second = await bench.get(link)
    assert [each["medCardId"] for each in second.json()["items"]] == ["card-2", "card-1"]
    last = await bench.get(CARDS, params={"cursor": second.json()["next"], "limit": "2"})
    assert ([each["medCardId"] for each in last.json()["items"]], last.json()["next"]) == (["card-0"], None)


async def test_a_cursor_of_another_list_is_refused(bench: Bench) -> None:
    await bench.active_card()
    await bench.active_card(id="other")
    following = (await bench.get(CARDS, params={"limit": "1"})).json()["next"]
    for path, asked in (
        (CLAIMS, {"cursor": following}),
        (CARDS, {"cursor": following, "status": "ACTIVE"}),
        (CARDS, {"cursor": "x"}),
        (CARDS, {"cursor": "é"}),
    ):
        refused = await bench.get(path, params=asked)
        assert code_of(refused, 400) == "invalid_request"
        assert refused.json()["errors"][0]["pointer"] == "/cursor"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("limit=0", "invalid_request"),
        ("limit=101", "invalid_request"),
        ("limit=ten", "invalid_request"),
        ("colour=red", "unknown_field"),
        ("status=GONE", "invalid_request"),
        ("status=ACTIVE&status=CLOSED", "invalid_request"),
        ("userId=%ff", "invalid_request"),
        ("userId=%00", "invalid_request"),
    ],
)
async def test_a_query_string_is_checked_like_a_body(bench: Bench, asked: str, code: str) -> None:
    assert code_of(await bench.get(f"{CARDS}?{asked}"), 400) == code


async def test_a_month_is_a_month(bench: Bench) -> None:
    await bench.active_card()
    assert code_of(await bench.get(f"{ONE}/spend?month=2026-13"), 400) == "invalid_request"


async def test_a_query_waits_for_the_position_it_asks_for(bench: Bench) -> None:
    await bench.active_card()
    position = (await bench.post(CLAIMS, CLAIM)).headers["ledger-position"]
    assert (await bench.get(ONE, headers={"min-position": position})).json()["version"] == 3
    bench.reads.frozen = True
    ahead = (await bench.post(f"{ONE}/suspend")).headers["ledger-position"]
    late = await bench.get(ONE, headers={"min-position": ahead})
    assert code_of(late, 503) == "not_caught_up"
    assert late.headers["retry-after"] == "1"
    assert code_of(await bench.get(ONE, headers={"min-position": "yesterday"}), 400) == "invalid_request"


@pytest.mark.parametrize(
    "forged", [["\0", "2026-11-23T10:00:00Z"], ["card", "0001-01-01T00:00:00+14:00"], ["card", "soon"]]
)
async def test_a_forged_cursor_does_not_reach_the_database(bench: Bench, forged: list[str]) -> None:
    row_id, at = forged
    cursor = base64.urlsafe_b64encode(json.dumps(["medCards", {}, at, row_id]).encode()).decode()
    assert code_of(await bench.get(CARDS, params={"cursor": cursor}), 400) == "invalid_request"
    assert "cards" not in bench.reads.questions
