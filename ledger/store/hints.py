"""Hints that the log has grown, over LISTEN and NOTIFY on connections of their own.

Never inside an append: a NOTIFY serialises commits. A hint may be lost; followers poll as well.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import asyncpg

from ledger.ports import StoreUnavailable
from ledger.postgres.errors import reading

_CHANNEL = "healthpay_log"
_SEND = f"NOTIFY {_CHANNEL}"

Connect = Callable[[], Awaitable[asyncpg.Connection]]


class PostgresHints:
    """Sends and awaits hints; opens its connections when they are first needed, and again when they are lost."""

    def __init__(self, connect: Connect) -> None:
        """`connect` must give connections that do not wait for the disk at commit: a hint is worth no fsync."""
        self._connect = connect
        self._sender: asyncpg.Connection | None = None
        self._listener: asyncpg.Connection | None = None
        self._heard = asyncio.Event()

    async def send(self) -> None:
        """Best effort: a follower that misses it polls."""
        try:
            async with reading():
                if self._sender is None or self._sender.is_closed():
                    self._sender = await self._connect()
                await self._sender.execute(_SEND)
        except StoreUnavailable:
            if self._sender is not None:
                self._sender.terminate()
            self._sender = None

    async def wait(self, timeout_s: float) -> None:
        """Returns at the next hint, or after the timeout; one hint may have come before the call."""
        with contextlib.suppress(StoreUnavailable):
            await self._listen()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._heard.wait()
        self._heard.clear()

    async def _listen(self) -> None:
        if self._listener is not None and not self._listener.is_closed():
            return
        async with reading():
            self._listener = await self._connect()
            await self._listener.add_listener(_CHANNEL, self._on_hint)

    def _on_hint(self, *_details: object) -> None:
        self._heard.set()

    async def close(self) -> None:
        for connection in (self._sender, self._listener):
            if connection is not None and not connection.is_closed():
                connection.terminate()
