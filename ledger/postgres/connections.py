"""Connections to PostgreSQL: pools that work as the role of the server, with time-outs set."""

import asyncpg

from ledger.postgres.errors import reading

APP_ROLE = "healthpay_app"


async def open_pool(dsn: str, connections_max: int, statement_timeout_ms: int, lock_timeout_ms: int) -> asyncpg.Pool:
    """A pool whose connections work as the role of the server, which can neither change nor delete events.

    Raises `StoreUnavailable`.
    """
    async with reading():
        pool: asyncpg.Pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=connections_max,
            command_timeout=statement_timeout_ms / 1000 * 2,
            timeout=statement_timeout_ms / 1000,
            server_settings=_server_settings(statement_timeout_ms, lock_timeout_ms),
        )
        return pool


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
