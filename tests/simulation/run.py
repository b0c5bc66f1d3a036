"""Plays seeds. A seed is a whole run: the same seed is the same run, step by step."""

import asyncio
import gc
import logging
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from ledger.runtime import host
from tests.simulation.book import hold
from tests.simulation.bugs import BUGS
from tests.simulation.callers import Callers
from tests.simulation.checks import check_log
from tests.simulation.world import Errors, World

FAULTS_END_S = 12.0
"""When what was on its way to the store has arrived, or never will."""
RUN_MAX_S = 600.0
POLL_S = 2.5
"""How often a host looks at the placement of its own accord: in life more often, which would be most of a run."""

Tell = Callable[..., None]


def silent(_at: float, _text: str, *_figures: object) -> None:
    """Nobody listens."""


def play(seed: int, tell: Tell = silent) -> None:
    """Raises an AssertionError where the runtime broke a promise."""
    world = World(seed, tell)
    errors = Errors(world.tell)
    log = logging.getLogger("ledger.runtime")
    before = log.level, log.propagate
    log.addHandler(errors)
    log.setLevel(logging.ERROR if tell is silent else logging.WARNING)
    log.propagate = False
    host.PLACEMENT_POLL_S, poll_s = POLL_S, host.PLACEMENT_POLL_S
    try:
        world.loop.run(_run(world, errors), RUN_MAX_S)
    finally:
        log.removeHandler(errors)
        log.level, log.propagate = before
        host.PLACEMENT_POLL_S = poll_s
    hold(not world.loop.failures, "a failure that nobody looked at", *world.loop.failures)


async def _run(world: World, errors: Errors) -> None:
    await world.lay_out()
    callers = Callers(world)
    clients = [callers.client() for _ in range(world.random.choice((1, 2, 3)))]
    await asyncio.gather(world.mishaps(), world.clocks(), *clients)
    world.chance.calm = True
    world.tell("all faults end")
    await asyncio.sleep(FAULTS_END_S)
    world.book.look_for_the_undead()
    await world.check_owners()
    await callers.settle()
    await asyncio.sleep(1.0)
    await world.close()
    check_log(world.log, world.book)
    explained = {"the decider failed", "a hint could not be sent"} | (
        {"a batch failed"} if world.chance.strange else set()
    )
    unexplained = set(errors.found) - explained
    hold(not unexplained, "an error in the runtime's log", *unexplained)


def first_failure(seeds: Iterable[int], *bugs: str) -> tuple[int, Exception] | None:
    """The first seed that finds something, and what; with bugs put in on purpose where they are named."""
    gc.disable()  # a run is short: what it leaves behind is collected now and then
    try:
        with ExitStack() as stack:
            for bug in bugs:
                stack.enter_context(BUGS[bug]())
            for count, seed in enumerate(seeds):
                if count % 100 == 0:
                    gc.collect()
                try:
                    play(seed)
                except Exception as failure:
                    return seed, failure
        return None
    finally:
        gc.enable()


def replay(seed: int, *bugs: str) -> None:
    """Plays a seed and prints all that happens."""

    def tell(at: float, text: str, *figures: Any) -> None:
        print(f"{at:9.4f}  {text % figures if figures else text}")

    with ExitStack() as stack:
        for bug in bugs:
            stack.enter_context(BUGS[bug]())
        play(seed, tell)
