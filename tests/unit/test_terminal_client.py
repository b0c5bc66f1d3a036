"""The terminal's client against a stand-in of the server, on good and bad networks."""

import asyncio
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.client import (
    Answer,
    Backoff,
    Closed,
    Conflict,
    NoAnswerYet,
    Offline,
    Options,
    Record,
    RecordFailed,
    Refused,
    Terminal,
    TerminalRevoked,
    TokenEnded,
    TooManyUnanswered,
)
from tests.support.stand_in_socket import StandIn, stand_in, stand_in_again, until

QUICK = Options(reconnect=Backoff(0.01, 0.05), retry=Backoff(0.01, 0.05), frame_commands_max=20)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "pos.db"


def terminal_at(server: StandIn, record: Path, token: Any = "token", options: Options = QUICK, **more: Any) -> Terminal:
    return Terminal(server.url, token, record=record, options=options, **more)


async def claim(terminal: Terminal, rx: str, **more: Any) -> Any:
    return await terminal.claim("card-1", prescription_id=rx, beneficiary_id="user-1", total="350.00", **more)


async def test_a_claim_is_answered_with_exact_amounts(record: Path) -> None:
    async with stand_in() as server, terminal_at(server, record) as terminal:
        answer = await claim(terminal, "rx-1")
        assert (answer.status, answer.total, answer.copay) == ("PAID", Decimal("350.00"), Decimal("0.00"))
        assert answer.paid
        assert server.received[0]["body"]["totalAmount"] == "350.00"
        assert server.tokens == ["Bearer token"]


async def test_a_binary_float_is_no_amount(record: Path) -> None:
    async with stand_in() as server, terminal_at(server, record) as terminal:
        with pytest.raises(TypeError):
            await terminal.claim("card-1", prescription_id="rx", beneficiary_id="u", total=350.1)  # type: ignore[arg-type]  # the point of it
        assert await terminal.entries() == []


async def test_the_answer_is_on_the_record_byte_for_byte(record: Path) -> None:
    async with stand_in() as server, terminal_at(server, record) as terminal:
        await claim(terminal, "rx-1", id="key-1")
        entry = await terminal.outcome("key-1")
        assert entry is not None
        assert entry.answer is not None
        assert f'"body":{entry.answer.body},"position"' in server.answers["key-1"]


async def test_many_claims_go_in_full_frames_and_never_more_than_the_window(record: Path) -> None:
    async with stand_in(window=15) as server, terminal_at(server, record) as terminal:
        await asyncio.gather(*(claim(terminal, f"rx-{n}") for n in range(200)))
        assert len(server.order) == 200
        assert server.most_unanswered == 15
        assert len(server.frames) < 60


async def test_lost_answers_are_got_again_and_nothing_is_executed_twice(record: Path) -> None:
    async with stand_in(cut_after_frames=[1, 1, 2]) as server, terminal_at(server, record) as terminal:
        answers = await asyncio.gather(*(claim(terminal, f"rx-{n}") for n in range(60)))
        assert len({answer.claim_id for answer in answers}) == len(set(server.order)) == len(server.order) == 60
        assert max(server.times_seen.values()) > 1
        assert any(entry.answer is not None and entry.answer.replayed for entry in await terminal.entries())
        assert terminal.reconnects == 3


async def test_handshakes_that_fail_are_tried_again(record: Path) -> None:
    async with (
        stand_in(handshakes_refused=[503, 404, 500, 502]) as server,
        terminal_at(server, record) as terminal,
    ):
        assert (await claim(terminal, "rx-1")).paid


async def test_a_restart_of_the_server_is_survived(record: Path) -> None:
    async with stand_in() as server:
        terminal = terminal_at(server, record)
        await terminal.start()
        await claim(terminal, "rx-1")
    waiting = asyncio.create_task(claim(terminal, "rx-2"))
    await until(lambda: not terminal.online)
    async with stand_in_again(server):
        assert (await waiting).paid
        await terminal.close()


async def test_what_was_unanswered_is_sent_at_the_next_start_under_the_same_id(record: Path) -> None:
    async with stand_in(silent=True) as server:
        async with terminal_at(server, record) as terminal:
            with pytest.raises(NoAnswerYet):
                await claim(terminal, "rx-1", id="key-1", within_s=0.2)
        left: list[str] = []
        server.silent = False
        async with terminal_at(server, record, on_answer=lambda answer: left.append(answer.id)) as terminal:
            await until(lambda: left)
            assert (await claim(terminal, "rx-1", id="key-1")).paid
        assert (left, server.order, server.times_seen["key-1"]) == (["key-1"], ["key-1"], 2)


async def test_an_id_means_one_command(record: Path) -> None:
    async with stand_in() as server, terminal_at(server, record) as terminal:
        first, second = await asyncio.gather(claim(terminal, "rx-1", id="k"), claim(terminal, "rx-1", id="k"))
        assert first == second
        with pytest.raises(Conflict):
            await claim(terminal, "rx-2", id="k")
        assert server.order == ["k"]


async def test_what_the_server_cannot_do_now_is_sent_again(record: Path) -> None:
    async with stand_in(overloaded_first=5) as server, terminal_at(server, record) as terminal:
        assert (await claim(terminal, "rx-1", id="k")).paid
        assert server.times_seen["k"] == 6


