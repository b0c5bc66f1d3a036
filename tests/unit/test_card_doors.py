"""A card's terms, people and insurance claims at the doors: bodies, answers, refusals, and who may."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.doors import CARD, CLAIM, CLAIMS, HOLDER, Bench, code_of, edge

CARDS = "/api/v1/medcards"
ONE = f"{CARDS}/medcard-456"
INSURANCE = f"{ONE}/claims/insurance"
CHILD = {**HOLDER, "name": "Mona Ahmed", "nationalId": "30501011234567"}
FILED = {
    "claimId": "icl-1",
    "providerId": "clinic-1",
    "beneficiaryId": "user-123",
    "serviceDate": "2026-11-20",
    "amount": "1000.00",
    "diagnosisCodes": ["J45"],
    "lines": [{"code": "99213", "description": "Consultation", "amount": 400.5}],
    "documents": ["scan-1"],
}
CLINIC, INSURER = {"role": "PROVIDER", "provider_id": "clinic-1"}, {"role": "INSURER", "plan_id": "default"}


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        await made.active_card()
        yield made


async def delete(bench: Bench, path: str, body: Any = None, role: str = "ADMIN", **claims: Any) -> Any:
    return await bench.send("DELETE", path, body, role, **claims)


# Terms.


async def test_a_card_is_renewed_and_its_tier_and_copayment_change(bench: Bench) -> None:
    renewed = await bench.post(f"{ONE}/renew", {"expiryDate": "2028-12-31"}, "OPERATOR")
    assert (renewed.status_code, renewed.headers["etag"]) == (200, '"3"')
    assert code_of(await bench.post(f"{ONE}/renew", {"expiryDate": "2027-01-01"}), 422) == "expiry_not_later"
    assert (await bench.patch(f"{ONE}/copayment", {"copaymentPercentage": 12.5, "reason": "x"})).status_code == 200
    above = await bench.patch(f"{ONE}/copayment", {"copaymentPercentage": 101})
    assert code_of(above, 422) == "copayment_out_of_range"
    assert (await bench.post(f"{ONE}/tier", {"cardType": "PLATINUM"})).status_code == 200
    card = (await bench.get(ONE)).json()
    assert (card["expiryDate"], card["cardType"]) == ("2028-12-31", "PLATINUM")
    assert (card["copaymentPercentage"], card["monthlyLimit"]) == (12.5, 10_000)
    assert code_of(await bench.post(f"{ONE}/tier", {"cardType": "PLATINUM"}), 422) == "tier_unchanged"


async def test_a_limit_up_to_the_tiers_default_changes_at_once(bench: Bench) -> None:
    changed = (await bench.patch(f"{ONE}/monthly-limit", {"monthlyLimit": 4000, "reason": "x"}, "OPERATOR")).json()
    assert (changed["status"], changed["monthlyLimit"], changed["requestId"]) == ("CHANGED", 4000, None)
    none = await bench.patch(f"{ONE}/monthly-limit", {"monthlyLimit": 0})
    assert code_of(none, 422) == "limit_not_positive"


async def test_a_limit_above_it_needs_a_second_pair_of_eyes(bench: Bench) -> None:
    asked = (await bench.patch(f"{ONE}/monthly-limit", {"monthlyLimit": 6000}, "OPERATOR", sub="o")).json()
    assert (asked["status"], asked["monthlyLimit"]) == ("REQUESTED", 5000)
    request = f"{ONE}/limit-requests/{asked['requestId']}"
    assert code_of(await bench.post(f"{request}/approve", role="OPERATOR"), 403) == "forbidden"
    assert code_of(await bench.post(f"{request}/approve", role="APPROVER", sub="o"), 422) == "approver_is_requester"
    approved = (await bench.post(f"{request}/approve", role="APPROVER")).json()
    assert (approved["status"], approved["monthlyLimit"]) == ("CHANGED", 6000)
    assert code_of(await bench.post(f"{request}/approve", role="APPROVER"), 404) == "request_not_found"
    again = (await bench.patch(f"{ONE}/monthly-limit", {"monthlyLimit": 7000}, "OPERATOR")).json()
    rejected = await bench.post(f"{ONE}/limit-requests/{again['requestId']}/reject", {"reason": "no"}, "APPROVER")
    assert (rejected.json()["status"], rejected.json()["monthlyLimit"]) == ("REJECTED", 6000)


async def test_who_may_answer_a_request_finds_it_on_the_card(bench: Bench) -> None:
    wanted = {"monthlyLimit": 6000, "reason": "surgery"}
    asked = (await bench.patch(f"{ONE}/monthly-limit", wanted, "OPERATOR", sub="o")).json()
    now = {"params": {"at": "2026-11-23T10:00:00Z"}}
    found = await bench.get(f"{ONE}/history", "APPROVER", **now)
    waiting = {"requestId": asked["requestId"], "monthlyLimit": 6000, "requestedBy": "o", "reason": "surgery"}
    assert found.json()["limitRequests"] == [waiting]
    query = '{ medCardAt(id: "medcard-456", at: "2026-11-23T10:00:00Z") { limitRequests { requestId monthlyLimit } } }'
    shown = (await bench.graphql(query, role="APPROVER"))["data"]["medCardAt"]["limitRequests"]
    assert shown == [{"requestId": asked["requestId"], "monthlyLimit": "6000.00"}]
    await bench.post(f"{ONE}/limit-requests/{asked['requestId']}/approve", role="APPROVER")
    assert (await bench.get(f"{ONE}/history", "APPROVER", **now)).json()["limitRequests"] == []


async def test_members_and_pharmacies_change_no_terms(bench: Bench) -> None:
    for role in ("MEMBER", "PHARMACY", "AUDITOR", "INSURER", "PROVIDER", "APPROVER"):
        refused = await bench.patch(f"{ONE}/monthly-limit", {"monthlyLimit": 1}, role, user_id="user-123")
        assert code_of(refused, 403) == "forbidden"
        assert code_of(await bench.post(f"{ONE}/tier", {"cardType": "GOLD"}, role), 403) == "forbidden"


# People.


async def test_the_holders_contact_changes_and_nothing_else_of_the_holder(bench: Bench) -> None:
    assert (await bench.patch(ONE, {"phoneNumber": "+201000000000"}, "OPERATOR")).status_code == 200
    assert (await bench.get(ONE)).json()["holder"] == {**HOLDER, "phoneNumber": "+201000000000"}
    assert code_of(await bench.patch(ONE, {}), 400) == "invalid_request"
    assert code_of(await bench.patch(ONE, {"nationalId": "1"}), 400) == "unknown_field"
    assert code_of(await bench.patch(ONE, {"name": None}), 400) == "invalid_request"


async def test_beneficiaries_come_change_and_go(bench: Bench) -> None:
    child = {"beneficiaryId": "child-1", "relation": "CHILD", "person": CHILD, "monthlyLimit": 500}
    added = (await bench.post(f"{ONE}/beneficiaries", child, "OPERATOR")).json()
    assert (added["beneficiaryId"], added["version"]) == ("child-1", 3)
    assert added["warnings"] == [{"code": "national_id_check_digit", "path": "/person/nationalId"}]
    assert code_of(await bench.post(f"{ONE}/beneficiaries", child), 422) == "beneficiary_already_covered"
    path = f"{ONE}/beneficiaries/child-1"
    assert (await bench.patch(path, {"withoutMonthlyLimit": True, "relation": "OTHER"})).status_code == 200
    [_, other] = (await bench.get(f"{ONE}/beneficiaries")).json()["items"]
    assert (other["relation"], other["monthlyLimit"], other["person"]) == ("OTHER", None, CHILD)
    both = await bench.patch(path, {"withoutMonthlyLimit": True, "monthlyLimit": 1})
    assert (code_of(both, 400), both.json()["errors"][0]["pointer"]) == ("invalid_request", "/withoutMonthlyLimit")
    assert code_of(await bench.patch(path, {"monthlyLimit": None}), 400) == "invalid_amount"
    assert code_of(await bench.patch(path, {}), 400) == "invalid_request"
    assert (await delete(bench, path)).json()["beneficiaryId"] == "child-1"
    assert code_of(await delete(bench, path), 404) == "beneficiary_not_found"
    assert code_of(await delete(bench, f"{ONE}/beneficiaries/user-123"), 422) == "primary_holder_stays"


async def test_a_beneficiary_may_have_an_id_that_no_aggregate_could_have(bench: Bench) -> None:
    child = {"beneficiaryId": "child@home.eg", "relation": "CHILD", "person": CHILD}
    assert (await bench.post(f"{ONE}/beneficiaries", child)).status_code == 200
    assert (await bench.patch(f"{ONE}/beneficiaries/child@home.eg", {"relation": "OTHER"})).status_code == 200
    assert code_of(await delete(bench, f"{ONE}/beneficiaries/%20"), 404) == "beneficiary_not_found"


# Insurance claims.


async def test_an_insurance_claim_is_filed_reviewed_approved_and_paid(bench: Bench) -> None:
    filed = await bench.post(INSURANCE, FILED, **CLINIC)
    assert b'"claimed":1000.00,"approved":0.00,"paid":0.00' in filed.content
    assert (filed.json()["claimId"], filed.json()["status"]) == ("icl-1", "FILED")
    assert (await bench.post(f"{INSURANCE}/icl-1/review", **INSURER)).json()["status"] == "UNDER_REVIEW"
    decision = {"approvedAmount": 800, "reasonCodes": ["above-tariff"]}
    decided = (await bench.post(f"{INSURANCE}/icl-1/decision", decision, **INSURER)).json()
    assert (decided["status"], decided["approved"]) == ("PARTIALLY_APPROVED", 800)
    paid = await bench.post(f"{INSURANCE}/icl-1/payment", {"amount": 900, "reference": "wire-1"}, **INSURER)
    assert (code_of(paid, 422), paid.json()["facts"]) == ("paid_exceeds_approved", {"approved": 800})
    paid = (await bench.post(f"{INSURANCE}/icl-1/payment", {"amount": 800, "reference": "wire-1"}, **INSURER)).json()
    assert (paid["status"], paid["approved"], paid["paid"]) == ("PAID", 800, 800)


async def test_a_rejected_claim_is_appealed_by_its_provider_alone(bench: Bench) -> None:
    await bench.post(INSURANCE, FILED, **CLINIC)
    await bench.post(f"{INSURANCE}/icl-1/review", **INSURER)
    rejected = (await bench.post(f"{INSURANCE}/icl-1/decision", {"approvedAmount": "0"}, **INSURER)).json()
    assert rejected["status"] == "REJECTED"
    appeal = {"reason": "the report was missing", "documents": ["scan-2"]}
    other = await bench.post(f"{INSURANCE}/icl-1/appeal", appeal, "PROVIDER", provider_id="clinic-2")
    assert code_of(other, 404) == "claim_not_found"
    assert (await bench.post(f"{INSURANCE}/icl-1/appeal", appeal, **CLINIC)).json()["status"] == "APPEALED"
    again = await bench.post(f"{INSURANCE}/icl-1/appeal", appeal, **CLINIC)
    assert (code_of(again, 409), again.json()["facts"]) == ("invalid_state", {"status": "APPEALED"})


async def test_a_provider_files_in_its_own_name(bench: Bench) -> None:
    assert code_of(await bench.post(INSURANCE, FILED, "PROVIDER", provider_id="clinic-2"), 403) == "forbidden"
    assert code_of(await bench.post(INSURANCE, FILED, "PROVIDER"), 403) == "forbidden"
    assert code_of(await bench.post(INSURANCE, FILED, **INSURER), 403) == "forbidden"
    made = (await bench.post(INSURANCE, {**FILED, "claimId": None}, **CLINIC)).json()
    assert made["claimId"].startswith("icl_")
    await bench.post(INSURANCE, FILED, **CLINIC)
    assert code_of(await bench.post(INSURANCE, FILED, **CLINIC), 409) == "claim_already_exists"


async def test_to_another_plans_insurer_a_card_does_not_exist_whatever_version_it_guesses(bench: Bench) -> None:
    await bench.post(INSURANCE, FILED, **CLINIC)
    for path in (f"{INSURANCE}/icl-1/review", f"{CARDS}/nobody/claims/insurance/icl-1/review"):
        refused = await bench.post(path, None, "INSURER", plan_id="other")
        assert code_of(refused, 404) == "card_not_found"
        guessed = await bench.post(path, None, "INSURER", plan_id="other", headers={"if-match": '"3"'})
        assert (code_of(guessed, 409), guessed.json()["facts"]) == ("version_conflict", {"version": 0})


@pytest.mark.parametrize(
    ("changed", "code", "pointer"),
    [
        ({"amount": 0}, "invalid_amount", "/amount"),
        ({"lines": [{"code": "1", "description": "x", "amount": -1}]}, "invalid_amount", "/lines/0/amount"),
        ({"diagnosisCodes": ["x"] * 51}, "invalid_request", "/diagnosisCodes"),
        ({"documents": [""]}, "invalid_request", "/documents"),
        ({"colour": "red"}, "unknown_field", "/colour"),
        ({"claimId": "a b"}, "invalid_request", "/claimId"),
    ],
)
async def test_a_malformed_claim_is_told_where(bench: Bench, changed: dict[str, Any], code: str, pointer: str) -> None:
    refused = await bench.post(INSURANCE, {**FILED, **changed}, **CLINIC)
    assert (code_of(refused, 400), refused.json()["errors"][0]["pointer"]) == (code, pointer)


async def test_a_decision_below_nothing_is_no_amount(bench: Bench) -> None:
    refused = await bench.post(f"{INSURANCE}/icl-1/decision", {"approvedAmount": -1}, **INSURER)
    assert code_of(refused, 400) == "invalid_amount"


# What the host is told.


async def test_an_open_network_asks_nobody_of_a_claims_pharmacy(bench: Bench) -> None:
    assert (await bench.post(CLAIMS, CLAIM)).json()["status"] == "PAID"


async def test_a_card_and_a_pharmacy_cannot_have_the_same_id(bench: Bench) -> None:
    pharmacy = {"id": "medcard-456", "name": "El Ezaby", "governorate": "Giza", "licence": "GZ-1"}
    assert code_of(await bench.post("/api/v1/pharmacies", pharmacy), 409) == "pharmacy_already_exists"
    assert code_of(await bench.post("/api/v1/pharmacies/medcard-456/contract"), 404) == "pharmacy_not_found"
    assert (await bench.post("/api/v1/pharmacies", {**pharmacy, "id": "ph-1"})).status_code == 201
    assert code_of(await bench.post(f"{CARDS}/ph-1/activate"), 404) == "card_not_found"
    assert code_of(await bench.post(CARDS, {**CARD, "id": "ph-1"}), 409) == "card_already_exists"
