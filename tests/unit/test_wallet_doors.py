"""Commands of wallets by REST and GraphQL, over the whole edge in one process."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ledger.api.commands import COMMANDS
from ledger.api.rights import QUERY_RIGHTS
from tests.support.doors import Bench, code_of, edge
from tests.support.wallet_doors import ONE, WALLET, WALLETS, open_wallet

HOLD = {"holdId": "hold-1", "amount": 400, "purpose": "order"}


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


async def test_a_wallet_is_created_once_however_often_it_is_asked_for(bench: Bench) -> None:
    made, again = [await bench.post(WALLETS, WALLET) for _ in range(2)]
    assert made.status_code == 201
    assert made.headers["location"] == f"{WALLETS}/wallet-1"
    assert made.headers["etag"] == '"1"'
    assert made.json() == {
        "walletId": "wallet-1",
        "status": "PENDING",
        "currency": "EGP",
        "balance": 0,
        "held": 0,
        "available": 0,
        "dailyLimit": None,
        "monthlyLimit": None,
        "warnings": [],
        "position": made.headers["ledger-position"],
        "version": 1,
    }
    assert again.json() == made.json()
    assert code_of(await bench.post(WALLETS, {**WALLET, "currency": "USD"}), 409) == "wallet_already_exists"


async def test_an_id_that_is_not_chosen_comes_from_the_key(bench: Bench) -> None:
    headers = {"idempotency-key": "k"}
    first, again = [await bench.post(WALLETS, {"userId": "u"}, headers=dict(headers)) for _ in range(2)]
    assert first.json()["walletId"].startswith("wal_")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")


async def test_money_comes_in_is_held_captured_and_taken_back(bench: Bench) -> None:
    await open_wallet(bench, credit="1000.00")
    held = await bench.post(f"{ONE}/holds", HOLD)
    assert b'"amount":400.00,"captured":0.00,"released":0.00' in held.content
    assert b'"balance":1000.00,"held":400.00,"available":600.00' in held.content
    captured = await bench.post(f"{ONE}/holds/hold-1/capture", {"amount": "150.50"})
    assert captured.json()["status"] == "CAPTURED"
    assert b'"captured":150.50,"released":249.50' in captured.content
    assert b'"balance":849.50,"held":0.00,"available":849.50' in captured.content
    transaction = captured.json()["transactionId"]
    back = await bench.post(f"{ONE}/transactions/{transaction}/reversal", {"reason": "wrong"})
    assert (back.json()["direction"], back.json()["reverses"]) == ("CREDIT", transaction)
    assert b'"amount":150.50' in back.content
    assert b'"balance":1000.00' in back.content
    again = await bench.post(f"{ONE}/transactions/{transaction}/reversal")
    assert code_of(again, 409) == "already_reversed"


async def test_a_hold_is_released(bench: Bench) -> None:
    await open_wallet(bench, credit="1000")
    await bench.post(f"{ONE}/holds", HOLD)
    freed = await bench.post(f"{ONE}/holds/hold-1/release")
    assert (freed.json()["status"], freed.json()["released"], freed.json()["held"]) == ("RELEASED", 400, 0)
    assert code_of(await bench.post(f"{ONE}/holds/hold-1/capture"), 409) == "hold_closed"
    for unknown in ("other", "%00", "x" * 65):
        assert code_of(await bench.post(f"{ONE}/holds/{unknown}/release"), 404) == "hold_not_found"
        assert code_of(await bench.post(f"{ONE}/transactions/{unknown}/reversal"), 404) == "transaction_not_found"


async def test_a_wallet_suspends_resumes_and_closes_when_it_is_empty(bench: Bench) -> None:
    await open_wallet(bench, credit="10")
    assert (await bench.post(f"{ONE}/suspend", {"reason": "lost"})).json()["status"] == "SUSPENDED"
    debit = {"amount": 10, "purpose": "cash-desk"}
    assert code_of(await bench.post(f"{ONE}/debits", debit), 409) == "wallet_suspended"
    assert (await bench.post(f"{ONE}/activate")).json()["status"] == "ACTIVE"
    full = await bench.post(f"{ONE}/close")
    assert code_of(full, 409) == "balance_not_zero"
    assert b'"facts":{"balance":10.00,"currency":"EGP"}' in full.content
    taken = await bench.post(f"{ONE}/debits", debit)
    assert (taken.json()["direction"], taken.json()["balance"]) == ("DEBIT", 0)
    assert (await bench.post(f"{ONE}/close")).json()["status"] == "CLOSED"


async def test_limits_are_the_wallets_own_up_to_the_regulations(bench: Bench) -> None:
    await open_wallet(bench)
    lower = await bench.patch(f"{ONE}/limits", {"dailyLimit": "500.00"}, "OPERATOR")
    assert b'"dailyLimit":500.00,"monthlyLimit":null' in lower.content
    above = await bench.patch(f"{ONE}/limits", {"monthlyLimit": 200000.01})
    assert code_of(above, 422) == "limit_above_regulation"
    assert above.json()["facts"] == {"dailyLimit": 60000, "monthlyLimit": 200000, "currency": "EGP"}
    await bench.post(f"{ONE}/credits", {"amount": 900, "source": "cash-desk"})
    spent = await bench.post(f"{ONE}/debits", {"amount": 500.01, "purpose": "shop"})
    assert code_of(spent, 422) == "daily_limit_exceeded"
    assert b'"remaining":500.00' in spent.content


# Amounts.


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [("KWD", "1.125", b"1.125"), ("JPY", "1250", b"1250"), ("EGP", "1.1", b"1.10"), ("CLF", "0.0001", b"0.0001")],
)
async def test_every_currency_has_its_own_decimals(bench: Bench, currency: str, amount: str, shown: bytes) -> None:
    await open_wallet(bench, credit=amount, currency=currency)
    more = await bench.post(f"{ONE}/debits", {"amount": amount, "purpose": "shop", "currency": currency})
    assert b'"amount":%s,"currency":"%s"' % (shown, currency.encode()) in more.content
    over = await bench.post(f"{ONE}/debits", {"amount": amount, "purpose": "shop"})
    assert code_of(over, 422) == "insufficient_funds"
    assert over.json()["facts"]["currency"] == currency


@pytest.mark.parametrize("named", [{}, {"currency": "EGP"}])
@pytest.mark.parametrize("amount", ["5000.005", "1e400", "99999999999999", '"NaN"', "true", "5000.0000000000000001"])
async def test_an_amount_that_does_not_fit_is_named_by_both_doors(bench: Bench, amount: str, named: Any) -> None:
    await open_wallet(bench)
    more = json.dumps({"source": "cash-desk", **named}).removeprefix("{")
    refused = await bench.post(f"{ONE}/credits", f'{{"amount":{amount},{more}')
    assert code_of(refused, 400) == "invalid_amount"
    assert [(error["code"], error["pointer"]) for error in refused.json()["errors"]] == [("invalid_amount", "/amount")]
    mutation = "mutation ($input: CreditWalletInput!) { creditWallet(input: $input) { success errors { code path } } }"
    body = f'{{"input":{{"walletId":"wallet-1","amount":{amount},{more}}}'
    done = (await bench.graphql(mutation, body))["data"]["creditWallet"]
    assert done == {"success": False, "errors": [{"code": "invalid_amount", "path": "/amount"}]}


async def test_an_amount_of_another_currency_is_no_money_of_this_wallet(bench: Bench) -> None:
    await open_wallet(bench)
    credit = {"amount": 1, "source": "cash-desk"}
    assert code_of(await bench.post(f"{ONE}/credits", {**credit, "currency": "USD"}), 422) == "currency_mismatch"
    unknown = await bench.post(f"{ONE}/credits", {**credit, "currency": "XXX"})
    assert code_of(unknown, 400) == "invalid_request"
    assert unknown.json()["errors"][0]["pointer"] == "/currency"
    assert code_of(await bench.post(WALLETS, {**WALLET, "id": "w-2", "currency": "ABC"}), 400) == "invalid_request"
    assert code_of(await bench.post(f"{ONE}/credits", {**credit, "amount": 0}), 422) == "amount_not_positive"


async def test_an_amount_is_the_same_however_it_is_spelled(bench: Bench) -> None:
    await open_wallet(bench)
    headers = {"idempotency-key": "k"}
    bodies = [f'{{"amount":{amount},"source":"cash-desk"}}' for amount in ("350", "350.00", '"3.5e2"', "351")]
    first, *same, other = [await bench.post(f"{ONE}/credits", body, headers=dict(headers)) for body in bodies]
    assert [each.content for each in same] == [first.content] * 2
    assert code_of(other, 422) == "idempotency_conflict"


async def test_the_limits_of_a_new_wallet_are_amounts_of_its_currency(bench: Bench) -> None:
    made = await bench.post(WALLETS, {**WALLET, "currency": "KWD", "dailyLimit": "1.125"})
    assert b'"dailyLimit":1.125' in made.content
    wrong = await bench.post(WALLETS, {**WALLET, "id": "w-2", "currency": "JPY", "monthlyLimit": 1.5})
    assert code_of(wrong, 400) == "invalid_amount"
    assert wrong.json()["errors"][0]["pointer"] == "/monthlyLimit"


# Who may, and what nobody may.


@pytest.mark.parametrize("query", ["wallet", "wallets", "walletBalance", "transactions", "payment", "payments"])
def test_who_may_read_of_wallets_and_payments(query: str) -> None:
    assert QUERY_RIGHTS[query] == {"ADMIN", "OPERATOR", "APPROVER", "AUDITOR", "MEMBER"}


async def test_a_member_opens_a_plain_wallet_for_itself_and_does_no_more(bench: Bench) -> None:
    own = {"user_id": "user-123"}
    assert (await bench.post(WALLETS, WALLET, "MEMBER", **own)).status_code == 201
    for other in (
        {"userId": "user-999"},
        {"dailyLimit": 100},
        {"monthlyLimit": 100},
        {"ownerClass": "LICENSED_MICRO_ENTERPRISE"},
    ):
        refused = await bench.post(WALLETS, {**WALLET, "id": "w-2", **other}, "MEMBER", **own)
        assert code_of(refused, 403) == "forbidden"
    assert code_of(await bench.post(WALLETS, WALLET, "MEMBER"), 403) == "forbidden"
    credit = {"amount": 1, "source": "cash-desk"}
    assert code_of(await bench.post(f"{ONE}/credits", credit, "MEMBER", **own), 403) == "forbidden"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("holds", {**HOLD, "owner": "REFUND"}),
        ("holds/hold-1/capture", {"owner": "REFUND"}),
        ("credits", {"amount": 1, "source": "cash-desk", "owner": "TOP_UP"}),
    ],
)
async def test_nobody_names_the_owner_of_money(bench: Bench, path: str, body: Any) -> None:
    assert code_of(await bench.post(f"{ONE}/{path}", body), 400) == "unknown_field"


@pytest.mark.parametrize("name", ["expireHold", "recordGatewayOutcome", "recordRefundOutcome", "recordGatewayAccepted"])
async def test_what_timers_and_gateways_say_no_client_can(bench: Bench, name: str) -> None:
    await open_wallet(bench)
    command = {"command": name, "key": "1", "id": "wallet-1", "args": {"holdId": "h"}}
    [refused] = (await bench.post("/api/v1/batch", {"commands": [command]})).json()["results"]
    assert (refused["status"], refused["body"]["code"]) == (400, "invalid_request")
    assert name not in COMMANDS


@pytest.mark.parametrize("name", ["remittance", "suspense:x", "UP", "", "a" * 33, "-x", "a b", "x\n"])
async def test_the_other_side_of_money_is_named_by_a_pattern(bench: Bench, name: str) -> None:
    for path, field in (("credits", "source"), ("debits", "purpose"), ("holds", "purpose")):
        refused = await bench.post(f"{ONE}/{path}", {"amount": 1, field: name})
        assert [error["pointer"] for error in refused.json()["errors"]] == [f"/{field}"]


async def test_a_holds_end_carries_its_time_zone(bench: Bench) -> None:
    await open_wallet(bench, credit="1000")
    for wrong in ("2026-11-24T09:15:02", "soon"):
        refused = await bench.post(f"{ONE}/holds", {**HOLD, "expiresAt": wrong})
        assert code_of(refused, 400) == "invalid_request"
        assert refused.json()["errors"][0]["pointer"] == "/expiresAt"
    assert (await bench.post(f"{ONE}/holds", {**HOLD, "expiresAt": "2026-11-24T09:15:02+02:00"})).status_code == 200


async def test_the_expected_version_is_held(bench: Bench) -> None:
    await open_wallet(bench)
    stale = await bench.post(f"{ONE}/suspend", headers={"if-match": '"1"'})
    assert code_of(stale, 409) == "version_conflict"
    assert stale.json()["facts"] == {"version": 2}


async def test_what_is_not_there_says_so(bench: Bench) -> None:
    for path, body in (("credits", {"amount": 1, "source": "x"}), ("limits", {}), ("activate", {})):
        sent = await (bench.patch if path == "limits" else bench.post)(f"{WALLETS}/none/{path}", body)
        assert code_of(sent, 404) == "wallet_not_found"


async def test_there_are_no_transfers_yet(bench: Bench) -> None:
    transfer = {"fromWalletId": "wallet-1", "toWalletId": "wallet-2", "amount": "10.00"}
    await open_wallet(bench)
    sent = await bench.post("/api/v1/transfers", transfer, "MEMBER", user_id="user-123")
    assert code_of(sent, 422) == "not_available"
    stolen = await bench.post("/api/v1/transfers", transfer, "MEMBER", user_id="user-9")
    assert code_of(stolen, 404) == "wallet_not_found"
    wrong = await bench.post("/api/v1/transfers", {**transfer, "amount": "10.005", "currency": "EGP"})
    assert code_of(wrong, 400) == "invalid_amount"
    assert code_of(await bench.post("/api/v1/transfers", transfer, "PHARMACY"), 403) == "forbidden"


async def test_both_doors_are_one_command_under_one_key(bench: Bench) -> None:
    await open_wallet(bench)
    sent = await bench.post(f"{ONE}/credits", '{"amount":1.10,"source":"x"}', headers={"idempotency-key": "k"})
    mutation = """mutation {
        creditWallet(input: {walletId: "wallet-1", amount: 1.10, source: "x", idempotencyKey: "k"}) {
        success transactionId direction amount balance available replayed position } }"""
    done = (await bench.graphql(mutation))["data"]["creditWallet"]
    assert done == {
        "success": True,
        "transactionId": sent.json()["transactionId"],
        "direction": "CREDIT",
        "amount": "1.10",
        "balance": "1.10",
        "available": "1.10",
        "replayed": True,
        "position": sent.headers["ledger-position"],
    }


async def test_a_hold_is_captured_over_graphql_by_its_id(bench: Bench) -> None:
    await open_wallet(bench, credit="10")
    await bench.post(f"{ONE}/holds", {"holdId": "h", "amount": 4})
    mutation = """mutation { captureHold(input: {walletId: "wallet-1", holdId: "h"}) { status captured held }
        releaseHold(input: {walletId: "wallet-1", holdId: "h"}) { errors { code facts } } }"""
    data = (await bench.graphql(mutation))["data"]
    assert data["captureHold"] == {"status": "CAPTURED", "captured": "4.00", "held": "0.00"}
    assert data["releaseHold"]["errors"] == [{"code": "hold_closed", "facts": {"status": "CAPTURED"}}]


async def test_a_batch_names_the_hold_too(bench: Bench) -> None:
    await open_wallet(bench, credit="10")
    capture = {"command": "captureHold", "id": "wallet-1"}
    commands = [
        {"command": "placeHold", "key": "1", "id": "wallet-1", "body": {"holdId": "h", "amount": 4}},
        {**capture, "key": "2"},
        {**capture, "key": "3", "args": {"holdId": "h"}},
    ]
    placed, unnamed, captured = (await bench.post("/api/v1/batch", {"commands": commands})).json()["results"]
    assert [each["status"] for each in (placed, unnamed, captured)] == [200, 400, 200]
    assert unnamed["body"]["errors"][0]["pointer"] == "/holdId"
    assert captured["body"]["captured"] == 4