async def test_a_refusal_is_an_exception_with_its_facts(record: Path) -> None:
    problem = {"code": "medcard_closed", "detail": "closed", "facts": {"limit": "5"}, "retryable": False}
    async with stand_in(refusals={"rx-1": problem}) as server, terminal_at(server, record) as terminal:
        with pytest.raises(Refused) as refused:
            await claim(terminal, "rx-1")
        assert (refused.value.code, refused.value.facts) == ("medcard_closed", {"limit": "5"})


async def test_a_line_that_carries_no_answers_is_given_up(record: Path) -> None:
    options = Options(reconnect=Backoff(0.01, 0.05), answer_timeout_s=0.3)
    async with stand_in(silent=True) as server, terminal_at(server, record, options=options) as terminal:
        waiting = asyncio.create_task(claim(terminal, "rx-1"))
        await until(lambda: server.order)
        server.silent = False
        assert (await waiting).paid
        assert terminal.reconnects == 1


async def test_advice_makes_the_window_smaller_and_a_token_is_renewed_in_place(record: Path) -> None:
    tokens = iter(("first", "second"))
    heard: list[str] = []
    async with (
        stand_in() as server,
        terminal_at(server, record, lambda: next(tokens), on_advice=lambda each: heard.append(each.code)) as terminal,
    ):
        await terminal.wait_online()
        await server.say([{"type": "advice", "code": "slow_down", "window": 2}])
        await server.say({"type": "advice", "code": "token_ends_soon", "detail": ""})
        await until(lambda: "second" in server.tokens)
        await asyncio.gather(*(claim(terminal, f"rx-{n}") for n in range(20)))
        assert max(server.frames[1:]) == 2
        assert heard == ["slow_down", "token_ends_soon"]


async def test_the_window_is_wide_again_some_time_after_the_last_slow_down(record: Path) -> None:
    options = Options(slow_down_s=0.2)
    async with stand_in() as server, terminal_at(server, record, options=options) as terminal:
        await terminal.wait_online()
        await server.say({"type": "advice", "code": "slow_down", "window": 1})
        await terminal.ping()
        await asyncio.gather(*(claim(terminal, f"rx-{n}") for n in range(5)))
        assert max(server.frames) == 1
        await asyncio.sleep(0.3)
        await asyncio.gather(*(claim(terminal, f"rx-later-{n}") for n in range(5)))
        assert max(server.frames) > 1


async def test_an_owner_that_fails_to_listen_keeps_nobody_from_an_answer(record: Path) -> None:
    def listen(_answer: Answer) -> None:
        raise RuntimeError("the owner's own")

    async with stand_in() as server, terminal_at(server, record, on_answer=listen) as terminal:
        forgotten = [asyncio.create_task(claim(terminal, f"rx-{n}", within_s=0)) for n in range(3)]
        answers = await asyncio.gather(*(claim(terminal, f"rx-{n}") for n in range(3, 6)))
        assert all(answer.paid for answer in answers)
        assert {type(each.exception()) for each in forgotten} == {NoAnswerYet}


async def test_a_record_that_cannot_be_written_ends_the_terminal(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stand_in() as server, terminal_at(server, record) as terminal:
        await claim(terminal, "rx-1")

        def full(*_given: object, **_named: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(Record, "write", full)
        with pytest.raises(RecordFailed):
            await claim(terminal, "rx-2")
        assert len(server.order) == 1


async def test_a_token_that_ended_is_asked_for_anew_and_a_fixed_one_ends_the_terminal(record: Path) -> None:
    async with stand_in() as server:
        tokens = iter(("first", "second"))
        async with terminal_at(server, record, lambda: next(tokens)) as terminal:
            await terminal.wait_online()
            await server.close_all(4401)
            await until(lambda: server.tokens == ["Bearer first", "Bearer second"])
            assert (await claim(terminal, "rx-1")).paid
        async with terminal_at(server, record) as terminal:
            await terminal.wait_online()
            await server.close_all(4401)
            await until(lambda: terminal.failure)
            with pytest.raises(TokenEnded):
                await claim(terminal, "rx-2")


async def test_a_revoked_terminal_ends_and_says_so_to_all_who_wait(record: Path) -> None:
    async with stand_in(silent=True) as server, terminal_at(server, record) as terminal:
        waiting = asyncio.create_task(claim(terminal, "rx-1"))
        await until(lambda: server.order)
        await server.close_all(4403)
        with pytest.raises(TerminalRevoked):
            await waiting
        with pytest.raises(TerminalRevoked):
            await terminal.wait_online()


async def test_without_a_line_a_claim_may_be_refused_at_once_and_stores_nothing(record: Path) -> None:
    terminal = Terminal("ws://127.0.0.1:9/ws/terminal", "t", record=record, options=QUICK)
    async with terminal:
        with pytest.raises(Offline):
            await claim(terminal, "rx-1", wait_for_line=False)
        assert await terminal.entries() == []


async def test_no_more_wait_than_the_owner_allows(record: Path) -> None:
    options = Options(unanswered_max=2)
    async with stand_in(silent=True) as server, terminal_at(server, record, options=options) as terminal:
        waiting = [asyncio.create_task(claim(terminal, f"rx-{n}")) for n in range(2)]
        await until(lambda: terminal.unanswered == 2)
        with pytest.raises(TooManyUnanswered):
            await claim(terminal, "rx-3")
    assert [type(each.exception()) for each in waiting] == [Closed, Closed]
    with Record(record) as book:
        assert len(book.unanswered()) == 2
