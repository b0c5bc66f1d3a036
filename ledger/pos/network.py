"""A run: terminals at work at a rate of their own, or as fast as the server answers."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from ledger.pos.claims import Claims
from ledger.pos.figures import Figures
from ledger.pos.station import Station

CHAOS_EVERY_S = (0.2, 2.0)
"""A terminal misbehaves after a random time between these."""
DRAIN_S = 30.0
"""How long a run waits at its end for the answers that are missing."""
CONNECTED_WITHIN_S = 60.0
LOOK_EVERY_S = 0.01


@dataclass(frozen=True, slots=True)
class Run:
    """What a run is.

    `rate`: claims a second of all terminals together, sent whether or not answers come (an open loop); 0: each terminal
    sends its next claims when it has room in its window (a closed loop). `seconds` are measured after `warm_up_s`.
    """

    url: str
    tokens: Sequence[str]
    name: str
    cards: int
    rate: float
    frame: int = 1
    seconds: float | None = None
    warm_up_s: float = 0.0
    chaos: bool = False
    seed: int = 1
    keys: str = ""


class NoLine(Exception):
    """No terminal was let in."""


async def work(run: Run, figures: Figures, stopping: asyncio.Event) -> float:
    """Until the seconds are over or `stopping` is set, and then until all is answered. The seconds that were measured.

    Raises `NoLine`.
    """
    draw = random.Random(run.seed)
    claims = Claims(run.name, run.cards, draw, run.keys)
    stations = [Station(run.url, token, run.frame, figures, draw) for token in run.tokens]
    tasks = [asyncio.create_task(station.run()) for station in stations]
    try:
        await _connected(figures, len(stations))
        figures.started_at = perf_counter()
        figures.measured_from = figures.started_at + run.warm_up_s
        tasks.append(asyncio.create_task(_pace(run, stations, claims) if run.rate else _feed(run, stations, claims)))
        if run.chaos:
            tasks.extend(asyncio.create_task(_misbehave(station, draw)) for station in stations)
        await _until(stopping, None if run.seconds is None else run.seconds + run.warm_up_s)
        measured_s, figures.in_time = perf_counter() - figures.measured_from, figures.latencies.count
        for task in tasks[len(stations) :]:
            task.cancel()
        _starve(stations)
        await _drained(stations)
        return measured_s
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pace(run: Run, stations: Sequence[Station], claims: Claims) -> None:
    """Frames at the times that the rate says, round the terminals, late ones at once and with their own time."""
    every_s = run.frame / run.rate
    began, number = perf_counter(), 0
    while True:
        now = perf_counter()
        while (due := began + number * every_s) <= now:
            stations[number % len(stations)].offer([claims.next() for _ in range(run.frame)], due)
            number += 1
        await asyncio.sleep(due - now)


async def _feed(run: Run, stations: Sequence[Station], claims: Claims) -> None:
    def give(station: Station, room: int) -> None:
        """Whole frames only."""
        count = room - room % run.frame
        if count:
            station.offer([claims.next() for _ in range(count)], perf_counter())

    for station in stations:
        station.hungry = give
        station.offer([], 0.0)
    await asyncio.Event().wait()


def _starve(stations: Sequence[Station]) -> None:
    for station in stations:
        station.hungry = lambda _station, _room: None


async def _misbehave(station: Station, draw: random.Random) -> None:
    station.remembers = True
    ways: list[Callable[[], None]] = [station.cut, lambda: station.ask_again(5), station.shuffle]
    while True:
        await asyncio.sleep(draw.uniform(*CHAOS_EVERY_S))
        draw.choice(ways)()


async def _connected(figures: Figures, wanted: int) -> None:
    for _ in range(int(CONNECTED_WITHIN_S / LOOK_EVERY_S)):
        if figures.connected >= wanted:
            return
        await asyncio.sleep(LOOK_EVERY_S)
    raise NoLine(", ".join(figures.troubles) or "no answer")


async def _drained(stations: Sequence[Station]) -> None:
    for _ in range(int(DRAIN_S / LOOK_EVERY_S)):
        if all(station.idle for station in stations):
            return
        await asyncio.sleep(LOOK_EVERY_S)


async def _until(stopping: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
