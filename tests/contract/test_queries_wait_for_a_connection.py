"""A query that finds every connection of its pool at work waits for one, and not for ever."""

import pytest

from ledger.ports import StoreUnavailable
from ledger.postgres.connections import open_pool
from ledger.readstores.queries import PostgresReadProgress
from ledger.readstores.wallet_reads import PostgresWalletReads

pytestmark = pytest.mark.postgres


async def test_a_query_is_unavailable_once_no_connection_comes_free_in_time(shared_database: str) -> None:
    pool = await open_pool(shared_database, 1, 5_000, 2_000, acquire_timeout_ms=50)
    try:
        reads, progress = PostgresWalletReads(pool), PostgresReadProgress(pool)
        async with pool.acquire():
            with pytest.raises(StoreUnavailable):
                await reads.wallet("wallet-1")
            with pytest.raises(StoreUnavailable):
                await progress.applied("wallets", [])
        assert await reads.wallet("wallet-1") is None
    finally:
        await pool.close()


async def test_whoever_asks_the_pool_itself_waits_no_longer(shared_database: str) -> None:
    pool = await open_pool(shared_database, 1, 5_000, 2_000, acquire_timeout_ms=50)
    try:
        async with pool.acquire():
            with pytest.raises(TimeoutError):
                await pool.fetchval("SELECT 1")
        assert await pool.fetchval("SELECT 1") == 1
    finally:
        await pool.close()
