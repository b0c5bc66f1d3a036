"""The journal behind both doors: every event's double entry, the accounts' sums, the trial balance."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.support.doors import CLAIM, CLAIMS, Bench, code_of
from tests.support.stored_doors import stored_edge
from tests.support.wallet_doors import ONE, open_wallet

pytestmark = pytest.mark.postgres

ENTRIES, TRIAL = "/api/v1/journal/entries", "/api/v1/journal/trial-balance"


@pytest.fixture
async def bench(database_pool: asyncpg.Pool) -> AsyncIterator[Bench]:
    async with stored_edge(database_pool) as made:
        yield made


async def read(bench: Bench, path: str, position: str, role: str = "AUDITOR") -> Any:
    answer = await bench.get(path, role, headers={"min-position": position})
    assert answer.status_code == 200, answer.text
    return answer


async def worked(bench: Bench) -> str:
    """A wallet with 1,000.00 of which 300 were taken from a hold of 400, and a claim that was paid; the positions."""
    await open_wallet(bench, credit="1000")
    await bench.post(f"{ONE}/holds", {"holdId": "h", "amount": "400.00"})
    captured = await bench.post(f"{ONE}/holds/h/capture", {"amount": "300.00"})
    await bench.active_card()
    claimed = await bench.post(CLAIMS, CLAIM)
    return f"{captured.headers['ledger-position']},{claimed.headers['ledger-position']}"


async def test_every_line_of_an_account_is_found_with_its_event(bench: Bench) -> None:
    position = await worked(bench)
    lines = (await read(bench, f"{ENTRIES}?account=wallet:wallet-1", position)).json()["items"]
    assert [(line["eventType"], line["side"], line["amount"]) for line in lines] == [
        ("HoldCaptured", "CREDIT", 100.0),
        ("HoldPlaced", "DEBIT", 400.0),
        ("WalletCredited", "CREDIT", 1000.0),
    ]
    [owed] = (await read(bench, f"{ENTRIES}?account=pharmacy:pharmacy-101:payable", position)).json()["items"]
    assert (owed["side"], owed["amount"], owed["aggregateId"]) == ("CREDIT", 280.0, "medcard-456")
    assert (await read(bench, f"{ENTRIES}?account=wallet:nobody", position)).json() == {"items": [], "next": None}


async def test_the_trial_balance_is_always_zero_and_exact(bench: Bench) -> None:
    position = await worked(bench)
    answer = await read(bench, TRIAL, position)
    assert b'"difference":0.00' in answer.content
    found = answer.json()
    assert found["balanced"] is True
    [total] = found["totals"]
    assert (total["currency"], total["debit"], total["credit"]) == ("EGP", 2080.0, 2080.0)
    balances = {each["account"]: each["balance"] for each in found["accounts"]}
    assert balances["wallet:wallet-1"] == 700.0
    assert balances["wallet-holds:wallet-1"] == 0.0
    assert balances["payer:default:receivable"] == -280.0
    assert balances["pharmacy:pharmacy-101:payable"] == 280.0
    assert sum(balances.values()) == 0


async def test_accounts_are_walked_by_name_and_prefix(bench: Bench) -> None:
    position = await worked(bench)
    names: list[str] = []
    path = f"{TRIAL}?limit=2"
    while True:
        page = (await read(bench, path, position)).json()
        names += [each["account"] for each in page["accounts"]]
        if page["next"] is None:
            break
        path = f"{TRIAL}?limit=2&cursor={page['next']}"
    assert names == sorted(set(names))
    assert len(names) == 6
    wallets = (await read(bench, f"{TRIAL}?prefix=wallet", position)).json()["accounts"]
    assert [each["account"] for each in wallets] == ["wallet-holds:wallet-1", "wallet:wallet-1"]


async def test_the_cursor_of_accounts_carries_their_prefix(bench: Bench) -> None:
    position = await worked(bench)
    first = await read(bench, f"{TRIAL}?prefix=p&limit=1", position)
    assert [each["account"] for each in first.json()["accounts"]] == ["payer:default:receivable"]
    rest = (await read(bench, first.links["next"]["url"].replace("limit=1", "limit=9"), position)).json()
    assert ([each["account"] for each in rest["accounts"]], rest["next"]) == (["pharmacy:pharmacy-101:payable"], None)
    other = await bench.get(f"{TRIAL}?prefix=wallet&cursor={first.json()['next']}", "AUDITOR")
    assert code_of(other, 400) == "invalid_request"


async def test_lines_are_paged_and_a_foreign_cursor_is_refused(bench: Bench) -> None:
    position = await worked(bench)
    first = await read(bench, f"{ENTRIES}?account=wallet:wallet-1&limit=2", position)
    assert len(first.json()["items"]) == 2
    rest = (await read(bench, f"{ENTRIES}?cursor={first.json()['next']}&limit=2", position)).json()
    assert [line["eventType"] for line in rest["items"]] == ["WalletCredited"]
    for path in (ENTRIES, f"{ENTRIES}?account=a%20b", f"{TRIAL}?cursor=abc", f"{ENTRIES}?cursor=abc"):
        assert code_of(await bench.get(path, role="AUDITOR"), 400) == "invalid_request"


async def test_graphql_shows_the_same(bench: Bench) -> None:
    position = await worked(bench)
    query = """{
      journalEntries(filter: {account: "wallet:wallet-1"}, first: 1) { nodes { amount side position } pageInfo { hasNextPage } }
      trialBalance(prefix: "suspense") { balanced totals { currency difference } accounts { account } }
    }"""  # noqa: E501
    await read(bench, TRIAL, position)
    data = (await bench.graphql(query, role="AUDITOR"))["data"]
    assert data["journalEntries"]["nodes"][0]["amount"] == "100.00"
    assert data["journalEntries"]["pageInfo"] == {"hasNextPage": True}
    assert data["trialBalance"]["totals"] == [{"currency": "EGP", "difference": "0.00"}]
    assert data["trialBalance"]["accounts"] == []


@pytest.mark.parametrize("role", ["PHARMACY", "MEMBER", "PROVIDER", "INSURER", "SERVICE"])
async def test_the_journal_is_for_those_who_run_and_audit_it(bench: Bench, role: str) -> None:
    for path in (f"{ENTRIES}?account=suspense", TRIAL):
        assert code_of(await bench.get(path, role=role), 403) == "forbidden"


async def test_queries_walk_their_index(bench: Bench, database_pool: asyncpg.Pool) -> None:
    """With a table of some size: lists go by the account's index, pages of accounts by the key."""
    await database_pool.execute(
        """INSERT INTO read.journal SELECT 'x-' || n, 'account-' || n % 500, 'DEBIT', 1, 'EGP', 'a', 'E', now(), 'p'
           FROM generate_series(1, 20000) AS n"""
    )
    owner_plan = await database_pool.fetch(
        """EXPLAIN SELECT entry_id FROM read.journal WHERE account = 'account-7'
           AND (posted_at, entry_id) < ('infinity', '') ORDER BY posted_at DESC, entry_id DESC LIMIT 51"""
    )
    assert any("journal_of_account" in row[0] for row in owner_plan), owner_plan
