"""Queries of wallets and payments through both doors, on read models in a real PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from ledger.auditing import AuditFilter
from ledger.domain.payment.commands import RecordGatewayOutcome, RecordRefundOutcome, RequestRefund
from ledger.domain.payment.events import OutcomeStatus, RefundOutcomeStatus
from ledger.reads import Page
from tests.support.doors import NOON, Bench, code_of
from tests.support.payments import ACCEPTED, INITIATE, OUTCOME
from tests.support.stored_doors import stored_edge
from tests.support.wallet_doors import ONE, WALLETS, open_wallet

pytestmark = pytest.mark.postgres

PAYMENTS = "/api/v1/payments"
OWN, OTHER = {"user_id": "user-123"}, {"user_id": "user-9"}


@pytest.fixture
async def bench(database_pool: asyncpg.Pool) -> AsyncIterator[Bench]:
    async with stored_edge(database_pool) as made:
        yield made


async def read(bench: Bench, path: str, position: str = "", role: str = "ADMIN", **claims: str) -> Any:
    """The answer to a query that is caught up with a position."""
    headers = {"min-position": position} if position else {}
    answer = await bench.get(path, role, claims=claims, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def caught_up(bench: Bench, *positions: str) -> None:
    await read(bench, WALLETS, ",".join(positions))


async def test_a_wallet_and_its_balance_follow_its_commands(bench: Bench) -> None:
    await open_wallet(bench, credit="1000")
    held = await bench.post(f"{ONE}/holds", {"holdId": "h", "amount": "400.00"})
    balance = await read(bench, f"{ONE}/balance", held.headers["ledger-position"])
    assert b'"balance":1000.00,"held":400.00,"available":600.00' in balance.content
    assert balance.headers["etag"] == '"4"' == held.headers["etag"]
    wallet = (await read(bench, ONE)).json()
    assert (wallet["id"], wallet["userId"], wallet["status"], wallet["version"]) == (
        "wallet-1",
        "user-123",
        "ACTIVE",
        4,
    )
    assert (wallet["dailyLimit"], wallet["ownerClass"]) == (None, "INDIVIDUAL")


async def test_a_balance_is_known_for_every_moment_since_the_wallet_was_created(bench: Bench) -> None:
    await open_wallet(bench)
    position = ""
    for _ in range(3):
        bench.clock.advance(timedelta(minutes=1))
        done = await bench.post(f"{ONE}/credits", {"amount": "10.00", "source": "cash-desk"})
        position = done.headers["ledger-position"]
    await caught_up(bench, position)

    async def at(minutes: float) -> Any:
        moment = (NOON + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
        return await bench.get(f"{ONE}/balance?at={moment}")

    found = [(await at(minutes)).json() for minutes in (0, 0.5, 1, 2.5, 3, 60)]
    assert [each["balance"] for each in found] == [0, 0, 10, 20, 30, 30]
    assert [each["version"] for each in found] == [1, 1, 3, 4, 5, 5]
    assert code_of(await at(-1), 404) == "wallet_not_found"
    for wrong in ("yesterday", "2026-11-23T10:00:00"):
        refused = await bench.get(f"{ONE}/balance?at={wrong}")
        assert code_of(refused, 400) == "invalid_request"
        assert refused.json()["errors"][0]["pointer"] == "/at"


async def test_the_transactions_of_a_wallet_are_walked_and_filtered(bench: Bench) -> None:
    await open_wallet(bench, credit="1000")
    for number in range(4):
        bench.clock.advance(timedelta(minutes=1))
        await bench.post(f"{ONE}/debits", {"amount": number + 1, "purpose": "shop", "transactionId": f"t-{number}"})
    last = await bench.post(f"{ONE}/transactions/t-0/reversal", {"reason": "returned"})
    path = f"{ONE}/transactions"
    first = await read(bench, f"{path}?limit=2", last.headers["ledger-position"])
    reversal, newest = first.json()["items"]
    assert (reversal["kind"], reversal["direction"], reversal["reverses"]) == ("REVERSAL", "CREDIT", "t-0")
    link = first.headers["link"].removeprefix("<").partition(">")[0]
    second = (await read(bench, link)).json()
    assert [newest["id"], *(each["id"] for each in second["items"])] == ["t-3", "t-2", "t-1"]
    third = (await read(bench, f"{path}?limit=2&cursor={second['next']}")).json()
    assert ([each["id"] for each in third["items"]], third["next"]) == (["t-0", "in"], None)
    assert third["items"][0]["reversedBy"] == reversal["id"]

    async def ids(query: str) -> list[str]:
        return [each["id"] for each in (await read(bench, f"{path}?{query}")).json()["items"]]

    assert await ids("kind=DEBIT&direction=DEBIT") == ["t-3", "t-2", "t-1", "t-0"]
    assert await ids("direction=CREDIT&kind=CREDIT") == ["in"]
    assert await ids("since=2026-11-23T10:02:00Z&until=2026-11-23T10:04:00Z") == ["t-2", "t-1"]
    foreign = await bench.get(f"{WALLETS}/none/transactions?cursor={second['next']}")
    assert code_of(foreign, 400) == "invalid_request"


async def test_wallets_are_listed_newest_first(bench: Bench) -> None:
    position = ""
    for number, currency in enumerate(("EGP", "KWD", "EGP")):
        bench.clock.advance(timedelta(seconds=1))
        position = await open_wallet(bench, f"w-{number}", currency=currency, userId=f"user-{number}")
        await caught_up(bench, position)

    async def ids(query: str = "", role: str = "ADMIN", **claims: str) -> list[str]:
        return [each["id"] for each in (await read(bench, f"{WALLETS}?{query}", "", role, **claims)).json()["items"]]

    assert await ids() == ["w-2", "w-1", "w-0"]
    assert await ids("currency=EGP&status=ACTIVE") == ["w-2", "w-0"]
    assert await ids("userId=user-1") == ["w-1"]
    assert await ids(role="MEMBER", user_id="user-2") == ["w-2"]
    assert await ids("userId=user-1", "MEMBER", user_id="user-2") == []
    assert await ids(role="MEMBER") == []


async def test_a_member_sees_its_own_wallet_and_does_not_learn_of_others(bench: Bench) -> None:
    await caught_up(bench, await open_wallet(bench, credit="5"))
    for path in (ONE, f"{ONE}/balance", f"{ONE}/balance?at=2026-11-23T10:00:00Z", f"{ONE}/transactions"):
        assert (await bench.get(path, "MEMBER", claims=OWN)).status_code == 200
        hidden = await bench.get(path, "MEMBER", claims=OTHER)
        assert code_of(hidden, 404) == "wallet_not_found"
        assert code_of(await bench.get(path, "PHARMACY"), 403) == "forbidden"
    for unknown in ("none", "%00", "x" * 65):
        assert code_of(await bench.get(f"{WALLETS}/{unknown}/balance"), 404) == "wallet_not_found"


async def test_graphql_reads_what_a_mutation_changed_and_all_balances_with_one_question(bench: Bench) -> None:
    for number in range(3):
        await open_wallet(bench, f"w-{number}", credit=f"{number}.50")
    mutation = """mutation { placeHold(input: {walletId: "w-2", holdId: "h", amount: "2.00"}) {
        status wallet { id version balance { balance held available } } errors { code } } }"""
    placed = (await bench.graphql(mutation))["data"]["placeHold"]
    assert placed["wallet"] == {
        "id": "w-2",
        "version": 4,
        "balance": {"balance": "2.50", "held": "2.00", "available": "0.50"},
    }
    query = """{ wallets(first: 2) { nodes { id balance { available currency } } pageInfo { hasNextPage } }
        walletBalance(walletId: "w-1", at: "2026-11-23T10:00:00Z") { balance }
        transactions(walletId: "w-1", filter: {kind: CREDIT}) { nodes { id amount direction } } }"""
    found = (await bench.graphql(query))["data"]
    assert len(found["wallets"]["nodes"]) == 2
    assert found["wallets"]["pageInfo"]["hasNextPage"] is True
    assert found["walletBalance"]["balance"] == "1.50"
    assert found["transactions"]["nodes"] == [{"id": "in", "amount": "1.50", "direction": "CREDIT"}]


async def test_a_payment_is_read_with_its_customer_until_that_is_erased(bench: Bench) -> None:
    await bench.payment("payment-1", INITIATE, ACCEPTED, OUTCOME)
    refund = RequestRefund(200_00, "wrong top-up", "refund-1")
    ended = RecordRefundOutcome("refund-1", RefundOutcomeStatus.COMPLETED, "g-1")
    await bench.payment("payment-1", refund, ended, RequestRefund(300_00, "all of it", "refund-2"))
    late = await bench.post(f"{PAYMENTS}/payment-1/cancel")
    answer = await read(bench, f"{PAYMENTS}/payment-1", late.headers["ledger-position"], "MEMBER", **OWN)
    payment = answer.json()
    assert (payment["status"], payment["disputed"], payment["version"]) == ("PARTIALLY_REFUNDED", False, 6)
    assert b'"captured":500.00,"refunded":200.00,"fees":12.50' in answer.content
    assert payment["customer"] == {
        "name": "Ahmed Mohamed",
        "phoneNumber": "+201234567890",
        "email": "ahmed@example.com",
    }
    assert [(each["refundId"], each["status"]) for each in payment["refunds"]] == [
        ("refund-1", "COMPLETED"),
        ("refund-2", "REQUESTED"),
    ]
    hidden = await bench.get(f"{PAYMENTS}/payment-1", "MEMBER", claims=OTHER)
    assert code_of(hidden, 404) == "payment_not_found"
    await bench.keys.destroy("user-123")
    assert (await read(bench, f"{PAYMENTS}/payment-1")).json()["customer"] is None


async def test_late_news_changes_nothing_and_money_completes_whatever_was_said_before(bench: Bench) -> None:
    failed = RecordGatewayOutcome(OutcomeStatus.FAILED, "900000", None, None, 0, "d0")
    await bench.payment("late", INITIATE, ACCEPTED, OUTCOME, failed)
    await bench.payment("early", INITIATE, ACCEPTED, failed, OUTCOME)
    await bench.payment("failed", INITIATE, ACCEPTED, failed)
    positions = [
        (await bench.post(f"{PAYMENTS}/{name}/cancel")).headers["ledger-position"]
        for name in ("late", "early", "failed")
    ]
    await caught_up(bench, *positions)
    found = [(await read(bench, f"{PAYMENTS}/{name}")).json()["status"] for name in ("late", "early", "failed")]
    assert found == ["COMPLETED", "COMPLETED", "FAILED"]


async def test_payments_are_listed_and_filtered_and_the_change_is_read_over_graphql(bench: Bench) -> None:
    for number in range(3):
        bench.clock.advance(timedelta(seconds=1))
        await bench.payment(f"p-{number}", INITIATE, ACCEPTED)
    mutation = """mutation { cancelPayment(input: {paymentId: "p-1"}) {
        status payment { id status amount customer { name } refunds { refundId } } } }"""
    done = (await bench.graphql(mutation))["data"]["cancelPayment"]
    assert done["payment"] == {
        "id": "p-1",
        "status": "CANCELLED",
        "amount": "500.00",
        "customer": {"name": "Ahmed Mohamed"},
        "refunds": [],
    }
    trail = await bench.trail.records(AuditFilter(), Page(10))
    assert {(each.what, each.on_what, each.outcome) for each in trail} == {
        ("cancelPayment", "p-1", "ok"),
        ("payment", "p-1", "ok"),
    }
    for number in (0, 2):
        done = await bench.post(f"{PAYMENTS}/p-{number}/cancel", headers={"if-match": '"2"'})
        await caught_up(bench, done.headers["ledger-position"])

    async def ids(query: str, role: str = "ADMIN", **claims: str) -> list[str]:
        return [each["id"] for each in (await read(bench, f"{PAYMENTS}?{query}", "", role, **claims)).json()["items"]]

    assert await ids("status=CANCELLED&gateway=PAYMOB") == ["p-2", "p-1", "p-0"]
    assert await ids("walletId=wallet-1&limit=1") == ["p-2"]
    assert await ids("userId=user-123&status=PENDING") == []
    assert await ids("", "MEMBER", **OWN) == ["p-2", "p-1", "p-0"]
    assert await ids("walletId=wallet-1", "MEMBER", **OTHER) == []
    query = """{ payments(first: 2, filter: {walletId: "wallet-1"}) { edges { cursor } nodes { id } } }"""
    first = (await bench.graphql(query))["data"]["payments"]
    after = query.replace("first: 2", f'first: 2, after: "{first["edges"][1]["cursor"]}"')
    assert (await bench.graphql(after))["data"]["payments"]["nodes"] == [{"id": "p-0"}]
