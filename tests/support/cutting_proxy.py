"""A proxy before PostgreSQL that understands enough of its protocol to cut a connection at one point of an append."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

BEFORE = "before"
"""The call never arrives: it did not land."""
AFTER = "after"
"""The call has ended, and its answer never arrives: it did land."""
AMID = "amid"
"""The call has arrived, and nothing is waited for: nobody knows."""

_APPEND = b"ledger.append("
_PORT = 5432


class CuttingProxy:
    """`fates`: of the next appends, one after the other; an empty text lets one pass, and so does an empty deque."""

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        self._socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.{_PORT}"
        self._database = parts.path
        self._user = parts.username
        self._address = ""
        self.fates: deque[str] = deque()
        self.cuts: Counter[str] = Counter()

    @property
    def dsn(self) -> str:
        return f"postgresql://{self._user}@{self._address}{self._database}?sslmode=disable"

    @asynccontextmanager
    async def open(self) -> AsyncIterator["CuttingProxy"]:
        lines: set[asyncio.Task[None]] = set()

        def took(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = asyncio.create_task(self._carry(reader, writer))
            lines.add(line)
            line.add_done_callback(lines.discard)

        listener = await asyncio.start_server(took, "127.0.0.1", 0)
        host, port = listener.sockets[0].getsockname()
        self._address = f"{host}:{port}"
        try:
            yield self
        finally:
            listener.close()
            for line in [*lines]:
                line.cancel()
            await asyncio.gather(*lines, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it or its fate is cut."""
        server_reader, server_writer = await asyncio.open_unix_connection(self._socket)
        line = _Line(self, reader, server_writer)
        ways = [asyncio.create_task(line.to_server()), asyncio.create_task(line.to_client(server_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, server_writer):
                end.transport.abort()


class _Line:
    def __init__(self, proxy: CuttingProxy, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._reader = reader
        self._server = server
        self._appends: set[bytes] = set()
        self._fate = ""

    async def to_server(self) -> None:
        """Returns where the client ends, or is to be cut off."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            self._server.write(await _untyped(self._reader))
            while True:
                kind, body, whole = await _typed(self._reader)
                self._notice(kind, body)
                if self._fate == BEFORE:
                    return
                self._server.write(whole)
                if kind == b"S":
                    await self._server.drain()
                if kind == b"S" and self._fate == AMID:
                    return
                if kind == b"X":
                    await self._server.drain()

    def _notice(self, kind: bytes, body: bytes) -> None:
        if kind == b"P":
            name, statement, _ = body.split(b"\0", 2)
            if _APPEND in statement:
                self._appends.add(name)
        elif kind == b"B" and body.split(b"\0", 2)[1] in self._appends and self._proxy.fates:
            self._fate = self._proxy.fates.popleft()
            if self._fate:
                self._proxy.cuts[self._fate] += 1

    async def to_client(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Returns where the server ends, or has given an answer that the client is not to have."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, _, whole = await _typed(server)
                if self._fate != AFTER:
                    client.write(whole)
                    await client.drain()
                elif kind == b"Z":
                    return


async def _untyped(reader: asyncio.StreamReader) -> bytes:
    """The first message of a connection."""
    head = await reader.readexactly(4)
    return head + await reader.readexactly(int.from_bytes(head) - 4)


async def _typed(reader: asyncio.StreamReader) -> tuple[bytes, bytes, bytes]:
    """Its kind, its body, and all of it."""
    head = await reader.readexactly(5)
    body = await reader.readexactly(int.from_bytes(head[1:]) - 4)
    return head[:1], body, head + body
