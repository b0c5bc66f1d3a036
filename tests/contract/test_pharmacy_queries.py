"""Pharmacies, insurance claims and eligibility by query, over read models on a real PostgreSQL."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from tests.support.doors import CLAIM, CLAIMS, NOON, Bench, code_of, graphql_code
from tests.support.postgres_reads import followed_edge
from tests.unit.test_card_doors import CHILD, CLINIC, FILED, INSURANCE, INSURER

pytestmark = pytest.mark.postgres

PHARMACIES = "/api/v1/pharmacies"
OURS = f"{PHARMACIES}/pharmacy-101"
ONE = "/api/v1/medcards/medcard-456"
PHARMACY = {"name": "El Ezaby", "governorate": "Giza", "licence": "GZ-1017"}
TILL = {"role": "PHARMACY", "claims": {"pharmacy_id": "pharmacy-101"}}
OTHER = {"role": "PHARMACY", "claims": {"pharmacy_id": "pharmacy-999"}}


@pytest.fixture
async def bench(emptied_pool: asyncpg.Pool) -> AsyncIterator[Bench]:
    async with followed_edge(emptied_pool) as made:
        await made.active_card()
        yield made


def claim(prescription: str, **changes: Any) -> dict[str, Any]:
    return {**json.loads(CLAIM), "prescriptionId": prescription, **changes}


async def registered(bench: Bench, pharmacy_id: str = "pharmacy-101", **changes: Any) -> None:
    made = await bench.post(PHARMACIES, {"id": pharmacy_id, **PHARMACY, **changes}, "OPERATOR")
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"{PHARMACIES}/{pharmacy_id}"


# The network.


async def test_a_pharmacy_is_registered_contracted_and_suspended(bench: Bench) -> None:
    await registered(bench)
    found = await bench.get(OURS)
    assert (found.json()["status"], found.json()["name"], found.headers["etag"]) == ("REGISTERED", "El Ezaby", '"1"')
    assert (await bench.post(f"{OURS}/contract", role="OPERATOR")).json()["status"] == "CONTRACTED"
    assert code_of(await bench.post(f"{OURS}/contract"), 409) == "invalid_state"
    assert (await bench.post(f"{OURS}/suspend", {"reason": "audit"})).json()["status"] == "SUSPENDED"
    assert (await bench.get(OURS)).json()["status"] == "SUSPENDED"
    assert (await bench.post(PHARMACIES, {"id": "pharmacy-101", **PHARMACY})).json()["status"] == "SUSPENDED"
    taken = await bench.post(PHARMACIES, {"id": "pharmacy-101", **PHARMACY, "name": "Seif"})
    assert code_of(taken, 409) == "pharmacy_already_exists"
    assert code_of(await bench.post(f"{PHARMACIES}/nobody/contract"), 404) == "pharmacy_not_found"


async def test_pharmacies_are_listed_filtered_and_paged(bench: Bench) -> None:
    for number, where in enumerate(("Giza", "Cairo", "Giza")):
        bench.clock.advance(timedelta(seconds=1))
        await registered(bench, f"ph-{number}", governorate=where)
    first = (await bench.get(PHARMACIES, params={"limit": "2"})).json()
    assert [each["id"] for each in first["items"]] == ["ph-2", "ph-1"]
    second = (await bench.get(PHARMACIES, params={"limit": "2", "cursor": first["next"]})).json()
    assert ([each["id"] for each in second["items"]], second["next"]) == (["ph-0"], None)
    giza = (await bench.get(PHARMACIES, params={"governorate": "Giza", "status": "REGISTERED"})).json()
    assert [each["id"] for each in giza["items"]] == ["ph-2", "ph-0"]
    assert code_of(await bench.get(PHARMACIES, **TILL), 403) == "forbidden"


async def test_terminals_are_registered_and_revoked_for_good(bench: Bench) -> None:
    await registered(bench)
    body = {"terminalId": "t-17", "offlineClaimsMax": 10, "offlineAmountMax": "5000.00", "offlineAgeMaxS": 86_400}
    made = (await bench.post(f"{OURS}/terminals", body, "OPERATOR")).json()
    assert (made["terminalId"], made["status"]) == ("t-17", "ACTIVE")
    assert (await bench.post(f"{OURS}/terminals", {"terminalId": "t-18"})).status_code == 200
    assert code_of(await bench.post(f"{OURS}/terminals", body), 409) == "terminal_already_exists"
    revoked = await bench.send("DELETE", f"{OURS}/terminals/t-17", {"reason": "stolen"})
    assert revoked.json()["status"] == "REVOKED"
    assert (await bench.send("DELETE", f"{OURS}/terminals/t-17")).json()["status"] == "REVOKED"
    assert code_of(await bench.send("DELETE", f"{OURS}/terminals/t-99"), 404) == "terminal_not_found"
    raw = await bench.get(f"{OURS}/terminals", **TILL)
    assert b'"offlineAmountMax":5000.00' in raw.content
    [first, second] = raw.json()["items"]
    assert (first["terminalId"], first["status"], first["revokedAt"] is None) == ("t-17", "REVOKED", False)
    assert (second["terminalId"], second["offlineClaimsMax"], second["status"]) == ("t-18", 0, "ACTIVE")


async def test_a_pharmacy_sees_itself_and_no_other(bench: Bench) -> None:
    await registered(bench)
    assert (await bench.get(OURS, **TILL)).status_code == 200
    for path in ("", "/terminals", "/claims", "/totals", "/rejections"):
        assert code_of(await bench.get(OURS + path, **OTHER), 404) == "pharmacy_not_found"
        assert code_of(await bench.get(OURS + path, "PHARMACY"), 404) == "pharmacy_not_found"
        assert code_of(await bench.get(OURS + path, "MEMBER"), 403) == "forbidden"
    assert code_of(await bench.get(f"{PHARMACIES}/pharmacy-999", **OTHER), 404) == "pharmacy_not_found"


# What a pharmacy claimed.


async def three_claims(bench: Bench) -> None:
    """One paid by terminal t-17, one paid and reversed, one rejected; and one of another pharmacy."""
    till = {"role": "PHARMACY", "pharmacy_id": "pharmacy-101"}
    await bench.post(CLAIMS, claim("rx-1"), terminal_id="t-17", **till)
    await bench.post(CLAIMS, claim("rx-2"), terminal_id="t-18", **till)
    await bench.post(f"{CLAIMS}/reversals", {"pharmacyId": "pharmacy-101", "prescriptionId": "rx-2"}, **till)
    bench.clock.advance(timedelta(seconds=1))
    await bench.post(CLAIMS, claim("rx-3", beneficiaryId="stranger"), terminal_id="t-17", **till)
    await bench.post(CLAIMS, claim("rx-4", pharmacyId="pharmacy-999"))


async def test_the_totals_of_a_day_are_counted_by_status_and_terminal(bench: Bench) -> None:
    await three_claims(bench)
    found = await bench.get(f"{OURS}/totals", **TILL)
    assert b'"covered":280.00' in found.content
    day = found.json()
    assert (day["date"], day["claims"], day["covered"]) == ("2026-11-23", 3, 280)
    assert [(each["status"], each["claims"], each["total"], each["covered"]) for each in day["byStatus"]] == [
        ("PAID", 1, 350, 280),
        ("REJECTED", 1, 350, 0),
        ("REVERSED", 1, 350, 280),
    ]
    till = (await bench.get(f"{OURS}/totals", params={"terminal": "t-18", "date": "2026-11-23"})).json()
    assert [(each["status"], each["claims"]) for each in till["byStatus"]] == [("REVERSED", 1)]
    empty = (await bench.get(f"{OURS}/totals", params={"date": "2026-11-22"})).json()
    assert (empty["claims"], empty["covered"], empty["byStatus"]) == (0, 0, [])


async def test_the_day_is_cairos(bench: Bench) -> None:
    bench.clock.advance(timedelta(hours=12, minutes=30))
    later = {"exp": NOON + timedelta(days=2)}
    assert (await bench.post(CLAIMS, claim("rx-1"), **later)).json()["status"] == "PAID"
    found = {
        day: (await bench.get(f"{OURS}/totals", params={"date": day}, claims=later)).json()["claims"]
        for day in ("2026-11-23", "2026-11-24")
    }
    assert found == {"2026-11-23": 0, "2026-11-24": 1}


async def test_days_that_no_clock_has_are_refused(bench: Bench) -> None:
    for day in ("2026-02-30", "yesterday"):
        assert code_of(await bench.get(f"{OURS}/totals", params={"date": day}), 400) == "invalid_request"


async def test_nothing_was_claimed_on_the_calendars_first_and_last_day(bench: Bench) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        assert (await bench.get(f"{OURS}/totals", params={"date": day})).json()["claims"] == 0


async def test_claims_and_rejections_of_a_pharmacy_are_listed_newest_first(bench: Bench) -> None:
    await three_claims(bench)
    listed = (await bench.get(f"{OURS}/claims", **TILL)).json()["items"]
    assert listed[0]["status"] == "REJECTED"
    assert sorted(each["prescriptionId"] for each in listed) == ["rx-1", "rx-2", "rx-3"]
    [rejected] = (await bench.get(f"{OURS}/rejections", **TILL)).json()["items"]
    assert (rejected["prescriptionId"], rejected["rejectCodes"]) == ("rx-3", ["beneficiary_not_covered"])
    assert (await bench.get(f"{OURS}/rejections", params={"month": "2026-10"})).json()["items"] == []
    paid = (await bench.get(f"{OURS}/claims", params={"status": "PAID"})).json()["items"]
    assert [each["prescriptionId"] for each in paid] == ["rx-1"]
    first = (await bench.get(f"{OURS}/claims", params={"limit": "1", "month": "2026-11"})).json()
    rest = (await bench.get(f"{OURS}/claims", params={"limit": "5", "cursor": first["next"]})).json()
    assert len(rest["items"]) == 2
    stolen = await bench.get(f"{PHARMACIES}/pharmacy-999/claims", params={"cursor": first["next"]})
    assert code_of(stolen, 400) == "invalid_request"


async def test_an_open_network_knows_the_claims_of_pharmacies_that_nobody_registered(bench: Bench) -> None:
    await bench.post(CLAIMS, claim("rx-1", pharmacyId="seif.maadi"))
    own = {"role": "PHARMACY", "claims": {"pharmacy_id": "seif.maadi"}}
    path = f"{PHARMACIES}/seif.maadi"
    assert (await bench.get(f"{path}/totals", **own)).json()["claims"] == 1
    assert len((await bench.get(f"{path}/claims", **own)).json()["items"]) == 1
    assert code_of(await bench.get(path, **own), 404) == "pharmacy_not_found"
    assert code_of(await bench.get(f"{PHARMACIES}/%00/claims"), 404) == "pharmacy_not_found"


# A closed network.


async def test_in_a_closed_network_only_contracted_pharmacies_may_claim(emptied_pool: asyncpg.Pool) -> None:
    async with followed_edge(emptied_pool, network="closed") as bench:
        await bench.active_card()
        till = {"role": "PHARMACY", "pharmacy_id": "pharmacy-101"}
        stranger = (await bench.post(CLAIMS, claim("rx-1"), **till)).json()
        assert (stranger["rejectCodes"], stranger["ncpdpCodes"]) == (["pharmacy_not_contracted"], ["40"])
        asked = {"beneficiary": "user-123"}
        assert (await bench.get(f"{ONE}/eligibility", params=asked, **TILL)).json()["rejectCodes"] == [
            "pharmacy_not_contracted"
        ]
        await registered(bench)
        await bench.post(f"{OURS}/contract")
        bench.clock.advance(timedelta(seconds=3))
        assert (await bench.post(CLAIMS, claim("rx-2"), **till)).json()["status"] == "PAID"
        assert (await bench.post(CLAIMS, claim("rx-3"))).json()["status"] == "PAID"
        assert (await bench.post(CLAIMS, claim("rx-4", pharmacyId="x"))).json()["status"] == "REJECTED"
        await bench.post(f"{OURS}/suspend")
        bench.clock.advance(timedelta(seconds=3))
        assert (await bench.post(CLAIMS, claim("rx-5"), **till)).json()["status"] == "REJECTED"


async def test_a_claim_repeated_under_its_key_is_the_same_request_whatever_the_registry_says(
    emptied_pool: asyncpg.Pool,
) -> None:
    async with followed_edge(emptied_pool, network="closed") as bench:
        await bench.active_card()
        keyed = {"role": "PHARMACY", "pharmacy_id": "pharmacy-101", "headers": {"idempotency-key": "k"}}
        first = await bench.post(CLAIMS, claim("rx-1"), **keyed)
        await registered(bench)
        await bench.post(f"{OURS}/contract")
        bench.clock.advance(timedelta(seconds=3))
        again = await bench.post(CLAIMS, claim("rx-1"), **{**keyed, "headers": {"idempotency-key": "k"}})
        assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")


# Eligibility.


async def eligible(bench: Bench, beneficiary: str = "user-123", **who: Any) -> Any:
    return (await bench.get(f"{ONE}/eligibility", params={"beneficiary": beneficiary}, **(who or TILL))).json()


async def test_a_pharmacy_asks_whether_a_card_covers_somebody(bench: Bench) -> None:
    await bench.post(CLAIMS, CLAIM)
    found = await bench.get(f"{ONE}/eligibility", params={"beneficiary": "user-123"}, **TILL)
    assert b'"remaining":4720.00' in found.content
    view = found.json()
    assert (view["eligible"], view["rejectCodes"], view["copaymentPercentage"]) == (True, [], 20)
    assert "holder" not in view
    stranger = await eligible(bench, "stranger")
    assert (stranger["eligible"], stranger["rejectCodes"], stranger["ncpdpCodes"]) == (
        False,
        ["beneficiary_not_covered"],
        ["65"],
    )
    assert stranger["remaining"] == 0
    unknown = await bench.get("/api/v1/medcards/nobody/eligibility", params={"beneficiary": "x"}, **TILL)
    assert code_of(unknown, 404) == "card_not_found"
    nobody = await bench.get(f"{ONE}/eligibility", **TILL)
    assert (code_of(nobody, 400), nobody.json()["errors"][0]["pointer"]) == ("invalid_request", "/beneficiary")


async def test_eligibility_says_first_what_a_claim_would_meet_first(bench: Bench) -> None:
    await bench.post(f"{ONE}/suspend")
    assert (await eligible(bench))["rejectCodes"] == ["card_suspended"]
    assert (await eligible(bench, "stranger"))["ncpdpCodes"] == ["69"]
    await bench.active_card(id="old", expiryDate="2026-11-23")
    old = "/api/v1/medcards/old/eligibility"
    assert (await bench.get(old, params={"beneficiary": "user-123"})).json()["eligible"] is True


async def test_the_least_of_all_limits_is_what_remains(bench: Bench) -> None:
    await bench.active_card(id="tight", annualLimit=1000)
    tight = "/api/v1/medcards/tight"
    child = {"beneficiaryId": "child-1", "relation": "CHILD", "person": CHILD, "monthlyLimit": 300}
    await bench.post(f"{tight}/beneficiaries", child)
    await bench.post(f"{tight}/claims/prescriptions", claim("rx-1", beneficiaryId="child-1", totalAmount=250, items=[]))
    await bench.post(f"{tight}/claims/insurance", {**FILED, "amount": 600}, **CLINIC)
    await bench.post(f"{tight}/claims/insurance/icl-1/review", **INSURER)
    await bench.post(f"{tight}/claims/insurance/icl-1/decision", {"approvedAmount": 600}, **INSURER)
    left = {
        who: (await bench.get(f"{tight}/eligibility", params={"beneficiary": who}, **TILL)).json()["remaining"]
        for who in ("user-123", "child-1")
    }
    assert left == {"user-123": 200, "child-1": 100}


async def test_a_member_asks_of_its_own_card_and_an_insurer_of_its_plans(bench: Bench) -> None:
    assert (await eligible(bench, role="MEMBER", claims={"user_id": "user-123"}))["eligible"] is True
    assert (await eligible(bench, role="MEMBER", claims={"user_id": "x"}))["code"] == "card_not_found"
    assert (await eligible(bench, role="INSURER", claims={"plan_id": "x"}))["code"] == "card_not_found"
    assert (await eligible(bench, role="PROVIDER", claims={"provider_id": "clinic-1"}))["code"] == "forbidden"


# Insurance claims.


async def test_an_insurance_claim_reads_as_it_was_filed_and_as_it_stands(bench: Bench) -> None:
    await bench.post(INSURANCE, FILED, **CLINIC)
    await bench.post(f"{INSURANCE}/icl-1/review", **INSURER)
    decision = {"approvedAmount": 800, "reasonCodes": ["above-tariff"]}
    await bench.post(f"{INSURANCE}/icl-1/decision", decision, **INSURER)
    appeal = {"reason": "the report was missing", "documents": ["scan-2"]}
    await bench.post(f"{INSURANCE}/icl-1/appeal", appeal, **CLINIC)
    found = await bench.get(f"{INSURANCE}/icl-1", "INSURER", claims={"plan_id": "default"})
    assert b'"amount":400.50' in found.content
    view = found.json()
    assert (view["status"], view["claimed"], view["approved"], view["paid"]) == ("APPEALED", 1000, 800, 0)
    assert (view["reasonCodes"], view["documents"]) == (["above-tariff"], ["scan-1", "scan-2"])
    assert (view["diagnosisCodes"], view["appealReason"]) == (["J45"], "the report was missing")
    assert view["lines"] == [{"code": "99213", "description": "Consultation", "amount": 400.5}]
    await bench.keys.destroy("user-123")
    erased = (await bench.get(f"{INSURANCE}/icl-1")).json()
    assert (erased["diagnosisCodes"], erased["lines"], erased["appealReason"]) == (None, None, None)
    assert erased["claimed"] == 1000


async def test_a_payment_stands_in_the_claim(bench: Bench) -> None:
    await bench.post(INSURANCE, FILED, **CLINIC)
    await bench.post(f"{INSURANCE}/icl-1/review", **INSURER)
    await bench.post(f"{INSURANCE}/icl-1/decision", {"approvedAmount": 1000}, **INSURER)
    await bench.post(f"{INSURANCE}/icl-1/payment", {"amount": 990, "reference": "wire-1"}, **INSURER)
    view = (await bench.get(f"{INSURANCE}/icl-1")).json()
    assert (view["status"], view["paid"], view["paymentReference"]) == ("PAID", 990, "wire-1")


async def test_providers_insurers_and_members_see_their_own_claims(bench: Bench) -> None:
    await bench.post(INSURANCE, FILED, **CLINIC)
    await bench.post(INSURANCE, {**FILED, "claimId": "icl-2", "providerId": "clinic-2"})
    one = f"{INSURANCE}/icl-1"
    seen = {
        "PROVIDER": ({"provider_id": "clinic-1"}, {"provider_id": "clinic-2"}, "claim_not_found", ["icl-1"]),
        "INSURER": ({"plan_id": "default"}, {"plan_id": "x"}, "card_not_found", ["icl-2", "icl-1"]),
        "MEMBER": ({"user_id": "user-123"}, {"user_id": "x"}, "card_not_found", ["icl-2", "icl-1"]),
    }
    for role, (own, other, code, listed) in seen.items():
        assert (await bench.get(one, role, claims=own)).status_code == 200
        assert code_of(await bench.get(one, role, claims=other), 404) == code
        found = (await bench.get(INSURANCE, role, claims=own)).json()["items"]
        assert sorted(each["claimId"] for each in found) == sorted(listed)
    assert code_of(await bench.get(one, **TILL), 403) == "forbidden"
    asked = {"providerId": "clinic-2"}
    foreign = await bench.get(INSURANCE, "PROVIDER", claims={"provider_id": "clinic-1"}, params=asked)
    assert foreign.json()["items"] == []


# GraphQL.


async def test_a_pharmacys_terminals_and_totals_are_asked_for_all_at_once(bench: Bench) -> None:
    for number in range(3):
        await registered(bench, f"ph-{number}")
        await bench.post(f"{PHARMACIES}/ph-{number}/terminals", {"terminalId": "t-1"})
    await bench.post(CLAIMS, claim("rx-1", pharmacyId="ph-1"))
    query = """{ pharmacies { nodes { pharmacyId terminals { terminalId status }
        totals { claims covered byStatus { status claims } } } } }"""
    found = (await bench.graphql(query))["data"]["pharmacies"]["nodes"]
    assert {each["pharmacyId"]: each["totals"]["covered"] for each in found} == {
        "ph-0": "0.00",
        "ph-1": "280.00",
        "ph-2": "0.00",
    }
    assert all(each["terminals"] == [{"terminalId": "t-1", "status": "ACTIVE"}] for each in found)


async def test_the_network_is_kept_by_graphql_too(bench: Bench) -> None:
    mutation = """mutation { registerPharmacy(input: {id: "ph-1", name: "Seif", governorate: "Cairo", licence: "C-1"}) {
        success pharmacyId pharmacy { status name } errors { code } } }"""
    made = (await bench.graphql(mutation))["data"]["registerPharmacy"]
    assert (made["success"], made["pharmacy"]) == (True, {"status": "REGISTERED", "name": "Seif"})
    terminal = """mutation { registerTerminal(input: {pharmacyId: "ph-1", terminalId: "t-1", offlineAmountMax: 100.5}) {
        success terminal { offlineAmountMax } } revokeTerminal(input: {pharmacyId: "ph-1", terminalId: "t-1"}) {
        status terminal { revokedAt } } }"""
    done = (await bench.graphql(terminal))["data"]
    assert done["registerTerminal"]["terminal"] == {"offlineAmountMax": "100.50"}
    assert done["revokeTerminal"]["status"] == "REVOKED"
    own = '{ pharmacy(id: "ph-1") { licence } pharmacyRejections(pharmacyId: "ph-1") { nodes { claimId } } }'
    seen = await bench.graphql(own, "{}", "PHARMACY", pharmacy_id="ph-1")
    assert seen["data"] == {"pharmacy": {"licence": "C-1"}, "pharmacyRejections": {"nodes": []}}
    assert graphql_code(await bench.graphql(own, "{}", "PHARMACY", pharmacy_id="ph-2")) == "pharmacy_not_found"


async def test_an_insurer_walks_the_claims_of_its_plan_across_cards(bench: Bench) -> None:
    await bench.active_card(id="other", planId="gold")
    for number in range(3):
        bench.clock.advance(timedelta(seconds=1))
        await bench.post(INSURANCE, {**FILED, "claimId": f"icl-{number}"}, **CLINIC)
    await bench.post("/api/v1/medcards/other/claims/insurance", FILED, **CLINIC)
    query = """query ($after: String) { insuranceClaims(first: 2, after: $after, filter: {status: FILED}) {
        nodes { claimId planId lines { amount } } pageInfo { hasNextPage endCursor } } }"""
    first = (await bench.graphql(query, "{}", "INSURER", plan_id="default"))["data"]["insuranceClaims"]
    assert [each["claimId"] for each in first["nodes"]] == ["icl-2", "icl-1"]
    assert first["nodes"][0]["lines"] == [{"amount": "400.50"}]
    after = json.dumps({"after": first["pageInfo"]["endCursor"]})
    second = (await bench.graphql(query, after, "INSURER", plan_id="default"))["data"]["insuranceClaims"]
    assert ([each["claimId"] for each in second["nodes"]], second["pageInfo"]["hasNextPage"]) == (["icl-0"], False)
    gold = (await bench.graphql(query, "{}", "INSURER", plan_id="gold"))["data"]["insuranceClaims"]["nodes"]
    assert [each["planId"] for each in gold] == ["gold"]
    everything = (await bench.graphql(query.replace("first: 2", "first: 9")))["data"]["insuranceClaims"]["nodes"]
    assert len(everything) == 4
    member = await bench.graphql(query, "{}", "MEMBER", user_id="user-123")
    assert graphql_code(member) == "forbidden"


async def test_cards_are_kept_by_graphql_too(bench: Bench) -> None:
    child = json.dumps({"person": CHILD})
    added = await bench.graphql(
        """mutation ($person: PersonInput!) { addBeneficiary(input: {medCardId: "medcard-456", beneficiaryId: "c-1",
        relation: CHILD, person: $person, monthlyLimit: 300}) { success beneficiary { relation monthlyLimit } } }""",
        child,
    )
    assert added["data"]["addBeneficiary"]["beneficiary"] == {"relation": "CHILD", "monthlyLimit": "300.00"}
    changes = """mutation {
      a: updateBeneficiary(input: {medCardId: "medcard-456", beneficiaryId: "c-1", withoutMonthlyLimit: true}) {
        beneficiary { monthlyLimit } }
      b: removeBeneficiary(input: {medCardId: "medcard-456", beneficiaryId: "c-1"}) { success beneficiary { since } }
      c: requestLimitChange(input: {medCardId: "medcard-456", monthlyLimit: 4500}) { status monthlyLimit
        medCard { monthlyLimit } }
      d: updateMedCard(input: {medCardId: "medcard-456", name: "A. M."}) { medCard { holder { name } } }
      e: fileInsuranceClaim(input: {medCardId: "medcard-456", providerId: "p", beneficiaryId: "user-123",
        serviceDate: "2026-11-20", amount: "12.5"}) { status claim { claimed documents } } }"""
    done = (await bench.graphql(changes))["data"]
    assert done["a"]["beneficiary"] == {"monthlyLimit": None}
    assert done["b"] == {"success": True, "beneficiary": None}
    assert done["c"] == {"status": "CHANGED", "monthlyLimit": "4500.00", "medCard": {"monthlyLimit": "4500.00"}}
    assert done["d"]["medCard"]["holder"] == {"name": "A. M."}
    assert done["e"] == {"status": "FILED", "claim": {"claimed": "12.50", "documents": []}}
    asked = '{ eligibility(medCardId: "medcard-456", beneficiaryId: "user-123") { eligible remaining } }'
    assert (await bench.graphql(asked))["data"]["eligibility"] == {"eligible": True, "remaining": "4500.00"}
