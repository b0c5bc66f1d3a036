"""One connection to the server, from the handshake to its end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException
from websockets.typing import Subprotocol

from ledger.client import messages
from ledger.client.errors import ProtocolBroken, TerminalRevoked
from ledger.client.messages import Message, Welcome
from ledger.client.options import Options

Token = str | Callable[[], str | Awaitable[str]]
"""A token, or what gives one whenever it is asked for: at each connection, and before an old one ends."""


class LineLost(Exception):
    """The line could not be had, or has ended; a new one may be had in `retry_after_s` or later."""

    def __init__(self, why: str, retry_after_s: float = 0.0) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


class TokenRefused(LineLost):
    """The token has ended, or was never good."""


class FrameTooBig(LineLost):
    """The server does not take frames of that size."""


async def current(token: Token) -> str:
    if isinstance(token, str):
        return token
    given = token()
    return given if isinstance(given, str) else await given


class Line:
    """An open connection. Every call raises `LineLost` once it has ended, or an error that ends the terminal."""

    def __init__(self, socket: ClientConnection, welcome: Welcome, rest: list[Message]) -> None:
        self.welcome = welcome
        self._socket = socket
        self._early = rest

    async def send(self, frame: str) -> None:
        with _ends_named():
            await self._socket.send(frame)

    def cut(self) -> None:
        """Without a goodbye."""
        self._socket.transport.abort()

    async def receive(self) -> list[Message]:
        """The messages of the next frame."""
        if self._early:
            early, self._early = self._early, []
            return early
        return await _received(self._socket)


@asynccontextmanager
async def opened(url: str, token: Token, options: Options) -> AsyncIterator[Line]:
    """The line, when the server has welcomed the terminal."""
    with _ends_named():
        socket = await connect(
            url,
            subprotocols=[Subprotocol(messages.SUBPROTOCOL)],
            additional_headers={"Authorization": f"Bearer {await current(token)}"},
            compression=None,
            open_timeout=options.connect_timeout_s,
            ping_interval=options.ping_every_s,
            ping_timeout=options.ping_every_s,
            close_timeout=1.0,
            max_size=options.frame_bytes_max,
        )
    try:
        if socket.subprotocol != messages.SUBPROTOCOL:
            raise ProtocolBroken(f"the server does not speak {messages.SUBPROTOCOL}")
        yield Line(socket, *await _welcomed(socket, options))
    finally:
        with contextlib.suppress(OSError, WebSocketException):
            await socket.close()


async def _welcomed(socket: ClientConnection, options: Options) -> tuple[Welcome, list[Message]]:
    try:
        async with asyncio.timeout(options.connect_timeout_s):
            while True:
                early = await _received(socket)
                if early and isinstance(early[0], Welcome):
                    return early[0], early[1:]
                # Why it is none follows with the close.
    except TimeoutError:
        raise LineLost("the server does not welcome the terminal") from None


async def _received(socket: ClientConnection) -> list[Message]:
    with _ends_named():
        frame = await socket.recv(decode=True)
    assert isinstance(frame, str), "decode=True gives text"
    try:
        return messages.messages_of(frame)
    except ValueError as error:
        raise ProtocolBroken(f"the server's frame cannot be read: {error}") from None


@contextlib.contextmanager
def _ends_named() -> Iterator[None]:
    """The library's exceptions under our names."""
    try:
        yield
    except ConnectionClosed as end:
        raise _named(end) from None
    except InvalidStatus as refusal:
        raise _refused(refusal) from None
    except InvalidURI as error:
        raise ProtocolBroken(str(error)) from None
    except (OSError, InvalidHandshake) as error:
        raise LineLost(f"{type(error).__name__}: {error}") from None


def _named(end: ConnectionClosed) -> Exception:
    code = end.rcvd.code if end.rcvd is not None else 1006
    why = end.rcvd.reason if end.rcvd is not None else ""
    if code == messages.REVOKED:
        return TerminalRevoked(why or "the terminal was revoked")
    if code in messages.NOT_UNDERSTOOD:
        return ProtocolBroken(why or "the server cannot read our frames")
    kinds: dict[int, type[LineLost]] = {messages.TOKEN_ENDED: TokenRefused, messages.FRAME_TOO_BIG: FrameTooBig}
    return kinds.get(code, LineLost)(f"closed with {code} {why}".rstrip())


def _refused(refusal: InvalidStatus) -> Exception:
    """Also a 404 is passed over: a proxy gives one while the server behind it is being started."""
    response = refusal.response
    if response.status_code == 401:
        return TokenRefused("the token was not taken")
    if response.status_code == 403:
        return TerminalRevoked("the token gives no right to a terminal")
    seconds = response.headers.get("Retry-After", "")
    return LineLost(f"the handshake was answered {response.status_code}", float(seconds) if seconds.isdigit() else 0.0)
