"""The client of back ends: against the doors of an edge, and against servers that fail."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ledger.client import Backoff, Conflict, Invalid, Ledger, NotFound, RestOptions, Unauthenticated, Unavailable
from ledger.client.api.cards_shapes import CreateMedCardInput
from ledger.client.api.shared_shapes import PersonInput
from tests.support.doors import Bench, edge, token

QUICK = RestOptions(tries_max=4, backoff=Backoff(0.001, 0.002))
HOLDER = PersonInput(
    national_id="12345678901234", name="Ahmed", date_of_birth=date(1990, 1, 15), phone_number="+201234567890"
)
WALLET = {
    "walletId": "w",
    "status": "ACTIVE",
    "currency": "EGP",
    "balance": 1,
    "held": 0,
    "available": 1,
    "dailyLimit": None,
    "monthlyLimit": None,
    "position": "wallet/0@7",
    "version": 1,
}


def client_of(bench: Bench, role: str = "ADMIN") -> Ledger:
    return Ledger("http://edge", token(role), options=QUICK, transport=httpx.ASGITransport(app=bench.app))


def failing(*answers: httpx.Response | Exception, seen: list[httpx.Request]) -> httpx.MockTransport:
    """Gives the answers one after the other, and the last one for ever."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    return httpx.MockTransport(answer)


def ledger_over(transport: httpx.MockTransport, bearer: str | Callable[[], str] = "token") -> Ledger:
    return Ledger("http://edge", bearer, options=QUICK, transport=transport)


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    body = {"code": code, "detail": code, "facts": {"limit": 10.5}, "retryable": status == 503}
    return httpx.Response(status, json=body, headers=headers)


def found(**more: Any) -> httpx.Response:
    return httpx.Response(200, json={**WALLET, **more}, headers={"Ledger-Position": "wallet/0@7"})


async def test_a_wallet_is_made_and_filled() -> None:
    async with edge() as bench, client_of(bench) as ledger:
        made = await ledger.wallets.create_wallet(user_id="user-1", key="k-1")
        again = await ledger.wallets.create_wallet(user_id="user-1", key="k-1")
        assert made == again
        await ledger.wallets.activate_wallet(made.wallet_id)
        credited = await ledger.transactions.credit_wallet(made.wallet_id, amount="350.05", source="cash")
        assert credited.amount == Decimal("350.05")
        assert ledger.positions == credited.position


async def test_a_card_is_made_of_typed_parts() -> None:
    async with edge() as bench, client_of(bench) as ledger:
        card = await ledger.cards.create_med_card(
            user_id="user-1",
            card_type="GOLD",
            primary_holder=HOLDER,
            expiry_date=date(2027, 12, 31),
            monthly_limit=Decimal("1000.00"),
        )
        view = await ledger.cards.med_card(card.med_card_id)
        assert (view.monthly_limit, view.expiry_date) == (Decimal("1000.00"), date(2027, 12, 31))


async def test_pages_follow_one_another() -> None:
    async with edge() as bench, client_of(bench) as ledger:
        made = [
            await ledger.cards.create_med_card(
                user_id="user-1", card_type="GOLD", primary_holder=HOLDER, expiry_date=date(2027, 12, 31)
            )
            for _ in range(5)
        ]
        seen = [card.id async for card in ledger.cards.all_med_cards(user_id="user-1", limit=2)]
        assert sorted(seen) == sorted(card.med_card_id for card in made)


async def test_problems_have_names() -> None:
    async with edge() as bench, client_of(bench) as ledger:
        with pytest.raises(NotFound) as missing:
            await ledger.wallets.wallet("nobody")
        assert missing.value.code == "wallet_not_found"
        made = await ledger.wallets.create_wallet(user_id="user-1", key="k-1")
        with pytest.raises(Conflict) as conflict:
            await ledger.wallets.create_wallet(user_id="user-2", key="k-1", id=made.wallet_id)
        assert conflict.value.code == "idempotency_conflict"
        with pytest.raises(Conflict) as moved:
            await ledger.wallets.activate_wallet(made.wallet_id, if_match=9)
        assert moved.value.code == "version_conflict"
        with pytest.raises(Invalid) as invalid:
            await ledger.wallets.create_wallet(user_id="", id="w")
        assert invalid.value.errors[0].pointer == "/userId"


