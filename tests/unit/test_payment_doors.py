"""Commands of payments by REST and GraphQL: what is there, and what says that it is not there yet."""

from collections.abc import AsyncIterator

import pytest

from tests.support.doors import Bench, code_of, edge
from tests.support.payments import ACCEPTED, INITIATE, OUTCOME
from tests.support.wallet_doors import open_wallet

PAYMENTS = "/api/v1/payments"
PAYMENT = {
    "id": "payment-1",
    "walletId": "wallet-1",
    "userId": "user-123",
    "amount": "500.00",
    "gateway": "PAYMOB",
    "method": "CARD",
    "customer": {"name": "Ahmed Mohamed", "phoneNumber": "+201234567890"},
}
OWN = {"user_id": "user-123"}


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


async def test_a_payment_that_still_waits_is_cancelled(bench: Bench) -> None:
    await bench.payment("payment-1", INITIATE, ACCEPTED)
    done = await bench.post(f"{PAYMENTS}/payment-1/cancel", {"reason": "changed my mind"}, "MEMBER", **OWN)
    assert done.status_code == 200
    assert b'"amount":500.00,"refunded":0.00,"currency":"EGP"' in done.content
    assert (done.json()["paymentId"], done.json()["status"], done.json()["version"]) == ("payment-1", "CANCELLED", 3)
    again = await bench.post(f"{PAYMENTS}/payment-1/cancel")
    assert code_of(again, 409) == "payment_final"
    assert again.json()["facts"] == {"status": "CANCELLED"}


async def test_a_payment_that_was_paid_is_final(bench: Bench) -> None:
    await bench.payment("payment-1", INITIATE, ACCEPTED, OUTCOME)
    mutation = """mutation { cancelPayment(input: {paymentId: "payment-1"}) { success errors { code facts } } }"""
    done = (await bench.graphql(mutation))["data"]["cancelPayment"]
    assert done == {"success": False, "errors": [{"code": "payment_final", "facts": {"status": "COMPLETED"}}]}


@pytest.mark.parametrize("version", ["", '"1"', '"2"', '"9"'])
async def test_a_member_does_not_learn_that_anothers_payment_exists(bench: Bench, version: str) -> None:
    await bench.payment("payment-1", INITIATE, ACCEPTED)
    headers = {"if-match": version} if version else {}
    there, nowhere = [
        await bench.post(f"{PAYMENTS}/{name}/cancel", None, "MEMBER", user_id="user-9", headers=dict(headers))
        for name in ("payment-1", "none")
    ]
    known = {"code", "status", "facts", "detail"}
    shown = [{name: text for name, text in each.json().items() if name in known} for each in (there, nowhere)]
    assert shown[0] == shown[1]
    assert there.status_code == (409 if version else 404)
    assert (await bench.post(f"{PAYMENTS}/payment-1/cancel", None, "MEMBER", **OWN)).status_code == 200


async def test_there_is_no_gateway_yet_that_could_take_or_return_money(bench: Bench) -> None:
    await open_wallet(bench)
    sent = await bench.post(PAYMENTS, PAYMENT, "MEMBER", **OWN)
    assert code_of(sent, 422) == "not_available"
    assert code_of(await bench.post(PAYMENTS, PAYMENT, "MEMBER", user_id="user-9"), 403) == "forbidden"
    assert code_of(await bench.post(PAYMENTS, PAYMENT, "MEMBER"), 403) == "forbidden"
    back = await bench.post(f"{PAYMENTS}/payment-1/refunds", {"amount": 1, "reason": "x"}, "MEMBER", **OWN)
    assert code_of(back, 422) == "not_available"
    assert code_of(await bench.post(f"{PAYMENTS}/payment-1/cancel"), 404) == "payment_not_found"


async def test_a_member_pays_into_its_own_wallet_and_learns_of_no_other(bench: Bench) -> None:
    """Also through the other doors: all of them ask whose the wallet is in one place."""
    await open_wallet(bench, "wallet-2", userId="user-9")
    payer = {"role": "MEMBER", **OWN}
    for wallet in ("wallet-2", "wallet-none"):
        refused = await bench.post(PAYMENTS, {**PAYMENT, "walletId": wallet}, **payer)
        assert code_of(refused, 404) == "wallet_not_found"
        member = {"command": "initiatePayment", "key": "k", "body": {**PAYMENT, "walletId": wallet}}
        [result] = (await bench.post("/api/v1/batch", {"commands": [member]}, **payer)).json()["results"]
        assert (result["status"], result["body"]["code"]) == (404, "wallet_not_found")
    clerk = await bench.post(PAYMENTS, {**PAYMENT, "walletId": "wallet-2"}, "OPERATOR")
    assert code_of(clerk, 422) == "not_available"


async def test_a_wallet_that_the_read_models_do_not_know_yet_is_waited_for(bench: Bench) -> None:
    later = {"min-position": "wallet/0@999999"}
    refused = await bench.post(PAYMENTS, PAYMENT, "MEMBER", headers=later, **OWN)
    assert code_of(refused, 503) == "not_caught_up"


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"amount": "500.005"}, "invalid_amount", "/amount"),
        ({"gateway": "STRIPE"}, "invalid_request", "/gateway"),
        ({"currency": "XXX"}, "invalid_request", "/currency"),
        ({"customer": {"name": "A", "phoneNumber": "+201234567890", "age": 3}}, "unknown_field", "/customer/age"),
        ({"customer": {"name": "A", "phoneNumber": "one"}}, "invalid_request", "/customer/phoneNumber"),
        ({"method": "card; drop"}, "invalid_request", "/method"),
    ],
)
async def test_what_is_wrong_is_named_before_what_is_not_there(
    bench: Bench, change: dict[str, object], code: str, path: str
) -> None:
    refused = await bench.post(PAYMENTS, {**PAYMENT, **change})
    assert code_of(refused, 400) == code
    assert [error["pointer"] for error in refused.json()["errors"]] == [path]


async def test_a_role_without_the_right_is_forbidden(bench: Bench) -> None:
    for role in ("PHARMACY", "PROVIDER", "INSURER", "AUDITOR", "APPROVER"):
        assert code_of(await bench.post(PAYMENTS, "{", role), 403) == "forbidden"
        assert code_of(await bench.post(f"{PAYMENTS}/p/cancel", "{", role), 403) == "forbidden"
