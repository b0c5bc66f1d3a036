"""How the replicas' websocket server is set up, for which Ray Serve has no settings.

Serve starts uvicorn inside the replica and leaves uvicorn's defaults in force: frames of 16 MiB, compression, and no
way to end a connection whose other side has stopped reading.
"""

from functools import partial
from typing import Any

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from ledger.api.terminal.closing import Closing
from ledger.api.terminal.route import ABORT
from ledger.settings import Settings

PING_EVERY_S = 20.0
"""HAProxy ends what says nothing for a minute; a ping and its answer are something."""
CLOSE_UNREAD_AFTER_S = 2.0
"""How long somebody who sends too large a frame may go on sending it, so that it comes to read why it is closed."""


class Websocket(WebSocketsSansIOProtocol):
    """uvicorn's, which also lets the application end it at once, and sees to it that whoever is closed learns why."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            # The application's task has not begun yet.
            extensions: dict[str, Any] = {**(self.scope["extensions"] or {}), ABORT: self.transport.abort}
            self.scope["extensions"] = extensions

    def data_received(self, data: bytes) -> None:
        if self.conn.parser_exc is None:
            super().data_received(data)

    def handle_parser_exception(self) -> None:
        """A connection that is closed with bytes unread is reset, and the close frame lost: the rest is read away."""
        said = self.conn.close_sent
        assert said is not None, "the parser fails with a close"
        self.queue.put_nowait({"type": "websocket.disconnect", "code": said.code, "reason": said.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_UNREAD_AFTER_S, self.transport.close)

    def keepalive_timeout(self) -> None:
        self.pong_timer = None
        if not self.close_sent and not self.transport.is_closing():
            self.conn.fail(Closing.SILENT.code, Closing.SILENT.reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.transport.close()


def websocket_options(settings: Settings) -> dict[str, Any]:
    """Of uvicorn."""
    return {
        "ws": Websocket,
        "ws_max_size": settings.terminal_frame_bytes_max,
        "ws_ping_interval": PING_EVERY_S,
        "ws_ping_timeout": max(1.0, settings.terminal_silence_max_s - PING_EVERY_S),
        # Small JSON frames: deflating them costs more time than the network saves.
        "ws_per_message_deflate": False,
    }


def set_up_websockets(settings: Settings) -> None:
    """To be called in a replica's constructor, which runs before Serve starts its server."""
    uvicorn.Config = partial(  # type: ignore[assignment,misc]  # a partial of it is all that Serve needs
        uvicorn.Config, **websocket_options(settings)
    )