async def test_a_float_is_no_amount() -> None:
    seen: list[httpx.Request] = []
    async with ledger_over(failing(found(), seen=seen)) as ledger:
        with pytest.raises(TypeError):
            await ledger.transactions.credit_wallet("w", amount=350.1, source="cash")  # type: ignore[arg-type]  # the point of it
    assert seen == []


async def test_all_tries_have_the_key_that_was_made_before_the_first() -> None:
    seen: list[httpx.Request] = []
    answers = (httpx.ConnectError("no"), problem(503, "unavailable"), httpx.ReadTimeout("late"), found())
    async with ledger_over(failing(*answers, seen=seen)) as ledger:
        assert (await ledger.wallets.activate_wallet("w")).wallet_id == "w"
    keys = {request.headers["Idempotency-Key"] for request in seen}
    assert (len(seen), len(keys)) == (4, 1)


async def test_tries_come_to_an_end() -> None:
    seen: list[httpx.Request] = []
    async with ledger_over(failing(problem(503, "overloaded"), seen=seen)) as ledger:
        with pytest.raises(Unavailable) as gone:
            await ledger.wallets.activate_wallet("w")
    assert (gone.value.code, len(seen)) == ("overloaded", QUICK.tries_max)
    seen.clear()
    async with ledger_over(failing(httpx.ConnectError("no"), seen=seen)) as ledger:
        with pytest.raises(Unavailable):
            await ledger.wallets.activate_wallet("w")
    assert len(seen) == QUICK.tries_max


async def test_the_server_says_when_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("ledger.client.calls.asyncio.sleep", sleep)
    seen: list[httpx.Request] = []
    limited = problem(429, "rate_limited", **{"Retry-After": "7"})
    async with ledger_over(failing(limited, found(), seen=seen)) as ledger:
        await ledger.wallets.activate_wallet("w")
    assert 7 <= slept[0] < 8
    far = problem(429, "rate_limited", **{"Retry-After": "3600"})
    async with ledger_over(failing(far, seen=seen)) as ledger:
        with pytest.raises(Unavailable):
            await ledger.wallets.activate_wallet("w")
    assert len(slept) == 1


async def test_what_was_refused_is_not_sent_again() -> None:
    seen: list[httpx.Request] = []
    async with ledger_over(failing(problem(422, "limit_exceeded"), seen=seen)) as ledger:
        with pytest.raises(Exception, match="limit_exceeded") as refused:
            await ledger.wallets.activate_wallet("w")
    assert len(seen) == 1
    assert getattr(refused.value, "facts", None) == {"limit": Decimal("10.5")}


async def test_queries_ask_for_what_this_client_wrote() -> None:
    seen: list[httpx.Request] = []
    async with ledger_over(failing(found(), seen=seen)) as ledger:
        ledger.seen("medcard/1@5,wallet/0@3")
        await ledger.wallets.activate_wallet("w")
        with pytest.raises(Exception, match="lacks"):
            await ledger.wallets.wallet("w")
    assert "Min-Position" not in seen[0].headers
    assert seen[1].headers["Min-Position"] == "medcard/1@5,wallet/0@7"


async def test_a_token_that_ended_is_asked_for_again_once() -> None:
    seen: list[httpx.Request] = []
    tokens = iter(("first", "second", "third"))
    ended = problem(401, "token_expired")
    async with ledger_over(failing(ended, found(), ended, seen=seen), lambda: next(tokens)) as ledger:
        await ledger.wallets.activate_wallet("w")
        assert [each.headers["Authorization"] for each in seen] == ["Bearer first", "Bearer second"]
        with pytest.raises(Unauthenticated):
            await ledger.wallets.activate_wallet("w")
    assert len(seen) == 4


def test_inputs_are_classes_of_their_own() -> None:
    given = CreateMedCardInput(user_id="u", card_type="GOLD", primary_holder=HOLDER, expiry_date=date(2027, 1, 1))
    assert given.monthly_limit is None
