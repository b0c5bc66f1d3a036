"""A wallet, end to end, on the server as it is run: doors, actors, log, projector, queries."""

from decimal import Decimal

import pytest

from tests.e2e.test_counter import get, post
from tests.support.server import Server

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]


def test_money_comes_into_a_wallet_is_held_and_captured_and_is_read_at_the_position_of_the_answer(
    server: Server,
) -> None:
    made = post(server, "/wallets", {"userId": "user-123", "currency": "KWD"}, Idempotency_Key="wallet")
    wallet = f"/wallets/{made.json['walletId']}"
    assert (made.status, made.headers["location"]) == (201, f"/api/v1{wallet}")
    assert post(server, f"{wallet}/activate").json["status"] == "ACTIVE"
    assert post(server, f"{wallet}/credits", b'{"amount":1000.125,"source":"cash-desk"}').status == 200
    placed = post(server, f"{wallet}/holds", {"holdId": "hold-1", "amount": "400.5"})
    assert placed.json["available"] == Decimal("599.625")
    before = get(server, f"{wallet}/balance", placed.headers["ledger-position"])
    assert b'"balance":1000.125,"held":400.500,"available":599.625' in before.body
    captured = post(server, f"{wallet}/holds/hold-1/capture", {"amount": "150.001"})
    after = get(server, f"{wallet}/balance", captured.headers["ledger-position"])
    assert b'"balance":850.124,"held":0.000,"available":850.124' in after.body
    assert after.headers["etag"] == captured.headers["etag"]
    earlier = get(server, f"{wallet}/balance?at={before.json['since']}")
    assert earlier.json == before.json
    kinds = [each["kind"] for each in get(server, f"{wallet}/transactions").json["items"]]
    assert kinds == ["CAPTURE", "CREDIT"]


def test_a_wallet_is_one_over_both_doors(server: Server) -> None:
    mutation = (
        """mutation { createWallet(input: {userId: "user-9"}) { walletId wallet { status balance { balance } } } }"""
    )
    made = server.graphql(mutation)["data"]["createWallet"]
    assert made["wallet"] == {"status": "PENDING", "balance": {"balance": "0.00"}}
    seen = get(server, f"/wallets/{made['walletId']}", token=server.token("MEMBER", user="user-9"))
    assert (seen.status, seen.json["currency"]) == (200, "EGP")
    other = get(server, f"/wallets/{made['walletId']}", token=server.token("MEMBER", user="user-1"))
    assert (other.status, other.json["code"]) == (404, "wallet_not_found")


def test_a_payment_says_that_there_is_no_gateway_yet(server: Server) -> None:
    payment = {
        "walletId": "wallet-1",
        "userId": "user-123",
        "amount": 500,
        "gateway": "PAYMOB",
        "method": "CARD",
        "customer": {"name": "Ahmed Mohamed", "phoneNumber": "+201234567890"},
    }
    answer = post(server, "/payments", payment)
    assert (answer.status, answer.json["code"]) == (422, "not_available")
    assert get(server, "/payments/none").json["code"] == "payment_not_found"
