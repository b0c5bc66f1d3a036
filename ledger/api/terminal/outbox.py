"""What a terminal is told: gathered while it reads, several messages in one frame when they are ready together."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from ledger.api.terminal.closing import Closing
from ledger.api.terminal.frames import encode_frame
from ledger.api.terminal.messages import Told

FRAME_MESSAGES_MAX = 100
"""Messages of the server in one frame."""


class Link(Protocol):
    """The socket, as a session writes to it."""

    async def send(self, text: str) -> None:
        """Waits as long as the other side does not read what was sent before. Raises `ConnectionError`."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Raises `ConnectionError`."""
        ...

    def abort(self) -> None:
        """Ends the connection at once; what was not read is lost."""
        ...


class Outbox:
    """The messages for one terminal. One task writes them, so that nobody else ever waits for a slow reader."""

    def __init__(self, link: Link, messages_max: int, stuck_after_s: float) -> None:
        self._link = link
        self._messages_max = messages_max
        self._stuck_after_s = stuck_after_s
        self._messages: list[Told] = []
        self._wake = asyncio.Event()
        self._closing: Closing | None = None
        self.closed_with: Closing | None = None
        """Why it was closed from here, once it is."""
        self.frames_sent = 0

    def put(self, message: Told) -> None:
        """Nothing goes out behind a close."""
        if self._closing is not None:
            return
        self._messages.append(message)
        if len(self._messages) > self._messages_max:
            # Somebody who asks without reading: the window bounds answers, this bounds everything.
            self._give_up(Closing.SILENT)
        self._wake.set()

    def close(self, closing: Closing) -> None:
        """After what is already there."""
        if self._closing is None:
            self._closing = closing
            self._wake.set()

    @property
    def closing(self) -> bool:
        return self._closing is not None

    async def run(self) -> None:
        """Writes until it is closed."""
        while self.closed_with is None:
            await self._wake.wait()
            self._wake.clear()
            try:
                async with asyncio.timeout(self._stuck_after_s):
                    await self._write()
            except TimeoutError:
                self._give_up(Closing.SILENT)
            except ConnectionError:
                return

    async def _write(self) -> None:
        while self._messages:
            batch: Sequence[Told] = self._messages[:FRAME_MESSAGES_MAX]
            del self._messages[:FRAME_MESSAGES_MAX]
            await self._link.send(encode_frame(batch))
            self.frames_sent += 1
        if self._closing is not None:
            await self._link.close(self._closing.code, self._closing.reason)
            self.closed_with = self._closing

    def _give_up(self, closing: Closing) -> None:
        """A close would wait behind what is not read."""
        self._closing = self.closed_with = self._closing or closing
        self._messages.clear()
        self._wake.set()
        self._link.abort()
