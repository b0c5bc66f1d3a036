"""Amounts that binary floats cannot hold: exact in every spelling, through both doors, for a wallet and for a card."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.support.doors import CLAIM, CLAIMS, Bench, edge
from tests.support.wallet_doors import ONE, open_wallet

SPELLINGS = ("number", "string", "literal", "text literal", "variable", "text variable")
CREDIT = (
    'creditWallet(input: {walletId: "wallet-1", source: "cash-desk", amount: %s})'
    " { success balance errors { code path } }"
)
CLAIMED = (
    'claimPrescription(input: {medCardId: "medcard-456", pharmacyId: "p", beneficiaryId: "user-123",'
    ' prescriptionId: "%s", totalAmount: %s}) { success total errors { code path } }'
)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        await open_wallet(made)
        await made.active_card()
        yield made


async def answer_to(bench: Bench, spelling: str, amount: str, path: str, body: str, mutation: str) -> str:
    """The exact text of the amount that the answer shows, or the code of its error at the amount's place."""
    sent = f'"{amount}"' if spelling in ("string", "text literal", "text variable") else amount
    if spelling in ("number", "string"):
        answer = await bench.post(path, body % sent)
        if answer.status_code == 400:
            [error] = answer.json()["errors"]
            return f"{error['code']} {error['pointer']}"
        return str(json.loads(answer.content, parse_float=str)["balance" if "credits" in path else "total"])
    if "variable" in spelling:
        result = await bench.graphql(f"mutation ($a: Decimal!) {{ it: {mutation % '$a'} }}", f'{{"a": {sent}}}')
    else:
        result = await bench.graphql(f"mutation {{ it: {mutation % sent} }}")
    payload = result["data"]["it"]
    if not payload["success"]:
        [error] = payload["errors"]
        return f"{error['code']} {error['path']}"
    return str(payload.get("balance") or payload.get("total"))


async def credited(bench: Bench, spelling: str, amount: str) -> str:
    return await answer_to(bench, spelling, amount, f"{ONE}/credits", '{"amount": %s, "source": "cash-desk"}', CREDIT)


async def claimed(bench: Bench, spelling: str, amount: str) -> str:
    number = f"rx-{amount}-{spelling.replace(' ', '-')}"
    body = CLAIM.partition('"items"')[0].rstrip(" ,\n").replace("350.00", "%s").replace("rx-789", number) + "}"
    claim, mutation = body.replace("pharmacy-101", "p"), CLAIMED.replace("%s", number, 1)
    return await answer_to(bench, spelling, amount, CLAIMS, claim, mutation)


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_wallet_holds_what_was_written(bench: Bench, spelling: str) -> None:
    assert [await credited(bench, spelling, amount) for amount in ("0.1", "0.2", "1.10")] == ["0.10", "0.30", "1.40"]
    assert await credited(bench, spelling, "5000.005") == "invalid_amount /amount"
    assert await credited(bench, spelling, "0.10000000000000000001") == "invalid_amount /amount"
    assert await credited(bench, spelling, "49998.61") == "50000.01"


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_claim_is_of_what_was_written(bench: Bench, spelling: str) -> None:
    amounts = ("0.1", "0.2", "1.10", "0.07", "1.005e2")
    assert [await claimed(bench, spelling, amount) for amount in amounts] == ["0.10", "0.20", "1.10", "0.07", "100.50"]
    assert await claimed(bench, spelling, "5000.005") == "invalid_amount /totalAmount"
    spend = await bench.get("/api/v1/medcards/medcard-456/spend")
    assert b'"total":101.97' in spend.content
