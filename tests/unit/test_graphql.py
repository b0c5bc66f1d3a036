"""GraphQL over the whole edge in one process."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ledger.messages.commands import CommandAnswer, Outcome
from tests.support.doors import CARD, CLAIM, CLAIMS, HOLDER, Bench, edge, graphql_code

PRODUCT_EXAMPLE = """mutation {
  createMedCard(input: {
    userId: "user-123"
    cardType: GOLD
    monthlyLimit: 5000.00
    copaymentPercentage: 20.0
    primaryHolder: {
      nationalId: "12345678901234"
      name: "Ahmed Mohamed"
      dateOfBirth: "1990-01-15"
      phoneNumber: "+201234567890"
    }
    expiryDate: "2027-12-31"
  }) { success medCardId }
}"""
CREATE = """mutation ($input: CreateMedCardInput!) {
  createMedCard(input: $input) { success medCardId errors { code path message facts } }
}"""
CLAIM_IT = """mutation ($input: ClaimPrescriptionInput!) {
  claimPrescription(input: $input) {
    success claimId status covered patientPays position replayed errors { code path }
    claim { claimId status copay items { drugName unitPrice } }
  }
}"""


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


def variables(body: str, **more: Any) -> str:
    """`input` as JSON text whose numbers stay as they are written."""
    extra = "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in more.items())
    return '{"input":' + body.rstrip().removesuffix("}") + extra + "}}"


# Mutations.


async def test_the_products_example_works_word_for_word(bench: Bench) -> None:
    made = (await bench.graphql(PRODUCT_EXAMPLE))["data"]["createMedCard"]
    assert made["success"] is True
    found = await bench.get(f"/api/v1/medcards/{made['medCardId']}")
    assert b'"monthlyLimit":5000.00' in found.content
    assert b'"copaymentPercentage":20.00' in found.content
    assert found.json()["holder"] == HOLDER


async def test_a_claim_comes_back_changed_and_read_in_one_request(bench: Bench) -> None:
    await bench.active_card()
    done = (await bench.graphql(CLAIM_IT, variables(CLAIM, medCardId="medcard-456")))["data"]["claimPrescription"]
    assert (done["status"], done["covered"], done["patientPays"]) == ("PAID", "280.00", "70.00")
    assert done["claim"] == {
        "claimId": done["claimId"],
        "status": "PAID",
        "copay": "70.00",
        "items": [{"drugName": "Panadol Extra 500mg", "unitPrice": "10.00"}],
    }


async def test_rest_and_graphql_are_one_command_under_one_key(bench: Bench) -> None:
    await bench.active_card()
    await bench.post(CLAIMS, CLAIM, headers={"idempotency-key": "k"})
    given = variables(CLAIM, medCardId="medcard-456", idempotencyKey="k", copaySource=None)
    done = (await bench.graphql(CLAIM_IT, given))["data"]["claimPrescription"]
    assert (done["success"], done["status"], done["replayed"]) == (True, "PAID", True)


async def test_a_claim_is_reversed_by_its_id_and_by_its_prescription(bench: Bench) -> None:
    await bench.active_card()
    claim_id = (await bench.post(CLAIMS, CLAIM)).json()["claimId"]
    mutation = """mutation ($input: ReversePrescriptionClaimInput!) { reversePrescriptionClaim(input: $input) {
        success status restored claim { status reversedAt } errors { code path } } }"""
    by_id = await bench.graphql(mutation, f'{{"input":{{"medCardId":"medcard-456","claimId":"{claim_id}"}}}}')
    once = by_id["data"]["reversePrescriptionClaim"]
    assert (once["status"], once["restored"], once["claim"]["status"]) == ("REVERSED", "280.00", "REVERSED")
    early = '{"input":{"medCardId":"medcard-456","pharmacyId":"pharmacy-101","prescriptionId":"rx-790"}}'
    pending = (await bench.graphql(mutation, early))["data"]["reversePrescriptionClaim"]
    assert (pending["status"], pending["claim"]) == ("VOID_PENDING", None)
    neither = (await bench.graphql(mutation, '{"input":{"medCardId":"medcard-456"}}'))["data"][
        "reversePrescriptionClaim"
    ]
    assert {error["path"] for error in neither["errors"]} == {"/prescriptionId"}


@pytest.mark.parametrize("amount", ["5000.005", "5000.0000000000000001", "1e400", "9" * 40, '"NaN"', "true", '{"a":1}'])
async def test_an_amount_that_is_none_is_named_in_the_payload(bench: Bench, amount: str) -> None:
    card = json.dumps(CARD).removesuffix("}") + f',"monthlyLimit":{amount}}}'
    done = (await bench.graphql(CREATE, f'{{"input":{card}}}'))["data"]["createMedCard"]
    assert done["success"] is False
    assert [(error["code"], error["path"]) for error in done["errors"]] == [("invalid_amount", "/monthlyLimit")]


@pytest.mark.parametrize("amount", ["5000.005", "5000.0000000000000001", "1e400", "true", "[1]", "{a: 1.5}", '"x"'])
async def test_the_same_holds_for_a_literal(bench: Bench, amount: str) -> None:
    done = await bench.graphql(
        PRODUCT_EXAMPLE.replace("5000.00", amount).replace("success medCardId", "errors { code path }")
    )
    assert done["data"]["createMedCard"]["errors"] == [{"code": "invalid_amount", "path": "/monthlyLimit"}]


async def test_refusals_come_in_the_payload_with_their_facts(bench: Bench) -> None:
    card = json.dumps({**CARD, "monthlyLimit": "6000"})
    done = (await bench.graphql(CREATE, f'{{"input":{card}}}', "OPERATOR"))["data"]["createMedCard"]
    assert done["success"] is False
    assert done["errors"][0]["code"] == "limit_needs_approval"
    assert done["errors"][0]["facts"] == {"tierLimit": "5000.00"}


async def test_who_may_not_is_told_in_the_payload(bench: Bench) -> None:
    done = (await bench.graphql(CREATE, f'{{"input":{json.dumps(CARD)}}}', "PHARMACY"))["data"]["createMedCard"]
    assert [error["code"] for error in done["errors"]] == ["forbidden"]
    claimed = await bench.graphql(
        CLAIM_IT, variables(CLAIM, medCardId="medcard-456"), "PHARMACY", pharmacy_id="pharmacy-999"
    )
    assert [error["code"] for error in claimed["data"]["claimPrescription"]["errors"]] == ["forbidden"]


async def test_expected_versions_and_keys_are_checked(bench: Bench) -> None:
    await bench.active_card()
    suspend = 'mutation { suspendMedCard(input: {medCardId: "medcard-456" %s}) { success errors { code path } } }'
    stale = (await bench.graphql(suspend % "expectedVersion: 1"))["data"]["suspendMedCard"]
    assert stale["errors"] == [{"code": "version_conflict", "path": None}]
    key = (await bench.graphql(suspend % 'idempotencyKey: ""'))["data"]["suspendMedCard"]
    assert key["errors"] == [{"code": "invalid_request", "path": "/idempotencyKey"}]
    assert (await bench.graphql(suspend % "expectedVersion: 2"))["data"]["suspendMedCard"]["success"] is True


async def test_an_unknown_outcome_is_no_success(bench: Bench) -> None:
    bench.door.answer = CommandAnswer(Outcome.UNKNOWN)
    done = (await bench.graphql(CLAIM_IT, variables(CLAIM, medCardId="medcard-456")))["data"]["claimPrescription"]
    assert (done["success"], done["errors"][0]["code"]) == (False, "outcome_unknown")


async def test_the_command_stands_also_where_the_read_model_is_late(bench: Bench) -> None:
    await bench.active_card()
    bench.reads.frozen = True
    answer = await bench.graphql(CLAIM_IT, variables(CLAIM, medCardId="medcard-456"))
    assert answer["data"]["claimPrescription"]["success"] is True
    assert answer["data"]["claimPrescription"]["claim"] is None
    assert graphql_code(answer) == "not_caught_up"


# Queries.


async def test_lists_are_connections_and_ask_once_for_all_their_cards(bench: Bench) -> None:
    for number in range(4):
        await bench.active_card(id=f"card-{number}")
    await bench.post("/api/v1/medcards/card-1/claims/prescriptions", CLAIM)
    query = """query ($after: String) { medCards(first: 3, after: $after, filter: {status: ACTIVE}) {
        nodes { medCardId beneficiaries { beneficiaryId person { name } } monthlySpend { covered remaining } }
        pageInfo { hasNextPage endCursor } } }"""
    bench.reads.questions.clear()
    first = (await bench.graphql(query))["data"]["medCards"]
    assert {name: bench.reads.questions[name] for name in ("cards", "beneficiaries", "spend")} == {
        "cards": 1,
        "beneficiaries": 1,
        "spend": 1,
    }
    assert [node["medCardId"] for node in first["nodes"]] == ["card-3", "card-2", "card-1"]
    assert first["nodes"][2]["monthlySpend"] == {"covered": "280.00", "remaining": "4720.00"}
    assert first["nodes"][0]["beneficiaries"] == [{"beneficiaryId": "user-123", "person": {"name": "Ahmed Mohamed"}}]
    after = json.dumps({"after": first["pageInfo"]["endCursor"]})
    second = (await bench.graphql(query, after))["data"]["medCards"]
    assert [node["medCardId"] for node in second["nodes"]] == ["card-0"]
    assert second["pageInfo"]["hasNextPage"] is False


async def test_cursors_carry_the_filters_of_their_first_page_on_and_on(bench: Bench) -> None:
    for number, user in enumerate(("user-9", "user-123", "user-9", "user-123", "user-123")):
        await bench.active_card(id=f"card-{number}", userId=user)
    query = """query ($after: String) { medCards(first: 1, after: $after%s) {
        nodes { medCardId } pageInfo { endCursor hasNextPage } } }"""
    page = (await bench.graphql(query % ', filter: {userId: "user-123"}'))["data"]["medCards"]
    seen = [page["nodes"][0]["medCardId"]]
    while page["pageInfo"]["hasNextPage"]:
        after = json.dumps({"after": page["pageInfo"]["endCursor"]})
        page = (await bench.graphql(query % "", after))["data"]["medCards"]
        seen += [node["medCardId"] for node in page["nodes"]]
    assert seen == ["card-4", "card-3", "card-1"]


async def test_claims_spend_and_beneficiaries_of_a_card(bench: Bench) -> None:
    await bench.active_card()
    claim_id = (await bench.post(CLAIMS, CLAIM)).json()["claimId"]
    answer = await bench.graphql(
        """query ($claim: ID!) {
          prescriptionClaim(medCardId: "medcard-456", claimId: $claim) { total serviceDate rejectCodes }
          prescriptionClaims(medCardId: "medcard-456", filter: {status: PAID}) { edges { cursor node { claimId } } }
          monthlySpend(medCardId: "medcard-456") { month claims remaining }
          beneficiaries(medCardId: "medcard-456") { relation }
          medCard(id: "medcard-456") { holder { dateOfBirth } createdAt version }
        }""",
        json.dumps({"claim": claim_id}),
    )
    assert "errors" not in answer
    data = answer["data"]
    assert data["prescriptionClaim"] == {"total": "350.00", "serviceDate": "2026-11-23", "rejectCodes": []}
    assert [edge["node"]["claimId"] for edge in data["prescriptionClaims"]["edges"]] == [claim_id]
    assert data["monthlySpend"] == {"month": "2026-11", "claims": 1, "remaining": "4720.00"}
    assert data["beneficiaries"] == [{"relation": "PRIMARY"}]
    assert data["medCard"]["holder"] == {"dateOfBirth": "1990-01-15"}


async def test_errors_of_queries_carry_their_codes(bench: Bench) -> None:
    await bench.active_card()
    missing = await bench.graphql('{ medCard(id: "nobody") { medCardId } }')
    assert (graphql_code(missing), missing["data"]) == ("card_not_found", {"medCard": None})
    mine = '{ medCard(id: "medcard-456") { medCardId } }'
    assert graphql_code(await bench.graphql(mine, "{}", "MEMBER", user_id="user-999")) == "card_not_found"
    assert graphql_code(await bench.graphql(mine, "{}", "PHARMACY", pharmacy_id="p")) == "forbidden"
    wrong = await bench.graphql('{ monthlySpend(medCardId: "medcard-456", month: "May") { covered } }')
    assert wrong["errors"][0]["extensions"]["errors"][0]["path"] == "/month"
    cursor = await bench.graphql('{ medCards(after: "x") { nodes { medCardId } } }')
    assert cursor["errors"][0]["extensions"]["errors"][0]["path"] == "/after"
    for wrong_argument, place in (
        ("first: 0", "/first"),
        ('filter: {userId: " "}', "/filter/userId"),
        ('filter: {userId: " "}, first: 500', "/filter/userId"),
    ):
        named = await bench.graphql(f"{{ medCards({wrong_argument}) {{ nodes {{ medCardId }} }} }}")
        assert place in {error["path"] for error in named["errors"][0]["extensions"]["errors"]}
    whose = await bench.graphql('{ eligibility(medCardId: "medcard-456", beneficiaryId: " ") { eligible } }')
    assert whose["errors"][0]["extensions"]["errors"][0]["path"] == "/beneficiaryId"


async def test_a_query_waits_for_the_position_in_the_header(bench: Bench) -> None:
    await bench.active_card()
    bench.reads.frozen = True
    ahead = (await bench.post("/api/v1/medcards/medcard-456/suspend")).headers["ledger-position"]
    late = await bench.post("/graphql", {"query": "{ __typename }"}, headers={"min-position": ahead})
    assert late.status_code == 503
    assert late.headers["retry-after"] == "1"
    assert graphql_code(late.json()) == "not_caught_up"


async def test_an_unforeseen_failure_gives_nothing_away(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: str) -> None:
        raise KeyError("a secret")

    monkeypatch.setattr(bench.reads, "card", fail)
    with caplog.at_level(logging.ERROR):
        answer = await bench.graphql('{ medCard(id: "medcard-456") { medCardId } }')
    assert graphql_code(answer) == "internal"
    assert "secret" not in json.dumps(answer)
    assert [record.name for record in caplog.records] == ["ledger.api.errors"]
