"""Whoever asks with the position of its write sees that write, however far behind the read models are, or is told so.

Ten thousand writes against the whole server: `python -m tests.load.read_your_writes`.
"""

import asyncio

import asyncpg
import pytest

from tests.support.doors import token
from tests.support.own_writes import OwnWrites
from tests.support.stored_doors import stored_edge

pytestmark = pytest.mark.postgres

CALLERS, WRITES_EACH = 12, 48
SLOW_BATCHES_S = (0.0, 0.01, 0.0, 0.02, 0.15)
"""The last is longer than a query waits."""


async def test_no_query_is_older_than_the_position_that_it_names(database_pool: asyncpg.Pool) -> None:
    async with stored_edge(database_pool, slow_batches_s=SLOW_BATCHES_S, min_position_wait_ms=60) as bench:
        callers = [OwnWrites(bench.client, token(), str(number)) for number in range(CALLERS)]

        async def work(caller: OwnWrites) -> None:
            await caller.begin()
            for number in range(WRITES_EACH):
                await caller.write_and_ask(number)

        await asyncio.gather(*map(work, callers))
    seen, late = sum(caller.seen for caller in callers), sum(caller.not_caught_up for caller in callers)
    assert seen + late == CALLERS * WRITES_EACH
    # Both answers were given, or this has shown nothing.
    assert seen > CALLERS
    assert late > CALLERS
