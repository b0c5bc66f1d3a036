"""Terminals over a real connection, without Ray: what the websocket server itself sees to."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from actors import websockets
from actors.websockets import websocket_options
from ledger.api.terminal.messages import SUBPROTOCOL
from tests.support.doors import Bench, edge, settings_for
from tests.support.terminals import claim, terminal_token


@asynccontextmanager
async def served(bench: Bench, **settings: float) -> AsyncIterator[int]:
    """The port of a real server, in this process."""
    listener = socket.create_server(("127.0.0.1", 0))
    options = websocket_options(settings_for(**settings))
    server = uvicorn.Server(
        uvicorn.Config(
            bench.app, lifespan="off", access_log=False, log_config=None, timeout_graceful_shutdown=2, **options
        )
    )
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has a flag for it, and no event
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await running
        listener.close()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[ClientConnection]:
    headers = {"Authorization": f"Bearer {terminal_token()}"}
    address = f"ws://127.0.0.1:{port}/ws/terminal"
    line = await connect(address, subprotocols=[SUBPROTOCOL], additional_headers=headers, close_timeout=3)  # type: ignore[list-item]  # their type is a NewType of str
    try:
        assert json.loads(await line.recv())["type"] == "welcome"
        yield line
    finally:
        if line.close_code is None:
            await line.close()


async def close_after(line: ClientConnection, frame: str | bytes | AsyncIterator[str]) -> int | None:
    """The code that the server closes with."""
    with contextlib.suppress(ConnectionClosed):
        await line.send(frame)
        while True:
            await line.recv()
    await line.wait_closed()
    return line.close_code


async def test_a_claim_goes_over_the_wire_uncompressed() -> None:
    async with edge() as bench:
        await bench.active_card()
        async with served(bench) as port, connected(port) as line:
            assert (line.subprotocol, line.protocol.extensions) == (SUBPROTOCOL, [])
            await line.send(json.dumps(claim("c-1")))
            assert json.loads(await line.recv())["body"]["status"] == "PAID"


@pytest.mark.parametrize("frame", ["x" * 10_000_000, b"x" * 300_000])
async def test_a_frame_that_is_too_large_is_never_taken_in_and_its_sender_learns_why(frame: str | bytes) -> None:
    async with edge() as bench, served(bench) as port, connected(port) as line:
        assert await close_after(line, frame) == 1009


async def test_a_frame_that_never_ends_is_closed_at_the_bound() -> None:
    async def pieces() -> AsyncIterator[str]:
        for _ in range(100):
            yield "x" * 10_000

    async with edge() as bench, served(bench) as port, connected(port) as line:
        assert await close_after(line, pieces()) == 1009


async def test_who_answers_no_ping_is_closed_in_our_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websockets, "PING_EVERY_S", 0.05)
    async with edge() as bench, served(bench, terminal_silence_max_s=0.2) as port, connected(port) as line:
        # Its pongs are lost.
        line.protocol.send_pong = lambda data: None  # type: ignore[method-assign]
        monkeypatch.setattr(line, "data_received", lambda data, take=line.data_received: take(_without_ping(data)))
        await asyncio.sleep(0)
        with pytest.raises(ConnectionClosed) as closed:
            await line.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4408


def _without_ping(data: bytes) -> bytes:
    return b"" if data[:1] == b"\x89" else data


async def test_a_server_that_ends_says_so() -> None:
    async with edge() as bench:
        async with served(bench) as port:
            line_of = connected(port)
            line = await line_of.__aenter__()
        with pytest.raises(ConnectionClosed) as closed:
            await line.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        await line_of.__aexit__(None, None, None)


async def test_a_reader_that_stops_is_cut_off_and_slows_nobody_down() -> None:
    async with (
        edge(terminal_silence_max_s=0.3, terminal_window=5_000, rate_limit_pharmacy_per_hour=10**9) as bench,
        served(bench) as port,
    ):
        async with connected(port) as line, connected(port) as other:
            line.transport.pause_reading()
            pings = json.dumps([{"type": "ping", "id": f"{n:060d}"} for n in range(200)])
            with contextlib.suppress(ConnectionClosed):
                for _ in range(300):
                    await line.send(pings)
                    await other.send('{"type":"ping","id":"p"}')
                    assert json.loads(await other.recv())["id"] == "p"
            await line.wait_closed()
            assert line.close_code == 1006
