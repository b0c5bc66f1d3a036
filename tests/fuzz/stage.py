"""An edge that lives on a loop of its own, and an ASGI application that reaches it from any other."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ledger.postgres.connections import open_pool
from tests.support.doors import Bench
from tests.support.stored_doors import stored_edge

START_TIMEOUT_S = 60.0
TRAIL_RECORDS_MAX = 100_000
Setup = Callable[[Bench], Awaitable[None]]


class Reached:
    """The application of a loop in another thread. Bodies are passed on as a whole."""

    def __init__(self, app: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._loop = loop

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _no_lifespan(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        sent = asyncio.run_coroutine_threadsafe(self._answer(scope, body), self._loop)
        for message in await asyncio.wrap_future(sent):
            await send(message)

    async def _answer(self, scope: Any, body: bytes) -> list[Any]:
        messages: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(message: Any) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        return messages


async def _no_lifespan(receive: Any, send: Any) -> None:
    for kind in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{kind}.complete"})


@contextmanager
def staged_edge(dsn: str, setup: Setup) -> Iterator[Reached]:
    """A stored edge on a migrated database, set up once, until the block ends."""
    loop = asyncio.new_event_loop()
    started, ended = threading.Event(), asyncio.Event()
    found: list[Reached] = []
    failed: list[BaseException] = []

    async def live() -> None:
        pool = await open_pool(dsn, 4, 5_000, 2_000)
        try:
            async with stored_edge(pool, trail_records_max=TRAIL_RECORDS_MAX, min_position_wait_ms=20) as bench:
                await setup(bench)
                found.append(Reached(bench.app, loop))
                started.set()
                await ended.wait()
        finally:
            await pool.close()

    def run() -> None:
        try:
            loop.run_until_complete(live())
        except BaseException as failure:
            failed.append(failure)
        finally:
            started.set()
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert started.wait(START_TIMEOUT_S), "the edge did not start"
        if failed:
            raise failed[0]
        yield found[0]
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(ended.set)
        thread.join()
