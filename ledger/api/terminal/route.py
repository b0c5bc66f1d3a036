"""The route of terminals, straight on ASGI."""

from starlette.types import Message, Receive, Scope, Send

from ledger.api.auth import bearer_of
from ledger.api.errors import Problem
from ledger.api.rest.exchange import Exchange
from ledger.api.terminal.closing import Closing
from ledger.api.terminal.messages import SUBPROTOCOL
from ledger.api.terminal.session import Receive as Frames
from ledger.api.terminal.session import Session
from ledger.api.terminal.terminals import Terminals

PATH = "/ws/terminal"
ABORT = "healthpay.abort"
"""The extension of ASGI under which the transport may offer to end a connection whose buffers are full."""


class AsgiLink:
    """A `Link` over ASGI's `send`."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._abort = scope.get("extensions", {}).get(ABORT)
        self._send = send

    async def send(self, text: str) -> None:
        await self._told({"type": "websocket.send", "text": text})

    async def close(self, code: int, reason: str) -> None:
        await self._told({"type": "websocket.close", "code": code, "reason": reason})

    def abort(self) -> None:
        if self._abort is not None:
            self._abort()

    async def _told(self, message: Message) -> None:
        try:
            await self._send(message)
        except (OSError, RuntimeError) as error:
            # OSError by ASGI's word; RuntimeError where the transport has said its own close already.
            raise ConnectionError("the connection has ended") from error


class TerminalRoute:
    """The ASGI application of `PATH`. A refusal is a close code after the handshake, which browsers can read, too."""

    def __init__(self, terminals: Terminals) -> None:
        self._terminals = terminals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (await receive())["type"] != "websocket.connect":
            return
        offered = SUBPROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
        refusal = Closing.SUBPROTOCOL if not offered else Closing.FULL if self._terminals.full else None
        if refusal is not None:
            await send({"type": "websocket.close", "code": refusal.code, "reason": refusal.reason})
            return
        exchange = Exchange(scope, receive, self._terminals.edge.ids)
        await Session(self._terminals, AsgiLink(scope, send), exchange).run(_frames(receive), _token_of(exchange))


def _frames(receive: Receive) -> Frames:
    async def following() -> str | bytes | None:
        message = await receive()
        if message["type"] != "websocket.receive":
            return None
        text = message.get("text")
        return text if text is not None else message.get("bytes")

    return following


def _token_of(exchange: Exchange) -> str | None:
    """That of the handshake's `Authorization`; a broken one is an empty token, which nobody takes."""
    try:
        authorization = exchange.header(b"authorization")
        return None if authorization is None else bearer_of(authorization)
    except Problem:
        return ""
