"""`python -m tests.load.read_your_writes`: 10,000 writes, each followed at once by a query with its position.

A whole server of its own, whose projector is stopped and let go on by turns, sometimes for longer than a query waits.
An answer that is older than its position ends the run with an error. Prints how many were refused as `not_caught_up`.
"""

import asyncio
import contextlib
import random
import sys
import time
from collections.abc import AsyncIterator
from itertools import count

import httpx
import psutil

from tests.support.own_writes import OwnWrites
from tests.support.server import Server

WRITES = 10_000
CALLERS = 24
STOPPED_S, AT_WORK_S = (0.05, 0.4), (0.02, 0.1)
LONG_STOP_S, LONG_STOP_SHARE = 3.0, 0.03
"""Longer than the two seconds that a query waits."""


def main() -> int:
    server = Server()
    try:
        say("starting a server")
        server.start()
        asyncio.run(run(server))
    finally:
        server.discard()
    return 0


async def run(server: Server) -> None:
    limits = httpx.Limits(max_connections=CALLERS, max_keepalive_connections=CALLERS)
    base_url = f"http://127.0.0.1:{server.port}"
    async with httpx.AsyncClient(base_url=base_url, limits=limits, timeout=30) as client:
        callers = [OwnWrites(client, server.token("ADMIN"), str(number)) for number in range(CALLERS)]
        await asyncio.gather(*(caller.begin() for caller in callers))
        say(f"{WRITES:,} writes by {CALLERS} callers, each with a query, while the projector is stopped by turns")
        numbers, began = count(), time.perf_counter()

        async def work(caller: OwnWrites) -> None:
            while (number := next(numbers)) < WRITES:
                await caller.write_and_ask(number)

        async with slowed(server.find_process("ray::ProjectorActor")) as stops:
            await asyncio.gather(*map(work, callers))
    seen, late = sum(caller.seen for caller in callers), sum(caller.not_caught_up for caller in callers)
    assert seen + late == WRITES
    assert late, "no query waited in vain: the projector was not slow enough to show anything"
    seconds = time.perf_counter() - began
    print(f"{WRITES:,} writes and queries in {seconds:.0f} s")
    print(f"the projector was stopped {len(stops)} times, {sum(stops):.0f} s in all")
    print(f"{seen:,} queries showed their write, {late:,} were `not_caught_up`, none was stale")


@contextlib.asynccontextmanager
async def slowed(projector: psutil.Process) -> AsyncIterator[list[float]]:
    """The seconds of each stop."""
    chance, stops = random.Random(1), list[float]()

    async def stop_and_go() -> None:
        while True:
            pause_s = LONG_STOP_S if chance.random() < LONG_STOP_SHARE else chance.uniform(*STOPPED_S)
            projector.suspend()
            await asyncio.sleep(pause_s)
            projector.resume()
            stops.append(pause_s)
            await asyncio.sleep(chance.uniform(*AT_WORK_S))

    slowing = asyncio.create_task(stop_and_go())
    try:
        yield stops
    finally:
        slowing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await slowing
        projector.resume()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
