"""One claim at the counter, end to end, on the server as it is run: doors, actors, log, projector, queries."""

import itertools
from decimal import Decimal
from typing import Any

import jwt
import pytest

from tests.support.server import Answer, Server

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

_numbers = itertools.count(1)
CLAIM = {
    "prescriptionId": "rx-789",
    "pharmacyId": "pharmacy-101",
    "beneficiaryId": "user-123",
    "totalAmount": 350.00,
    "items": [
        {
            "drugCode": "DRUG001",
            "drugName": "Panadol Extra 500mg",
            "quantity": 20,
            "unitPrice": 10.00,
            "totalPrice": 200.00,
        }
    ],
}
HOLDER = {
    "nationalId": "12345678901234",
    "name": "Ahmed Mohamed",
    "dateOfBirth": "1990-01-15",
    "phoneNumber": "+201234567890",
}
CARD = {"userId": "user-123", "cardType": "GOLD", "primaryHolder": HOLDER, "expiryDate": "2027-12-31"}
CREATE = """
mutation {
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
}
"""


def post(server: Server, path: str, body: Any = None, role: str = "ADMIN", **headers: str) -> Answer:
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    return server.request("POST", f"/api/v1{path}", body, token=server.token(role), headers=sent)


def get(server: Server, path: str, position: str = "", token: str = "") -> Answer:
    headers = {"Min-Position": position} if position else {}
    return server.request("GET", f"/api/v1{path}", token=token or server.token(), headers=headers)


@pytest.fixture
def card(server: Server) -> str:
    """An active card."""
    card_id = f"card-{next(_numbers)}"
    assert post(server, "/medcards", {"id": card_id, **CARD}).status == 201
    assert post(server, f"/medcards/{card_id}/activate").json["status"] == "ACTIVE"
    return card_id


def test_a_card_made_over_graphql_is_there_over_rest(server: Server) -> None:
    answer = server.graphql(CREATE)
    assert "errors" not in answer
    made = answer["data"]["createMedCard"]
    assert made["success"] is True
    # Activating tells the position that the query then waits for.
    position = post(server, f"/medcards/{made['medCardId']}/activate").headers["ledger-position"]
    seen = get(server, f"/medcards/{made['medCardId']}", position).json
    assert (seen["status"], seen["cardType"], seen["holder"]["name"]) == ("ACTIVE", "GOLD", "Ahmed Mohamed")


def test_a_mutation_shows_the_object_that_it_changed(server: Server) -> None:
    wanted = CREATE.replace(
        "success medCardId", "success medCard { id status monthlyLimit beneficiaries { relation } }"
    )
    card = server.graphql(wanted)["data"]["createMedCard"]["medCard"]
    assert (card["status"], card["monthlyLimit"], card["beneficiaries"]) == (
        "PENDING",
        "5000.00",
        [{"relation": "PRIMARY"}],
    )


def test_the_example_claim_is_paid_and_seen_everywhere(server: Server, card: str) -> None:
    claim = post(server, f"/medcards/{card}/claims/prescriptions", CLAIM)
    assert claim.status == 200
    paid = claim.json
    amounts = [paid[name] for name in ("total", "covered", "copay", "patientPays", "remainingMonthlyLimit")]
    assert amounts == [Decimal(text) for text in ("350.00", "280.00", "70.00", "70.00", "4720.00")]
    assert b'"covered":280.00' in claim.body
    position = claim.headers["ledger-position"]

    assert get(server, f"/medcards/{card}", position).json["status"] == "ACTIVE"
    [listed] = get(server, f"/medcards/{card}/claims/prescriptions", position).json["items"]
    assert listed == get(server, f"/medcards/{card}/claims/prescriptions/{paid['claimId']}", position).json
    assert (listed["status"], listed["items"][0]["drugName"]) == ("PAID", "Panadol Extra 500mg")
    spend = get(server, f"/medcards/{card}/spend", position).json
    assert (spend["covered"], spend["claims"], spend["remaining"]) == (Decimal("280.00"), 1, Decimal("4720.00"))

    query = """query($card: ID!, $claim: ID!) {
      medCard(id: $card) { id status monthlyLimit }
      prescriptionClaim(medCardId: $card, claimId: $claim) { id status covered patientPays }
      monthlySpend(medCardId: $card) { covered remaining }
    }"""
    seen = server.graphql(query, {"card": card, "claim": paid["claimId"]})
    assert "errors" not in seen, seen
    assert seen["data"]["prescriptionClaim"]["covered"] == "280.00"
    assert seen["data"]["monthlySpend"]["remaining"] == "4720.00"


def test_the_same_claim_again_is_a_duplicate_with_the_original_amounts(server: Server, card: str) -> None:
    first = post(server, f"/medcards/{card}/claims/prescriptions", CLAIM).json
    again = post(server, f"/medcards/{card}/claims/prescriptions", {**CLAIM, "totalAmount": 400}).json
    assert (again["status"], again["claimId"], again["covered"]) == ("DUPLICATE", first["claimId"], Decimal("280.00"))


