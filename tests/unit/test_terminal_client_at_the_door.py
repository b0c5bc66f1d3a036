"""The terminal's client against the server's own door, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import uvicorn

from actors.websockets import Websocket
from ledger.client import Backoff, ClaimAnswer, Conflict, Invalid, Options, Refused, Terminal, TokenEnded
from tests.support.doors import NOON, Bench, edge, token
from tests.support.server import free_port
from tests.support.stand_in_socket import until
from tests.support.terminals import CARD_ID, PHARMACY, TERMINAL, terminal_token

QUICK = Options(reconnect=Backoff(0.01, 0.05), retry=Backoff(0.01, 0.05))


@asynccontextmanager
async def served(**settings: object) -> AsyncIterator[tuple[Bench, str]]:
    """An edge with an active card, and where its socket is."""
    async with edge(**settings) as bench:
        await bench.active_card()
        port = free_port()
        config = uvicorn.Config(
            bench.app, port=port, ws=Websocket, lifespan="off", log_level="error", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(), name="uvicorn")
        await until(lambda: server.started)
        try:
            yield bench, f"ws://127.0.0.1:{port}/ws/terminal"
        finally:
            server.should_exit = True
            await serving


async def test_a_terminal_does_its_day(tmp_path: Path) -> None:
    async with served() as (_, url), Terminal(url, terminal_token(), record=tmp_path / "pos.db", options=QUICK) as pos:
        claimed = await pos.claim(CARD_ID, prescription_id="rx-1", beneficiary_id="user-123", total="350.00", id="c-1")
        assert (claimed.status, claimed.covered, claimed.patient_pays) == ("PAID", Decimal("280.00"), Decimal("70.00"))
        status = await pos.command_status("c-1", card=CARD_ID)
        assert (status.status, status.answer["claimId"]) == ("ACCEPTED", claimed.claim_id)
        reversed_ = await pos.reverse(CARD_ID, claim_id=claimed.claim_id, reason="wrong patient")
        assert (reversed_.status, reversed_.restored) == ("REVERSED", Decimal("280.00"))
        early = await pos.reverse(CARD_ID, prescription_id="rx-2")
        assert early.status == "VOID_PENDING"
        late = await pos.claim(CARD_ID, prescription_id="rx-2", beneficiary_id="user-123", total="1.00")
        assert late.status == "VOIDED"
        assert await pos.ping() == NOON
        entry = await pos.outcome("c-1")
        assert entry is not None
        assert entry.answer is not None
        assert entry.answer.position == claimed.position


async def test_the_doors_problems_have_their_names(tmp_path: Path) -> None:
    async with served() as (_, url), Terminal(url, terminal_token(), record=tmp_path / "pos.db", options=QUICK) as pos:
        with pytest.raises(Refused) as refused:
            await pos.claim("nobody", prescription_id="rx-1", beneficiary_id="user-123", total="1.00")
        assert refused.value.code == "card_not_found"
        with pytest.raises(Invalid) as invalid:
            await pos.claim(CARD_ID, prescription_id="rx-1", beneficiary_id="user-123", total="-1.00")
        assert invalid.value.errors[0].pointer == "/totalAmount"
        await pos.claim(CARD_ID, prescription_id="rx-1", beneficiary_id="user-123", total="1.00", id="k")
    async with served() as (_, url), Terminal(url, terminal_token(), record=tmp_path / "o.db", options=QUICK) as pos:
        await pos.claim(CARD_ID, prescription_id="rx-1", beneficiary_id="user-123", total="1.00", id="k")
        async with Terminal(url, terminal_token(), record=tmp_path / "other.db", options=QUICK) as other:
            with pytest.raises(Conflict):
                await other.claim(CARD_ID, prescription_id="rx-2", beneficiary_id="user-123", total="1.00", id="k")


async def test_claims_over_lines_that_are_cut_are_executed_once(tmp_path: Path) -> None:
    async with served(terminal_window=40) as (bench, url):
        answers: list[ClaimAnswer] = []

        async def sell(pos: Terminal, rx: str) -> None:
            answers.append(await pos.claim(CARD_ID, prescription_id=rx, beneficiary_id="user-123", total="0.05"))

        async with Terminal(url, terminal_token(), record=tmp_path / "pos.db", options=QUICK) as pos:
            for number in range(4):
                before = len(answers)
                selling = asyncio.gather(*(sell(pos, f"rx-{number}-{n}") for n in range(100)))
                await until(lambda before=before: len(answers) > before)
                pos.cut()
                await selling
                await until(lambda times=number + 1: pos.reconnects == times)
        assert {answer.status for answer in answers} == {"PAID"}
        assert len({answer.claim_id for answer in answers}) == 400
        events = await bench.log.read_after(dict.fromkeys(await bench.log.heads(), 0), 10_000)
        assert sum(event.type == "PrescriptionClaimed" for event in events) == 400


async def test_a_token_is_renewed_in_place(tmp_path: Path) -> None:
    asked: list[datetime] = []

    async with served() as (bench, url):

        def fresh() -> str:
            asked.append(bench.clock.now())
            claims = {"pharmacy_id": PHARMACY, "terminal_id": TERMINAL}
            return token("PHARMACY", **claims, exp=bench.clock.now().timestamp() + (2 if len(asked) == 1 else 600))

        async with Terminal(url, fresh, record=tmp_path / "pos.db", options=QUICK) as pos:
            await pos.wait_online()
            await until(lambda: len(asked) == 2)
            assert await pos.ping() == NOON
            assert pos.reconnects == 0


async def test_a_token_of_nobody_ends_the_terminal(tmp_path: Path) -> None:
    async with served() as (_, url), Terminal(url, "no token", record=tmp_path / "pos.db", options=QUICK) as pos:
        with pytest.raises(TokenEnded):
            await pos.wait_online()
