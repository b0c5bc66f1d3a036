"""Commands by REST, over the whole edge in one process."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ledger.messages.commands import CommandAnswer, Outcome
from tests.support.doors import CARD, CLAIM, CLAIMS, Bench, code_of, edge, token

CARDS = "/api/v1/medcards"
ONE = f"{CARDS}/medcard-456"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


# Commands.


async def test_a_card_is_created_where_the_client_says(bench: Bench) -> None:
    made = await bench.post(CARDS, CARD)
    assert made.status_code == 201
    assert made.headers["location"] == ONE
    assert made.headers["etag"] == '"1"'
    assert made.headers["ledger-position"] == made.json()["position"]
    assert made.json()["warnings"] == [{"code": "national_id_structure", "path": "/primaryHolder/nationalId"}]
    assert made.headers["x-content-type-options"] == "nosniff"


async def test_a_retried_create_lands_on_the_same_card(bench: Bench) -> None:
    body = {name: value for name, value in CARD.items() if name != "id"}
    first, again = [await bench.post(CARDS, body, headers={"idempotency-key": "k1"}) for _ in range(2)]
    other = await bench.post(CARDS, body, headers={"idempotency-key": "k2"})
    assert first.json()["medCardId"].startswith("mc_")
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert other.json()["medCardId"] != first.json()["medCardId"]


async def test_the_products_claim_is_paid_to_the_piastre(bench: Bench) -> None:
    await bench.active_card()
    paid = await bench.post(CLAIMS, CLAIM)
    assert paid.status_code == 200
    assert b'"total":350.00,"covered":280.00,"copay":70.00,"patientPays":70.00' in paid.content
    assert paid.headers["etag"] == '"3"'


async def test_the_same_key_replays_and_another_request_conflicts(bench: Bench) -> None:
    await bench.active_card()
    headers = {"idempotency-key": "k"}
    first, again = [await bench.post(CLAIMS, CLAIM, headers=dict(headers)) for _ in range(2)]
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    other = await bench.post(CLAIMS, CLAIM.replace("350.00", "351.00"), headers=dict(headers))
    assert code_of(other, 422) == "idempotency_conflict"


async def test_a_claim_without_a_key_is_safe_to_repeat(bench: Bench) -> None:
    await bench.active_card()
    first, again = [(await bench.post(CLAIMS, CLAIM)).json() for _ in range(2)]
    assert (again["status"], again["claimId"], again["covered"]) == ("DUPLICATE", first["claimId"], first["covered"])


async def test_a_claim_is_reversed_by_its_id_and_by_its_prescription(bench: Bench) -> None:
    await bench.active_card()
    claim_id = (await bench.post(CLAIMS, CLAIM)).json()["claimId"]
    once = await bench.post(f"{CLAIMS}/{claim_id}/reversal")
    assert (once.json()["status"], once.json()["restored"]) == ("REVERSED", 280)
    body = {"pharmacyId": "pharmacy-101", "prescriptionId": "rx-789"}
    assert (await bench.post(f"{CLAIMS}/reversals", body)).json()["status"] == "REVERSED"
    for unknown in ("clm_none", "%00", "%ff", "x" * 65):
        assert code_of(await bench.post(f"{CLAIMS}/{unknown}/reversal"), 404) == "claim_not_found"


async def test_a_card_suspends_resumes_and_closes(bench: Bench) -> None:
    await bench.active_card()
    assert (await bench.post(f"{ONE}/suspend", {"reason": "lost"})).json()["status"] == "SUSPENDED"
    assert (await bench.post(f"{ONE}/activate")).json()["status"] == "ACTIVE"
    closed = await bench.client.delete(ONE, headers={"authorization": f"Bearer {token()}"})
    assert closed.json()["status"] == "CLOSED"
    assert code_of(await bench.post(f"{ONE}/close"), 409) == "card_closed"


# Refusals.


async def test_a_refusal_is_a_problem_with_its_facts_as_amounts(bench: Bench) -> None:
    refused = await bench.post(CARDS, {**CARD, "monthlyLimit": 5000.01}, "OPERATOR")
    assert code_of(refused, 422) == "limit_needs_approval"
    assert b'"facts":{"tierLimit":5000.00}' in refused.content
    assert refused.json()["retryable"] is False
    late = await bench.post(CARDS, {**CARD, "expiryDate": "2020-01-01"})
    assert late.json()["facts"] == {"today": "2026-11-23"}


async def test_a_refusal_is_replayed_as_one(bench: Bench) -> None:
    responses = [await bench.post(f"{ONE}/activate", headers={"idempotency-key": "k"}) for _ in range(2)]
    assert [code_of(each, 404) for each in responses] == ["card_not_found"] * 2
    assert responses[1].headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"colour": "red"}, "unknown_field", "/colour"),
        ({"totalAmount": "5000.005"}, "invalid_amount", "/totalAmount"),
        ({"fillNumber": "1"}, "invalid_request", "/fillNumber"),
    ],
)
async def test_what_is_wrong_is_named_at_its_place(bench: Bench, change: Any, code: str, path: str) -> None:
    refused = await bench.post(CLAIMS, {**_claim(), **change})
    assert code_of(refused, 400) == code
    assert [(error["code"], error["pointer"]) for error in refused.json()["errors"]] == [(code, path)]


async def test_a_mixture_of_errors_is_an_invalid_request(bench: Bench) -> None:
    refused = await bench.post(CLAIMS, {**_claim(), "totalAmount": True, "colour": "red"})
    assert code_of(refused, 400) == "invalid_request"
    assert {error["code"] for error in refused.json()["errors"]} == {"invalid_amount", "unknown_field"}


def _claim() -> dict[str, Any]:
    return {"prescriptionId": "rx-1", "pharmacyId": "pharmacy-101", "beneficiaryId": "user-123", "totalAmount": 10}


async def test_a_part_that_is_not_built_yet_says_so(bench: Bench) -> None:
    assert code_of(await bench.post(CLAIMS, {**_claim(), "copaySource": "WALLET"}), 422) == "not_available"


@pytest.mark.parametrize("card_id", ["", "a b", "x" * 65, 7])
async def test_a_new_id_is_checked_before_it_leads_anywhere(bench: Bench, card_id: Any) -> None:
    refused = await bench.post(CARDS, {**CARD, "id": card_id})
    assert code_of(refused, 400) == "invalid_request"
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/id"]


async def test_an_id_that_no_card_can_have_is_not_found(bench: Bench) -> None:
    assert code_of(await bench.post(f"{CARDS}/a%00b/activate"), 404) == "card_not_found"
    assert code_of(await bench.get(f"{CARDS}/{'x' * 65}"), 404) == "card_not_found"


async def test_the_expected_version_is_held(bench: Bench) -> None:
    await bench.active_card()
    stale = await bench.post(f"{ONE}/suspend", headers={"if-match": '"1"'})
    assert code_of(stale, 409) == "version_conflict"
    assert stale.json()["facts"] == {"version": 2}
    assert (await bench.post(f"{ONE}/suspend", headers={"if-match": '"2"'})).status_code == 200
    assert code_of(await bench.post(f"{ONE}/suspend", headers={"if-match": "*"}), 400) == "invalid_request"


@pytest.mark.parametrize("key", ["", "x" * 129, "a\tb", "é"])
async def test_a_key_is_bounded_and_printable(bench: Bench, key: str) -> None:
    headers = {"idempotency-key": key.encode("latin-1")}
    assert code_of(await bench.post(CLAIMS, CLAIM, headers=headers), 400) == "invalid_request"


@pytest.mark.parametrize(
    ("outcome", "code", "status"),
    [
        (Outcome.OVERLOADED, "overloaded", 503),
        (Outcome.EXPIRED, "unavailable", 503),
        (Outcome.FENCED, "unavailable", 503),
        (Outcome.UNKNOWN, "outcome_unknown", 503),
        (Outcome.INTERNAL, "internal", 500),
    ],
)
async def test_what_a_host_could_not_say_is_named(bench: Bench, outcome: Outcome, code: str, status: int) -> None:
    bench.door.answer = CommandAnswer(outcome, b'{"retryAfterS":3}')
    answer = await bench.post(CLAIMS, CLAIM)
    assert code_of(answer, status) == code
    assert answer.headers.get("retry-after") == {"overloaded": "3", "internal": None}.get(code, "1")
    assert answer.json()["retryable"] is (status == 503)
