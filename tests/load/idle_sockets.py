"""`python -m tests.load.idle_sockets [SOCKETS]`: what terminals that say nothing cost one edge replica.

A whole server of its own. Busy terminals claim at a fixed rate, first alone, then beside as many connected and silent
ones; one of those asks and never reads. Prints the memory of the replica a socket, both latencies, and how the one that
never reads was told to go. The sockets and the load are this process's, on the server's cores.
"""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from ledger.client.clock import now
from ledger.client.messages import SUBPROTOCOL
from ledger.pos import network
from ledger.pos.command import terminal_tokens
from ledger.pos.figures import Figures
from ledger.pos.network import Run
from ledger.pos.setting_up import set_up
from ledger.settings import load_settings
from tests.load.bench import commit, say
from tests.support.server import Server

SOCKETS = 2_000
BUSY = 20
RATE = 200.0
SECONDS, WARM_UP_S = 20.0, 3.0
CARDS = 200
CONNECTING_AT_ONCE = 50
STUCK_QUESTIONS = 20_000
SILENCE_S = 10.0
NAME = "idle"


def main(sockets: int = SOCKETS) -> int:
    limits = {f"HEALTHPAY_RATE_LIMIT_{role}_PER_HOUR": "1000000000" for role in ("PHARMACY", "ADMIN")}
    server = Server({**limits, "HEALTHPAY_TERMINAL_SILENCE_MAX_S": str(SILENCE_S)})
    try:
        say("starting a server")
        server.start()
        report = asyncio.run(measured(server, sockets))
    finally:
        server.discard()
    print(msgspec.json.encode(report).decode())
    return 0


async def measured(server: Server, sockets: int) -> dict[str, Any]:
    say(f"making {sockets + BUSY} terminals")
    base, settings = f"http://127.0.0.1:{server.port}", load_settings(server.environment)
    await set_up(base, server.token("ADMIN"), NAME, sockets + BUSY, CARDS, now().date(), lambda _text: None)
    busy, silent = (tokens := terminal_tokens(settings, NAME, sockets + BUSY))[:BUSY], tokens[BUSY:]
    alone = await claims(server, busy, "alone")
    before = replica_memory(server)
    async with AsyncExitStack() as stack:
        say(f"connecting {sockets} terminals")
        async with asyncio.timeout(300):
            links = await connected(stack, server, silent)
        each = (replica_memory(server) - before) / sockets
        stuck = asyncio.create_task(ask_and_never_read(server, silent[0]))
        beside = await claims(server, busy, "beside")
        closed = sum(link.state.name != "OPEN" for link in links)
        how = await stuck
    return {
        "commit": commit(),
        "load_average": os.getloadavg()[0],
        "sockets": sockets,
        "kb_a_socket": round(each / 1024, 1),
        "silent_ones_closed": closed,
        "alone": alone,
        "beside": beside,
        "one_that_never_reads": how,
    }


async def claims(server: Server, tokens: list[str], keys: str) -> dict[str, Any]:
    figures = Figures()
    plan = Run(
        url=f"ws://127.0.0.1:{server.port}/ws/terminal",
        tokens=tokens,
        name=NAME,
        keys=keys,
        cards=CARDS,
        rate=RATE,
        seconds=SECONDS,
        warm_up_s=WARM_UP_S,
    )
    seconds = await network.work(plan, figures, asyncio.Event())
    report = figures.report(seconds)
    return {name: report[name] for name in ("per_s", "p50_ms", "p95_ms", "p99_ms", "troubles")}


async def connected(stack: AsyncExitStack, server: Server, tokens: list[str]) -> list[ClientConnection]:
    at_once = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def one(token: str) -> ClientConnection:
        async with at_once:
            link = await stack.enter_async_context(terminal(server, token))
            await link.recv()
            return link

    return list(await asyncio.gather(*map(one, tokens)))


def terminal(server: Server, token: str) -> connect:
    return connect(
        f"ws://127.0.0.1:{server.port}/ws/terminal",
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        additional_headers={"Authorization": f"Bearer {token}"},
        compression=None,
        proxy=None,
    )


async def ask_and_never_read(server: Server, token: str) -> str:
    """What its connection ended with, or that it did not."""
    _reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1)
    writer.write(
        (
            f"GET /ws/terminal HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\nAuthorization: Bearer {token}\r\n\r\n"
        ).encode()
    )
    asked = 0
    try:
        async with asyncio.timeout(SECONDS + 2 * SILENCE_S):
            for asked in range(1, STUCK_QUESTIONS + 1):
                text = b'{"type":"ping","id":"p%d"}' % asked
                writer.write(bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text)
                await writer.drain()
                await asyncio.sleep(0.0005)
            while not writer.is_closing():
                await asyncio.sleep(0.1)
                writer.write(b"\x89\x80\x00\x00\x00\x00")
                await writer.drain()
    except TimeoutError:
        return f"still open after {asked} questions"
    except ConnectionError as error:
        return f"{type(error).__name__} after {asked} questions"
    finally:
        writer.close()
    return f"closed after {asked} questions"


def replica_memory(server: Server) -> int:
    """The private memory of the edge."""
    found: psutil.Process = server.find_process("ray::ServeReplica")
    return int(found.memory_full_info().uss)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
