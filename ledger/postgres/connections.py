"""Connections to PostgreSQL: pools that work as the role of the server, with time-outs set."""

import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from ledger.ports import OutcomeUnknown, StoreUnavailable
from ledger.postgres.errors import reading

if TYPE_CHECKING:
    from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy

_log = logging.getLogger(__name__)

APP_ROLE = "healthpay_app"
ACQUIRE_TIMEOUT_MS = 5_000
"""How long a statement waits for a free connection of its pool, where no other time is asked for."""
_HAS_TRANSACTION_TIMEOUT = (17,)


class _Pool(asyncpg.Pool):
    """Nobody waits for ever for a connection of it, whichever way it is asked for one."""

    acquire_timeout_s = ACQUIRE_TIMEOUT_MS / 1000

    def acquire(self, *, timeout: float | None = None) -> "PoolAcquireContext":
        return super().acquire(timeout=self.acquire_timeout_s if timeout is None else timeout)


async def open_pool(
    dsn: str,
    connections_max: int,
    statement_timeout_ms: int,
    lock_timeout_ms: int,
    transaction_timeout_ms: int = 0,
    acquire_timeout_ms: int = ACQUIRE_TIMEOUT_MS,
    one_plan: bool = False,
) -> asyncpg.Pool:
    """A pool whose connections work as the role of the server, which can neither change nor delete events.

    `transaction_timeout_ms`: the server ends connections whose transaction takes longer, whatever their client does;
    0 leaves that out, as does a PostgreSQL before 17. `acquire_timeout_ms`: how long a statement waits for one of the
    connections. `one_plan`: each statement is planned once, for whatever values come. Raises `StoreUnavailable`.
    """
    # A plan for the values at hand may trust that a part of a list is soon full, and walk another index for it. It is
    # wrong where a plan's cards are all old; and planning costs as much as the query.
    planning = {"plan_cache_mode": "force_generic_plan"} if one_plan else {}

    async def bound_transactions(connection: asyncpg.Connection) -> None:
        if transaction_timeout_ms and connection.get_server_version() >= _HAS_TRANSACTION_TIMEOUT:
            await connection.execute(f"SET transaction_timeout = {transaction_timeout_ms:d}")

    async with reading():
        pool = await _Pool(
            dsn,
            min_size=1,
            max_size=connections_max,
            command_timeout=statement_timeout_ms / 1000 * 2,
            timeout=statement_timeout_ms / 1000,
            # No statement leaves anything behind in its session, so that giving a connection back costs no round trip.
            reset=_nothing_to_reset,
            init=bound_transactions,
            server_settings=_server_settings(statement_timeout_ms, lock_timeout_ms, **planning),
            # What `asyncpg.create_pool` sets, which makes no other class of pools.
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            loop=None,
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
        )
        pool.acquire_timeout_s = acquire_timeout_ms / 1000
        return pool


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    pass


@asynccontextmanager
async def borrowed(pool: asyncpg.Pool) -> AsyncIterator["PoolConnectionProxy"]:
    """A connection of the pool for one statement or transaction.

    Raises `StoreUnavailable` where none comes free in time. Whatever goes wrong in giving it back ends the connection
    and is nobody's error: the statement has had its answer by then.
    """
    async with reading():
        connection = await pool.acquire()
    try:
        yield connection
    except (StoreUnavailable, OutcomeUnknown):
        # It may be half dead: asyncpg notices the end of a connection only some time after the server's last word.
        _end(connection)
        raise
    finally:
        try:
            await pool.release(connection)
        except Exception:
            _log.warning("a connection could not be given back", exc_info=True)
            _end(connection)


def _end(connection: "PoolConnectionProxy") -> None:
    # The pool takes a connection back by itself once it sees that it is lost.
    with contextlib.suppress(asyncpg.InterfaceError):
        connection.terminate()


async def connect_for_hints(dsn: str, timeout_ms: int) -> asyncpg.Connection:
    """A connection whose commits do not wait for the disk: for hints, which carry nothing."""
    settings = _server_settings(timeout_ms, timeout_ms, synchronous_commit="off")
    connection: asyncpg.Connection = await asyncpg.connect(dsn, timeout=timeout_ms / 1000, server_settings=settings)
    return connection


def _server_settings(statement_timeout_ms: int, lock_timeout_ms: int, **settings: str) -> dict[str, str]:
    return {
        "application_name": "healthpay-ledger",
        "role": APP_ROLE,
        "timezone": "UTC",
        "jit": "off",
        "statement_timeout": str(statement_timeout_ms),
        "lock_timeout": str(lock_timeout_ms),
        **settings,
    }
