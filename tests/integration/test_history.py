"""What happened to an aggregate, and what a card was at a past moment, from the log behind both doors."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from tests.support.doors import CLAIM, CLAIMS, NOON, Bench, code_of, graphql_code
from tests.support.stored_doors import stored_edge
from tests.support.wallet_doors import open_wallet

pytestmark = pytest.mark.postgres

CARD_PATH = "/api/v1/medcards/medcard-456"
HISTORY = f"{CARD_PATH}/history"


@pytest.fixture
async def bench(database_pool: asyncpg.Pool) -> AsyncIterator[Bench]:
    async with stored_edge(database_pool) as made:
        yield made


async def lived(bench: Bench) -> str:
    """A card that was created at noon, claimed a minute later, and was closed after another; its position."""
    await bench.active_card()
    bench.clock.advance(timedelta(minutes=1))
    await bench.post(CLAIMS, CLAIM)
    bench.clock.advance(timedelta(minutes=1))
    closed = await bench.post(f"{CARD_PATH}/close", {"reason": "moved away"})
    return closed.headers["ledger-position"]


async def read(bench: Bench, path: str, position: str, role: str = "AUDITOR", **claims: str) -> Any:
    answer = await bench.get(path, role, claims=claims, headers={"min-position": position})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_history_is_every_event_in_its_order_with_personal_fields_opened(bench: Bench) -> None:
    page = await read(bench, HISTORY, await lived(bench))
    assert page["next"] is None
    events = page["items"]
    assert [event["type"] for event in events] == [
        "MedCardCreated",
        "MedCardActivated",
        "PrescriptionClaimed",
        "MedCardClosed",
    ]
    assert [event["version"] for event in events] == [1, 2, 3, 4]
    assert events[0]["data"]["holder"]["name"] == "Ahmed Mohamed"
    assert events[2]["data"]["items"][0]["drugCode"] == "DRUG001"
    assert events[3]["metadata"]["role"] == "ADMIN"
    assert len(events[0]["digest"]) == 64


async def test_an_erased_persons_fields_are_null_and_the_amounts_stay(bench: Bench) -> None:
    position = await lived(bench)
    await bench.keys.destroy("user-123")
    events = (await read(bench, HISTORY, position))["items"]
    assert events[0]["data"]["holder"] is None
    assert (events[2]["data"]["items"], events[2]["data"]["coveredMinor"]) == (None, 280_00)
    [covered] = (await read(bench, f"{HISTORY}?at=2026-11-23T23:00:00Z", position))["beneficiaries"]
    assert covered["person"] is None


async def test_a_long_history_comes_in_parts(bench: Bench) -> None:
    position = await lived(bench)
    first = await read(bench, f"{HISTORY}?limit=3", position)
    assert first["next"] == 3
    answer = await bench.get(f"{HISTORY}?limit=3", "AUDITOR")
    following = await bench.get(answer.links["next"]["url"], "AUDITOR")
    assert [event["version"] for event in following.json()["items"]] == [4]
    rest = await read(bench, f"{HISTORY}?limit=3&after=3", position)
    assert [event["version"] for event in rest["items"]] == [4]
    assert rest["next"] is None


async def test_a_card_is_shown_as_it_was_known_then(bench: Bench) -> None:
    position = await lived(bench)

    async def at(minutes: float) -> Any:
        moment = (NOON + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
        return await bench.get(f"{HISTORY}?at={moment}", "AUDITOR", headers={"min-position": position})

    found = [(await at(minutes)).json() for minutes in (0.5, 1.5, 5)]
    assert [each["status"] for each in found] == ["ACTIVE", "ACTIVE", "CLOSED"]
    assert [each["coveredByMonth"] for each in found] == [{}, {"2026-11": 280.0}, {"2026-11": 280.0}]
    assert [each["version"] for each in found] == [2, 3, 4]
    assert found[0]["beneficiaries"][0]["person"]["name"] == "Ahmed Mohamed"
    assert code_of(await at(-1), 404) == "card_not_found"
    naive = await bench.get(f"{HISTORY}?at=2026-11-23T10:00:00", "AUDITOR")
    assert code_of(naive, 400) == "invalid_request"


async def test_a_member_sees_the_past_of_its_own_things_only(bench: Bench) -> None:
    position = await lived(bench)
    await read(bench, HISTORY, position, "MEMBER", user_id="user-123")
    for query in ("", "?at=2026-11-23T23:00:00Z"):
        foreign = await bench.get(f"{HISTORY}{query}", "MEMBER", claims={"user_id": "user-9"})
        assert code_of(foreign, 404) == "card_not_found"
    assert code_of(await bench.get(HISTORY, "PHARMACY", claims={"pharmacy_id": "pharmacy-101"}), 403) == "forbidden"


async def test_graphql_shows_the_same_for_every_kind(bench: Bench) -> None:
    position = await lived(bench)
    await open_wallet(bench, credit="10.10")
    await read(bench, HISTORY, position)
    query = """{
      eventHistory(aggregateType: medcard, aggregateId: "medcard-456", first: 1) { items { type data } next }
      medCardAt(id: "medcard-456", at: "2026-11-23T23:00:00Z") { status coveredByMonth { month covered } }
    }"""
    data = (await bench.graphql(query, role="AUDITOR"))["data"]
    [created] = data["eventHistory"]["items"]
    assert (created["type"], created["data"]["holder"]["name"]) == ("MedCardCreated", "Ahmed Mohamed")
    assert data["eventHistory"]["next"] == 1
    assert data["medCardAt"] == {"status": "CLOSED", "coveredByMonth": [{"month": "2026-11", "covered": "280.00"}]}
    wallet = '{ eventHistory(aggregateType: wallet, aggregateId: "wallet-1") { items { type } } }'
    position = (await bench.post("/api/v1/wallets/wallet-1/credits", {"amount": 1, "source": "desk"})).headers[
        "ledger-position"
    ]
    await bench.get("/api/v1/wallets/wallet-1", headers={"min-position": position})
    types = [event["type"] for event in (await bench.graphql(wallet))["data"]["eventHistory"]["items"]]
    assert types == ["WalletCreated", "WalletActivated", "WalletCredited", "WalletCredited"]


@pytest.mark.parametrize(
    ("role", "claims", "code"),
    [
        ("MEMBER", {"user_id": "user-9"}, "wallet_not_found"),
        ("INSURER", {"plan_id": "default"}, "forbidden"),
        ("SERVICE", {"scope": "eventHistory medCard"}, "forbidden"),
    ],
)
async def test_nobody_reads_the_past_of_a_wallet_that_he_may_not_see(
    bench: Bench, role: str, claims: dict[str, str], code: str
) -> None:
    position = await open_wallet(bench, credit="10.10")
    await bench.get("/api/v1/wallets/wallet-1", headers={"min-position": position})
    past = '{ eventHistory(aggregateType: wallet, aggregateId: "wallet-1") { items { data } } }'
    answer = await bench.graphql(past, role=role, **claims)
    assert (graphql_code(answer), answer["data"]["eventHistory"]) == (code, None)
