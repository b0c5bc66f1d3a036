"""A line to PostgreSQL that stops in the middle of a call: what a stopped owner has sent, and not a byte more."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

SOCKET = ".s.PGSQL.5432"
Messages = dict[str, tuple[int, int]]
"""Of one call, by the letter of its type: where each message begins and ends."""
Cut = Callable[[Messages], int]
"""How many bytes of the call the server gets to see."""


class CutLine:
    """A socket in front of the server's. `cut` stops the next call there until `go_on`."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self._server = Path(parse_qs(urlsplit(dsn).query)["host"][0]) / SOCKET
        self._folder = folder
        self.dsn = f"{dsn.split('?')[0]}?host={quote(str(folder))}"
        self.stopped = asyncio.Event()
        self._cut: Cut | None = None
        self._go_on = asyncio.Event()
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._folder.mkdir()
        self._listener = await asyncio.start_unix_server(self._connected, self._folder / SOCKET)

    async def close(self) -> None:
        assert self._listener is not None
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self, where: Cut) -> None:
        self._cut = where

    def go_on(self) -> None:
        self._cut = None
        self._go_on.set()

    async def _connected(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self._server)
        for work in (self._relay_call(from_client, to_server), self._relay(from_server, to_client)):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _relay(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            return
        finally:
            sink.close()

    async def _relay_call(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Towards the server; whole calls are looked at, each ending with a Sync, while a cut is asked for."""
        call = b""
        try:
            while data := await source.read(65_536):
                if self._cut is None:
                    sink.write(data)
                    continue
                call += data
                messages = _messages_of(call)
                if "S" in messages:
                    sent = self._cut(messages)
                    sink.write(call[:sent])
                    self.stopped.set()
                    await self._go_on.wait()
                    sink.write(call[sent:])
                    call = b""
        except ConnectionError:
            return
        finally:
            sink.close()


def _messages_of(call: bytes) -> Messages:
    """Whole messages only: a letter, a length that counts itself, and the rest."""
    found: Messages = {}
    at = 0
    while len(call) >= at + 5 and len(call) >= (end := at + 1 + int.from_bytes(call[at + 1 : at + 5])):
        found[chr(call[at])] = (at, end)
        at = end
    return found