def test_a_key_gives_the_same_bytes_again_and_refuses_another_request(server: Server, card: str) -> None:
    path = f"/medcards/{card}/claims/prescriptions"
    first = post(server, path, CLAIM, Idempotency_Key="k")
    again = post(server, path, CLAIM, Idempotency_Key="k")
    assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
    other = post(server, path, {**CLAIM, "totalAmount": 1}, Idempotency_Key="k")
    assert (other.status, other.json["code"]) == (422, "idempotency_conflict")


def test_a_reversal_gives_the_money_back_to_the_month(server: Server, card: str) -> None:
    claim = post(server, f"/medcards/{card}/claims/prescriptions", CLAIM).json
    back = post(server, f"/medcards/{card}/claims/prescriptions/{claim['claimId']}/reversal", {"reason": "returned"})
    assert (back.status, back.json["status"]) == (200, "REVERSED")
    spend = get(server, f"/medcards/{card}/spend", back.headers["ledger-position"]).json
    assert (spend["covered"], spend["claims"]) == (0, 0)
    assert post(server, f"/medcards/{card}/claims/prescriptions", CLAIM).json["status"] == "PAID"


def test_a_closed_card_refuses_activation_and_rejects_claims_on_the_record(server: Server, card: str) -> None:
    assert post(server, f"/medcards/{card}/close", {"reason": "left"}).json["status"] == "CLOSED"
    refused = post(server, f"/medcards/{card}/activate")
    assert (refused.status, refused.json["code"]) == (409, "card_closed")
    rejected = post(server, f"/medcards/{card}/claims/prescriptions", CLAIM)
    assert (rejected.status, rejected.json["status"]) == (200, "REJECTED")
    assert rejected.json["rejectCodes"] == ["card_closed"]
    [listed] = get(server, f"/medcards/{card}/claims/prescriptions", rejected.headers["ledger-position"]).json["items"]
    assert listed["status"] == "REJECTED"


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"totalAmount": 5000.005}, "invalid_amount", "/totalAmount"),
        ({"totalAmount": -1}, "invalid_amount", "/totalAmount"),
        ({"totalAmount": 0}, "invalid_amount", "/totalAmount"),
        ({"total": 5}, "unknown_field", "/total"),
        ({"fillNumber": "first"}, "invalid_request", "/fillNumber"),
        ({"items": {}}, "invalid_request", "/items"),
        ({"prescriptionId": None}, "invalid_request", "/prescriptionId"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(
    server: Server, card: str, change: dict[str, Any], code: str, pointer: str
) -> None:
    answer = post(server, f"/medcards/{card}/claims/prescriptions", {**CLAIM, **change})
    assert (answer.status, answer.json["code"]) == (400, code)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert post(server, f"/medcards/{card}/suspend", {"reason": "the third event"}).json["version"] == 3


def test_only_ones_own_pharmacy_may_claim(server: Server, card: str) -> None:
    path = f"/api/v1/medcards/{card}/claims/prescriptions"
    other = server.request("POST", path, CLAIM, token=server.token("PHARMACY", pharmacy="pharmacy-2"))
    assert (other.status, other.json["code"]) == (403, "forbidden")
    own = server.request("POST", path, CLAIM, token=server.token("PHARMACY", pharmacy="pharmacy-101"))
    assert own.json["status"] == "PAID"
    auditor = server.request("POST", path, CLAIM, token=server.token("AUDITOR"))
    assert (auditor.status, auditor.json["code"]) == (403, "forbidden")


def test_a_token_that_is_not_ours_opens_nothing(server: Server, card: str) -> None:
    claims = jwt.decode(server.token(), options={"verify_signature": False})
    forged = jwt.encode(claims, "another secret of thirty-two bytes", algorithm="HS256")
    unsigned = jwt.encode(claims, None, algorithm="none")
    for token in (forged, unsigned, "x.y.z"):
        answer = get(server, f"/medcards/{card}", token=token)
        assert (answer.status, answer.json["code"]) == (401, "token_invalid")
    assert server.request("GET", f"/api/v1/medcards/{card}").json["code"] == "unauthenticated"


def test_what_does_not_exist_says_so(server: Server) -> None:
    assert get(server, "/medcards/nobodys-card").json["code"] == "card_not_found"
    assert post(server, "/medcards/nobodys-card/claims/prescriptions", CLAIM).status == 404
    assert get(server, "/nowhere").json["code"] == "route_not_found"


def test_the_pages_and_documents_are_served(server: Server) -> None:
    assert server.request("GET", "/health").json["status"] == "ok"
    assert server.request("GET", "/health/live").status == 200
    document = server.request("GET", "/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/medcards/{id}/claims/prescriptions" in document["paths"]
    playground = server.request("GET", "/graphql", headers={"Accept": "text/html"})
    assert playground.headers["content-type"].startswith("text/html")
    assert b"://" not in playground.body.replace(b"http://www.w3.org", b"")


def test_the_metrics_of_every_process_are_at_one_address(server: Server) -> None:
    text = server.request("GET", "/metrics").body.decode()
    for process, metric in (
        ("edge", "healthpay_requests_total"),
        ("host-0", "healthpay_events_appended_total"),
        ("projector", "healthpay_projection_lag_events"),
    ):
        assert any(line.startswith(metric) and f'process="{process}"' in line for line in text.splitlines()), metric
