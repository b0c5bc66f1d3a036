"""The sum of all accounts is made once for all who wait for it."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from ledger.ports import StoreUnavailable
from ledger.readstores import journal_reads
from ledger.readstores.journal_reads import PostgresJournalReads


class Sums:
    """Stands for the statement: each is let go on by the test."""

    def __init__(self) -> None:
        self.begun: list[asyncio.Future[Sequence[Any]]] = []

    async def fetch(self, _pool: object, name: str, _values: object) -> Sequence[Any]:
        assert name == "trial_balance"
        self.begun.append(asyncio.get_running_loop().create_future())
        return await self.begun[-1]


@pytest.fixture
def sums(monkeypatch: pytest.MonkeyPatch) -> Sums:
    made = Sums()
    monkeypatch.setattr(journal_reads, "fetch", made.fetch)
    return made


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def row(lines: int) -> dict[str, Any]:
    return {"currency": "EGP", "debit_minor": 1, "credit_minor": 1, "accounts": 1, "lines": lines}


async def test_who_asks_while_a_sum_is_made_shares_the_next_one_and_gets_no_older_one(sums: Sums) -> None:
    reads = PostgresJournalReads(cast(Any, None))
    first = asyncio.create_task(reads.totals())
    await turns()
    others = [asyncio.create_task(reads.totals()) for _ in range(100)]
    await turns()
    assert len(sums.begun) == 1
    sums.begun[0].set_result([row(1)])
    assert (await first)[0].lines == 1
    await turns()
    assert len(sums.begun) == 2
    sums.begun[1].set_result([row(2)])
    assert {found[0].lines for found in await asyncio.gather(*others)} == {2}


async def test_one_that_goes_away_takes_the_sum_from_nobody_and_a_failure_is_not_kept(sums: Sums) -> None:
    reads = PostgresJournalReads(cast(Any, None))
    gone, stays = (asyncio.create_task(reads.totals()) for _ in range(2))
    await turns()
    gone.cancel()
    sums.begun[0].set_exception(StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        await stays
    again = asyncio.create_task(reads.totals())
    await turns()
    sums.begun[1].set_result([row(3)])
    assert (await again)[0].lines == 3
