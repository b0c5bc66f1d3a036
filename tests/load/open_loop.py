"""An open-loop HTTP/1.1 load: requests are sent when they are due, and their time counts from that moment.

A server that falls behind is so measured as its clients would feel it; a request that waits for a free connection waits
at the server's expense.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.load.http_load import Load, _Connection


@dataclass(frozen=True)
class Due:
    """The n-th request: its kind, and how it goes over the wire."""

    kind: str
    request: bytes
    good: bytes = b" 200 "


@dataclass
class OpenLoad:
    """What came of it, by kind."""

    asked_per_s: float
    loads: dict[str, Load] = field(default_factory=dict)
    reached_per_s: float = 0.0
    """Good answers that came within the measured time."""

    @property
    def all(self) -> Load:
        every = [load for _, load in sorted(self.loads.items())]
        together = Load(every[0].seconds if every else 0.0)
        for load in every:
            together.latencies_s += load.latencies_s
            together.errors += load.errors
            together.first_error = together.first_error or load.first_error
        return together


async def run_open(
    port: int, per_s: float, seconds: float, warm_up_s: float, connections: int, due: Callable[[int], Due]
) -> OpenLoad:
    """`per_s` requests a second for `warm_up_s + seconds`; those that were due in the last `seconds` are measured."""
    found = OpenLoad(per_s)
    loop = asyncio.get_running_loop()
    free: asyncio.Queue[_Connection] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait((await loop.create_connection(_Connection, "127.0.0.1", port))[1])
    began = time.perf_counter()
    measured_from, asking = began + warm_up_s, set[asyncio.Task[None]]()

    async def ask(number: int, due_at: float) -> None:
        each = due(number)
        connection = await free.get()
        answer = await connection.ask(each.request)
        free.put_nowait(connection)
        if due_at < measured_from:
            return
        load = found.loads.setdefault(each.kind, Load(seconds))
        answered_at = time.perf_counter()
        if each.good in answer:
            load.latencies_s.append(answered_at - due_at)
            found.reached_per_s += (answered_at < measured_from + seconds) / seconds
        else:
            load.errors += 1
            load.first_error = load.first_error or answer[:800].decode(errors="replace")

    for number in range(int(per_s * (warm_up_s + seconds))):
        due_at = began + number / per_s
        if (early_s := due_at - time.perf_counter()) > 0:
            await asyncio.sleep(early_s)
        task = asyncio.create_task(ask(number, due_at))
        asking.add(task)
        task.add_done_callback(asking.discard)
    await asyncio.gather(*asking)
    while not free.empty():
        free.get_nowait().close()
    return found
