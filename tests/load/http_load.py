"""A closed-loop HTTP/1.1 load: some connections, each sending its next request when the last one was answered."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MakeRequest = Callable[[int], bytes]
"""The n-th request of the run, whole, as it goes over the wire."""


@dataclass
class Load:
    """What was measured: `latencies_s` of the answers inside the measured window, and what went wrong."""

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    errors: int = 0
    first_error: str = ""

    @property
    def per_second(self) -> float:
        return len(self.latencies_s) / self.seconds if self.seconds else 0.0

    def percentile_ms(self, percent: float) -> float:
        """Nearest rank."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000 if ordered else 0.0


class _Connection(asyncio.Protocol):
    """Reads answers by their content length, or chunked to the end mark."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("closed by the server"))

    async def ask(self, request: bytes) -> bytes:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = _end_of_answer(self._buffer)
        if end and self._answer is not None and not self._answer.done():
            answer, self._buffer = self._buffer[:end], self._buffer[end:]
            self._answer.set_result(answer)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _end_of_answer(buffer: bytes) -> int:
    """Where the first answer ends, or 0 while it is not complete."""
    head_end = buffer.find(b"\r\n\r\n")
    if head_end < 0:
        return 0
    head = buffer[:head_end].lower()
    at = head.find(b"content-length:")
    if at >= 0:
        length = int(head[at + 15 : head.find(b"\r", at) if head.find(b"\r", at) > 0 else len(head)])
        end = head_end + 4 + length
        return end if len(buffer) >= end else 0
    last = buffer.find(b"0\r\n\r\n", head_end + 4)
    return last + 5 if last >= 0 else 0


async def run_load(
    port: int, connections: int, seconds: float, warm_up_s: float, make_request: MakeRequest, good: bytes
) -> Load:
    """Loads the server for `warm_up_s + seconds`; an answer without `good` in it counts as an error."""
    load = Load(seconds=seconds)
    numbers = iter(range(10**9))
    measured_from = time.perf_counter() + warm_up_s
    until = measured_from + seconds

    async def one() -> None:
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", port)
        try:
            while (sent_at := time.perf_counter()) < until:
                answer = await connection.ask(make_request(next(numbers)))
                answered_at = time.perf_counter()
                if good not in answer:
                    load.errors += 1
                    load.first_error = load.first_error or answer[:800].decode(errors="replace")
                elif measured_from <= answered_at < until:
                    load.latencies_s.append(answered_at - sent_at)
        finally:
            connection.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return load
