"""A terminal that was offline for two days: its batch through its socket, over read models on a real PostgreSQL."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from ledger.messages.commands import CommandAnswer, Outcome
from tests.support.doors import Bench
from tests.support.postgres_reads import followed_edge
from tests.support.terminals import CARD_ID, PHARMACY, TERMINAL, Wire, claim, counter

pytestmark = pytest.mark.postgres

OURS = f"/api/v1/pharmacies/{PHARMACY}"
CLAIMS = 200
EVENING = datetime(2026, 10, 31, 20, 20, 30, tzinfo=UTC)
"""A minute apart, the hundredth claim is the last of October in Cairo."""
CAPS = {"terminalId": TERMINAL, "offlineClaimsMax": CLAIMS, "offlineAmountMax": 20_000, "offlineAgeMaxS": 2_600_000}
OPEN = {
    "batchId": "b-1",
    "firstSequence": 1,
    "lastSequence": CLAIMS,
    "claims": CLAIMS,
    "amount": "20000.00",
    "firstCapturedAt": EVENING.isoformat(),
}


@pytest.fixture
async def bench(emptied_pool: asyncpg.Pool) -> AsyncIterator[Bench]:
    async with followed_edge(emptied_pool) as made:
        await made.active_card()
        pharmacy = {"id": PHARMACY, "name": "El Ezaby", "governorate": "Giza", "licence": "GZ-1"}
        assert (await made.post("/api/v1/pharmacies", pharmacy)).status_code == 201
        assert (await made.post(f"{OURS}/terminals", CAPS)).status_code == 200
        yield made


def captured(number: int, **changes: Any) -> dict[str, Any]:
    """Claim 1 to 200 of the batch, of 100.00 each, which the card covers with 80.00."""
    at = EVENING + timedelta(minutes=number - 1)
    offline = {"capturedAt": at.isoformat(), "seq": number, "batch": "b-1"}
    return {**claim(f"off-{number}", f"rx-{number}", totalAmount="100.00"), **offline, **changes}


def opening(message_id: str = "open-1", **changes: Any) -> dict[str, Any]:
    return {"type": "openOfflineBatch", "id": message_id, "body": {**OPEN, **changes}}


async def opened(socket: Wire) -> None:
    socket.say(opening())
    [answer] = await socket.told(1)
    assert (answer["status"], answer["body"]["status"]) == ("accepted", "OPEN"), answer


async def test_two_days_across_a_months_end_are_replayed_twice_and_count_once(bench: Bench) -> None:
    async with counter(bench) as socket:
        await opened(socket)
        socket.say(*(captured(number) for number in range(1, CLAIMS + 1)))
        first = await socket.results(CLAIMS)
    async with counter(bench) as socket:
        socket.say(*(captured(number) for number in range(1, CLAIMS + 1)))
        again = await socket.results(CLAIMS)
        counted = {"batchId": "b-1", "claims": CLAIMS, "rejectedClaims": 74, "amount": "20000.00"}
        socket.say({"type": "closeOfflineBatch", "id": "close-1", "body": counted})
        [closed] = await socket.told(1)
        assert closed["body"]["status"] == "CLOSED"
        socket.say(captured(7))
        [late] = await socket.told(1)
    assert {key: each["body"] for key, each in first.items()} == {key: each["body"] for key, each in again.items()}
    assert {each["replayed"] for each in again.values()} == {True}
    assert late["body"] == first["off-7"]["body"]
    # In the order of their numbers: the last that fits is the 63rd of its month, and is covered in part.
    assert [first[f"off-{number}"]["body"]["month"] for number in (1, 100, 101, 200)] == ["2026-10"] * 2 + [
        "2026-11"
    ] * 2
    assert [first[f"off-{number}"]["body"]["covered"] for number in (62, 63, 163)] == ["80.00", "40.00", "40.00"]
    outcomes = Counter((each["body"]["month"], each["body"]["status"]) for each in first.values())
    assert outcomes == {
        (month, kind): n for month in ("2026-10", "2026-11") for kind, n in (("PAID", 63), ("REJECTED", 37))
    }
    await totals_match(bench, closed["position"], first)


async def totals_match(bench: Bench, position: str, results: dict[str, dict[str, Any]]) -> None:
    """What the pharmacy is shown is what the terminal counted."""
    newest = max((each["position"] for each in results.values()), key=lambda text: int(text.partition("@")[2]))
    headers = {"min-position": f"{newest},{position}"}
    asked = f"{OURS}/totals?date=2026-11-23&terminal={TERMINAL}"
    totals = (await bench.get(asked, headers=headers)).json()
    shown = {each["status"]: each["claims"] for each in totals["byStatus"]}
    assert (shown, totals["claims"], totals["covered"]) == ({"PAID": 126, "REJECTED": 74}, CLAIMS, 10_000)
    listed: list[str] = []
    after = ""
    while after is not None:
        page = (await bench.get(f"{OURS}/rejections?limit=50{after and f'&cursor={after}'}")).json()
        listed += [each["claimId"] for each in page["items"]]
        after = page["next"]
    assert sorted(listed) == sorted(
        each["body"]["claimId"] for each in results.values() if each["body"]["status"] == "REJECTED"
    )
    for month in ("2026-10", "2026-11"):
        spend = (await bench.get(f"/api/v1/medcards/{CARD_ID}/spend?month={month}")).json()
        assert spend["covered"] == 5_000


@pytest.mark.parametrize(
    ("changes", "which"),
    [
        ({"claims": 201, "lastSequence": 201}, "CLAIMS"),
        ({"amount": "20000.01"}, "AMOUNT"),
        ({"firstCapturedAt": "2026-10-01T00:00:00Z"}, "AGE"),
    ],
)
async def test_the_caps_are_checked_when_a_batch_is_opened(bench: Bench, changes: dict[str, Any], which: str) -> None:
    async with counter(bench) as socket:
        socket.say(opening(**changes))
        [answer] = await socket.told(1)
        assert (answer["status"], answer["body"]["code"]) == ("refused", "offline_cap_exceeded")
        assert answer["body"]["facts"]["which"] == which
        socket.say(captured(1))
        [refused] = await socket.told(1)
        assert (refused["status"], refused["body"]["code"]) == ("refused", "offline_batch_not_found")


async def test_claims_come_in_the_order_of_their_numbers_and_within_their_batch(bench: Bench) -> None:
    async with counter(bench) as socket:
        # Also where nobody waits for the opening.
        socket.say(opening(), captured(2), captured(1), captured(201), captured(3, batch="b-2"))
        answer, *rest = await socket.told(5)
        found = {each["id"]: each for each in rest}
        assert answer["id"] == "open-1"
        assert found["off-2"]["status"] == "accepted"
        for key in ("off-1", "off-201"):
            assert (found[key]["body"]["code"], found[key]["body"]["facts"]) == (
                "sequence_gap",
                {"expectedSequence": 3},
            )
        assert found["off-3"]["body"]["code"] == "offline_batch_not_found"
        before = (EVENING - timedelta(seconds=1)).isoformat()
        socket.say(captured(3, capturedAt=before), captured(4, capturedAt="2026-11-23T10:06:00Z"), captured(5, body={}))
        wrong = await socket.results(3)
        assert {each["status"] for each in wrong.values()} == {"invalid"}
        socket.say({key: value for key, value in captured(6).items() if key != "seq"})
        [half] = await socket.told(1)
        assert (half["status"], half["body"]["code"]) == ("invalid", "invalid_request")


async def test_another_terminal_has_no_part_in_a_batch(bench: Bench) -> None:
    async with counter(bench) as socket, counter(bench, terminal_id="t-18") as other:
        await opened(socket)
        other.say(captured(1), opening("open-18"))
        found = await other.results(2)
        assert found["off-1"]["body"]["code"] == "offline_batch_not_found"
        assert found["open-18"]["body"]["code"] == "terminal_not_found"


async def test_behind_a_claim_that_is_to_be_sent_again_no_other_is_executed(bench: Bench) -> None:
    async with counter(bench) as socket:
        await opened(socket)
        bench.door.answer = CommandAnswer(Outcome.OVERLOADED, b'{"retryAfterS":1}')
        socket.say(captured(1), captured(2), captured(3))
        found = {each["id"]: each for each in await socket.told(4) if each["type"] == "result"}
        assert [found[f"off-{n}"]["body"]["code"] for n in (1, 2, 3)] == ["overloaded", "unavailable", "unavailable"]
        bench.door.answer = None
        socket.say(captured(1), captured(2), captured(3))
        assert {each["status"] for each in (await socket.results(3)).values()} == {"accepted"}
