"""Terminals on their sockets: who is let in, what is answered, and what closes a connection."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ledger.auditing import AuditFilter
from ledger.messages.commands import CommandAnswer, Outcome
from ledger.reads import Page
from tests.support.doors import NOON, edge, token
from tests.support.terminals import CARD_ID, PHARMACY, TERMINAL, claim, counter, terminal_token, wire

HELLO = {"type": "hello", "accessToken": ""}


def ping(message_id: str) -> dict[str, Any]:
    return {"type": "ping", "id": message_id}


# Who is let in.


async def test_a_terminal_is_welcomed_by_the_token_of_its_handshake() -> None:
    async with edge(terminal_window=7) as bench, wire(bench) as socket:
        [welcome] = await socket.told(1)
        assert socket.accepted == {"type": "websocket.accept", "subprotocol": "healthpay.terminal.v1"}
        assert (welcome["type"], welcome["window"], welcome["serverTime"]) == ("welcome", 7, "2026-11-23T10:00:00Z")
        limits = welcome["limits"]
        assert (limits["pharmacyId"], limits["terminalId"]) == (PHARMACY, TERMINAL)
        assert limits["tokenEndsAt"] == "2026-11-23T11:00:00Z"


async def test_a_terminal_is_welcomed_by_its_first_message() -> None:
    async with edge() as bench, wire(bench, "") as socket:
        await bench.active_card()
        socket.say({**HELLO, "accessToken": terminal_token()}, claim("c-1"))
        welcome, result = await socket.told(2)
        assert (welcome["type"], result["type"], result["status"]) == ("welcome", "result", "accepted")


@pytest.mark.parametrize(
    ("bearer", "code", "close"),
    [
        ("nonsense", "token_invalid", 4401),
        (terminal_token(exp=NOON - timedelta(seconds=1)), "token_expired", 4401),
    ],
)
async def test_nobody_is_let_in_without_a_good_token(bearer: str, code: str, close: int) -> None:
    async with edge() as bench, wire(bench, bearer) as socket:
        assert (await socket.ended())[0] == close
        assert [each["code"] for each in socket.messages()] == [code]


async def test_a_command_before_hello_is_not_taken() -> None:
    async with edge() as bench, wire(bench, "") as socket:
        await bench.active_card()
        socket.say(claim("c-1"))
        assert (await socket.ended())[0] == 4401
        assert [each["code"] for each in socket.messages()] == ["unauthenticated"]


@pytest.mark.parametrize(
    "bearer",
    [
        token("ADMIN"),
        token("ADMIN", pharmacy_id=PHARMACY, terminal_id=TERMINAL),
        token("PHARMACY", pharmacy_id=PHARMACY),
        token("PHARMACY", terminal_id=TERMINAL),
    ],
)
async def test_only_a_terminal_is_let_in(bearer: str) -> None:
    async with edge() as bench, wire(bench, bearer) as socket:
        assert (await socket.ended())[0] == 4403


async def test_a_client_of_another_protocol_is_told_so() -> None:
    async with edge() as bench, wire(bench, subprotocols=("graphql-transport-ws",)) as socket:
        assert (await socket.ended())[0] == 1002
        assert not socket.frames


async def test_who_says_nothing_is_closed() -> None:
    async with edge(terminal_silence_max_s=0.05) as bench, wire(bench, "") as socket:
        assert (await socket.ended())[0] == 4408


async def test_no_more_sockets_than_the_replica_holds() -> None:
    async with edge(terminal_sockets_max=1) as bench, counter(bench), wire(bench) as second:
        assert (await second.ended())[0] == 1013


# Commands and their answers.


async def test_a_claim_is_answered_by_what_rest_answers() -> None:
    async with edge() as bench:
        await bench.active_card()
        async with counter(bench) as socket:
            socket.say(claim("c-1"))
            [result] = await socket.told(1)
        assert (result["id"], result["status"], result["replayed"]) == ("c-1", "accepted", False)
        body = result["body"]
        assert (body["status"], body["covered"], body["patientPays"]) == ("PAID", "280.00", "70.00")
        assert result["position"] == body["position"]


async def test_the_same_ids_have_the_same_answers_on_another_socket() -> None:
    async with edge() as bench:
        await bench.active_card()
        frames = []
        for _ in range(2):
            async with counter(bench) as socket:
                socket.say(claim("c-1"), claim("c-2", "rx-2"), {**claim("c-3", "rx-3"), "card": "unknown"})
                frames.append(await socket.results(3))
        first, again = frames
        assert {key: each["body"] for key, each in first.items()} == {key: each["body"] for key, each in again.items()}
        assert {each["replayed"] for each in first.values()} == {False}
        assert {each["replayed"] for each in again.values()} == {True}
        assert (first["c-3"]["status"], first["c-3"]["body"]["code"]) == ("refused", "card_not_found")


async def test_an_id_twice_in_one_frame_is_one_command() -> None:
    async with edge() as bench:
        await bench.active_card()
        async with counter(bench) as socket:
            socket.say(
                claim("c-1"), claim("c-1"), {**claim("c-1"), "card": CARD_ID, "body": claim("x", "rx-9")["body"]}
            )
            first, second, other = await socket.told(3)
        assert first["body"] == second["body"]
        assert [each["replayed"] for each in (first, second)] == [False, True]
        assert (other["status"], other["body"]["code"]) == ("conflict", "idempotency_conflict")


async def test_a_claim_is_taken_back_by_its_id_and_by_its_prescription() -> None:
    async with edge() as bench:
        await bench.active_card()
        async with counter(bench) as socket:
            socket.say(claim("c-1"), claim("c-2", "rx-2"))
            paid = await socket.results(2)
            by_id = {"claimId": paid["c-1"]["body"]["claimId"], "reason": "wrong patient"}
            socket.say(
                {"type": "reverseClaim", "id": "r-1", "card": CARD_ID, "body": by_id},
                {"type": "reverseClaim", "id": "r-2", "card": CARD_ID, "body": {"prescriptionId": "rx-2"}},
                {"type": "reverseClaim", "id": "r-3", "card": CARD_ID, "body": {"prescriptionId": "rx-3"}},
                {"type": "reverseClaim", "id": "r-4", "card": CARD_ID, "body": {"claimId": "clm_x", "other": 1}},
            )
            back = await socket.results(4)
        assert [back[key]["body"].get("status") for key in ("r-1", "r-2", "r-3")] == [
            "REVERSED",
            "REVERSED",
            "VOID_PENDING",
        ]
        assert (back["r-4"]["status"], back["r-4"]["body"]["code"]) == ("invalid", "unknown_field")


async def test_another_pharmacys_claim_is_refused() -> None:
    async with edge() as bench:
        await bench.active_card()
        async with counter(bench) as socket:
            socket.say(
                claim("c-1", pharmacyId="pharmacy-999"), claim("c-2", pharmacyId=PHARMACY), claim("c-3", "", x=1)
            )
            found = await socket.results(3)
        assert [found[key]["status"] for key in ("c-1", "c-2", "c-3")] == ["forbidden", "accepted", "invalid"]
        assert found["c-3"]["body"]["errors"]


async def test_a_ping_has_the_servers_time() -> None:
    async with edge() as bench, counter(bench) as socket:
        socket.say(ping("p-1"))
        [result] = await socket.told(1)
        assert (result["status"], result["body"]) == ("accepted", {"serverTime": "2026-11-23T10:00:00Z"})


async def test_what_became_of_an_id_is_told() -> None:
    async with edge() as bench:
        await bench.active_card()
        async with counter(bench) as socket:
            socket.say(claim("c-1"))
            [claimed] = await socket.told(1)
            ask = {"type": "commandStatus", "id": "s-1", "body": {"key": "c-1", "card": CARD_ID}}
            socket.say(ask, {**ask, "id": "s-2", "body": {"key": "c-2", "card": CARD_ID}})
            found = await socket.results(2)
        assert found["s-1"]["body"]["answer"] == claimed["body"]
        assert (found["s-2"]["status"], found["s-2"]["body"]["code"]) == ("refused", "command_not_found")


# Bad frames and limits.


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid_json"),
        ("{", "invalid_json"),
        ('{"type":"claimPrescription","id":"c-1","card":"medcard-456","body":{"a":}}', "invalid_json"),
        ("[]", "empty_frame"),
        ("null", "invalid_message"),
        ('"ping"', "invalid_message"),
        ('{"type":"drop"}', "invalid_message"),
        ('{"type":"ping"}', "invalid_message"),
        ('{"type":"ping","id":""}', "invalid_message"),
        ('{"type":"ping","id":"' + "x" * 65 + '"}', "invalid_message"),
        ('{"type":"ping","id":"p-1","more":1}', "invalid_message"),
        ("[" * 2_000, "invalid_message"),
    ],
)
async def test_a_frame_that_is_none_is_answered_with_an_error_and_the_rest_goes_on(text: str, code: str) -> None:
    async with edge() as bench, counter(bench) as socket:
        socket.say_text(text)
        socket.say(ping("p-1"))
        error, result = await socket.told(2)
        assert (error["type"], error["code"]) == ("error", code)
        assert (result["type"], result["id"]) == ("result", "p-1")


async def test_the_error_names_the_message_that_is_wrong_and_nothing_of_the_frame_is_done() -> None:
    async with edge() as bench:
        await bench.active_card()
        async with counter(bench) as socket:
            socket.say(claim("c-1"), {**claim("c-2"), "extra": 1})
            [error] = await socket.told(1)
            assert (error["code"], error["id"]) == ("invalid_message", "c-2")
            socket.say({"type": "commandStatus", "id": "s-1", "body": {"key": "c-1", "card": CARD_ID}})
            [status] = await socket.told(1)
            assert status["body"]["code"] == "command_not_found"


async def test_the_fifth_bad_frame_in_a_minute_closes() -> None:
    async with edge() as bench, counter(bench) as socket:
        for _ in range(4):
            socket.say_text("{")
        bench.clock.advance(timedelta(seconds=1))
        socket.say(ping("p-1"))
        assert [each["type"] for each in await socket.told(5)] == ["error"] * 4 + ["result"]
        socket.say_text("{")
        assert (await socket.ended())[0] == 1008


async def test_bad_frames_of_another_minute_are_forgiven() -> None:
    async with edge() as bench, counter(bench) as socket:
        for n in range(9):
            socket.say_text("{")
            await socket.told(1)
            bench.clock.advance(timedelta(seconds=16))
            assert socket.closed is None, n


async def test_a_frame_that_is_too_large_and_one_that_is_binary_close() -> None:
    async with edge(terminal_frame_bytes_max=4_096) as bench:
        async with counter(bench) as socket:
            socket.say_text("x" * 4_097)
            assert (await socket.ended())[0] == 1009
        async with counter(bench) as socket:
            socket.incoming.put_nowait({"type": "websocket.receive", "bytes": b"{}"})
            assert (await socket.ended())[0] == 1003


async def test_a_frame_holds_no_more_messages_than_it_may() -> None:
    async with edge(terminal_frame_messages_max=3) as bench, counter(bench) as socket:
        socket.say(*(ping(f"p-{n}") for n in range(4)))
        [error] = await socket.told(1)
        assert error["code"] == "too_many_messages"


async def test_what_is_beyond_the_window_is_not_taken() -> None:
    async with edge(terminal_window=3) as bench:
        await bench.active_card()
        held = asyncio.Event()
        bench.door.after = held.wait
        async with counter(bench) as socket:
            socket.say(*(claim(f"c-{n}", f"rx-{n}") for n in range(5)))
            errors = await socket.told(2)
            assert [(each["code"], each["id"]) for each in errors] == [
                ("window_exceeded", "c-3"),
                ("window_exceeded", "c-4"),
            ]
            held.set()
            assert sorted(await socket.results(3)) == ["c-0", "c-1", "c-2"]
            socket.say(claim("c-3", "rx-3"))
            assert list(await socket.results(1)) == ["c-3"]


async def test_who_goes_beyond_the_window_again_and_again_is_closed() -> None:
    async with edge(terminal_window=1) as bench:
        await bench.active_card()
        bench.door.after = asyncio.Event().wait
        async with counter(bench) as socket:
            for n in range(6):
                socket.say(claim(f"c-{n}", f"rx-{n}"))
            assert (await socket.ended())[0] == 1008


async def test_a_terminal_that_reads_nothing_is_ended_and_what_it_asked_for_is_done() -> None:
    async with edge(terminal_silence_max_s=0.1) as bench:
        await bench.active_card()
        async with counter(bench) as socket, counter(bench, terminal_id="t-18") as other:
            socket.reading.clear()
            socket.say(claim("c-1"))
            async with asyncio.timeout(5):
                while not socket.aborted:  # noqa: ASYNC110 - the transport's flag is no event
                    await asyncio.sleep(0.01)
            other.say(claim("c-2"))
            [result] = await other.told(1)
            assert result["body"]["status"] == "DUPLICATE"


async def test_who_asks_without_reading_is_ended_at_a_bound() -> None:
    async with edge(terminal_window=5) as bench, counter(bench) as socket:
        socket.reading.clear()
        for n in range(200):
            socket.say(ping(f"p-{n}"))
        async with asyncio.timeout(5):
            while not socket.aborted:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)


async def test_the_rate_of_a_terminal_is_bounded_and_it_is_told_when_to_come_again() -> None:
    async with edge(rate_limit_pharmacy_per_hour=3) as bench:
        await bench.active_card()
        async with counter(bench) as socket:
            socket.say(claim("c-1"), claim("c-2", "rx-2"))
            await socket.results(2)
            socket.say(claim("c-3", "rx-3"), claim("c-4", "rx-4"))
            *refused, advice = await socket.told(3)
            assert {each["status"] for each in refused} == {"overloaded"}
            body = refused[0]["body"]
            assert (body["code"], body["retryable"], body["retryAfterMs"]) == ("rate_limited", True, 1_200_000)
            assert (advice["type"], advice["code"]) == ("advice", "slow_down")
            socket.say(claim("c-5", "rx-5"))
            assert (await socket.results(1))["c-5"]["status"] == "accepted"


@pytest.mark.parametrize(
    ("outcome", "status", "retryable"),
    [
        (Outcome.OVERLOADED, "overloaded", True),
        (Outcome.EXPIRED, "expired", True),
        (Outcome.FENCED, "expired", True),
        (Outcome.UNKNOWN, "unknown", True),
        (Outcome.CONFLICT, "conflict", False),
        (Outcome.INTERNAL, "internal", False),
    ],
)
async def test_every_outcome_of_a_host_has_its_status(outcome: Outcome, status: str, retryable: bool) -> None:
    async with edge() as bench, counter(bench) as socket:
        bench.door.answer = CommandAnswer(outcome, b'{"retryAfterS":3}')
        socket.say(claim("c-1"))
        [result] = [each for each in await socket.told(2 if status == "overloaded" else 1) if each["type"] == "result"]
        assert (result["status"], result["body"]["retryable"], result["position"]) == (status, retryable, None)
        assert ("retryAfterMs" in result["body"]) is retryable


async def test_an_overloaded_server_tells_a_terminal_to_slow_down_once() -> None:
    async with edge(terminal_window=40) as bench, counter(bench) as socket:
        bench.door.answer = CommandAnswer(Outcome.OVERLOADED, b'{"retryAfterS":3}')
        socket.say(*(claim(f"c-{n}", f"rx-{n}") for n in range(20)))
        found = await socket.told(21)
        [advice] = [each for each in found if each["type"] == "advice"]
        assert (advice["code"], advice["window"]) == ("slow_down", 20)
        bench.clock.advance(timedelta(seconds=2))
        socket.say(claim("c-1"))
        assert {each["type"] for each in await socket.told(2)} == {"result", "advice"}


async def test_who_guesses_tokens_on_an_open_socket_is_closed() -> None:
    async with edge() as bench, counter(bench) as socket:
        for n in range(6):
            socket.say({**HELLO, "accessToken": f"guess-{n}"})
        assert (await socket.ended())[0] == 1008


# Tokens that end, and terminals that are revoked.


async def test_a_token_is_renewed_in_place() -> None:
    async with edge() as bench, counter(bench, exp=NOON.timestamp() + 0.3) as socket:
        [advice] = await socket.told(1)
        assert (advice["type"], advice["code"]) == ("advice", "token_ends_soon")
        socket.say({**HELLO, "accessToken": terminal_token()})
        [welcome] = await socket.told(1)
        assert welcome["limits"]["tokenEndsAt"] == "2026-11-23T11:00:00Z"
        await asyncio.sleep(0.3)
        socket.say(ping("p-1"))
        assert list(await socket.results(1)) == ["p-1"]


async def test_a_token_that_ends_closes() -> None:
    async with edge() as bench, counter(bench, exp=NOON.timestamp() + 0.1) as socket:
        assert (await socket.ended())[0] == 4401


@pytest.mark.parametrize(
    ("bearer", "code"),
    [
        ("nonsense", "token_invalid"),
        (terminal_token(terminal_id="t-18"), "forbidden"),
        (terminal_token(sub="x"), "forbidden"),
    ],
)
async def test_a_token_that_is_no_renewal_changes_nothing(bearer: str, code: str) -> None:
    async with edge() as bench, counter(bench) as socket:
        socket.say({**HELLO, "accessToken": bearer})
        socket.say(ping("p-1"))
        error, result = await socket.told(2)
        assert (error["code"], result["id"]) == (code, "p-1")


async def test_a_revoked_terminal_is_not_let_in() -> None:
    async with edge() as bench:
        bench.registry.gone.add((PHARMACY, TERMINAL))
        async with wire(bench) as socket:
            assert (await socket.ended())[0] == 4403
            assert [each["code"] for each in socket.messages()] == ["terminal_revoked"]


async def test_a_terminal_that_is_revoked_is_told_and_closed_and_all_are_asked_for_in_one_question() -> None:
    async with edge(terminal_revocations_every_s=0.1) as bench:
        async with counter(bench) as socket, counter(bench, terminal_id="t-18") as other, counter(bench) as twin:
            asked = bench.registry.questions
            bench.registry.gone.add((PHARMACY, TERMINAL))
            assert (await socket.ended())[0] == (await twin.ended())[0] == 4403
            assert socket.messages()[-1]["code"] == "terminal_revoked"
            assert bench.registry.questions - asked <= 2
            other.say(ping("p-1"))
            assert list(await other.results(1)) == ["p-1"]


async def test_a_terminal_that_goes_takes_nothing_along() -> None:
    async with edge() as bench:
        await bench.active_card()
        held = asyncio.Event()
        bench.door.after = held.wait
        async with counter(bench) as socket:
            socket.say(claim("c-1"))
            await asyncio.sleep(0.01)
            socket.task.cancel()
        held.set()
        async with counter(bench) as again:
            again.say(claim("c-1"))
            [result] = await again.told(1)
            assert (result["replayed"], result["body"]["status"]) == (True, "PAID")


# What is kept of it.


async def test_what_a_terminal_may_not_is_on_the_trail_and_what_it_may_is_not() -> None:
    async with edge() as bench:
        await bench.active_card()
        async with counter(bench) as socket:
            socket.say(claim("c-1"), claim("c-2", "rx-2", pharmacyId="pharmacy-999"))
            await socket.results(2)
        async with wire(bench, "nonsense") as refused:
            await refused.ended()
        kept = [
            (each.what, each.on_what, each.outcome, each.ip)
            for each in await bench.trail.records(AuditFilter(), Page(9))
        ]
        assert kept[:2] == [
            ("login", "/ws/terminal", "token_invalid", "192.0.2.7"),
            ("claimPrescription", CARD_ID, "forbidden", "192.0.2.7"),
        ]
        assert {who for _, _, _, who in kept[2:]} == {"127.0.0.1"}


async def test_terminals_and_their_commands_are_counted() -> None:
    async with edge() as bench:
        await bench.active_card()
        async with counter(bench) as socket, counter(bench, terminal_id="t-18") as other:
            socket.say(claim("c-1"), {**claim("c-2", "rx-2"), "card": "unknown"})
            await socket.results(2)
            assert "healthpay_terminal_sockets 2.0" in (await bench.get("/metrics")).text.replace(
                '{process="edge"}', ""
            )
            other.incoming.put_nowait({"type": "websocket.receive", "bytes": b""})
            await other.ended()
        text = (await bench.get("/metrics")).text
        counted = {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in text.splitlines() if line[:1] != "#"}
        commands = {
            name: n for name, n in counted.items() if "healthpay_commands_total" in name and "claimPres" in name
        }
        assert sorted(('outcome="ok"' in name, n) for name, n in commands.items()) == [(False, "1.0"), (True, "1.0")]
        closes = {name.partition('code="')[2][:4]: n for name, n in counted.items() if "terminal_closes_total" in name}
        assert closes == {"1003": "1.0", "gone": "1.0"}
