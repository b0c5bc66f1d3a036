"""The migrations of the database: SQL files, applied once, in the order of their names."""

from importlib import resources
from typing import Any

import asyncpg

from ledger.ports import StoreUnavailable
from ledger.postgres.errors import reading

_MIGRATION_LOCK = 0x6C656467  # "ledg": two servers that start at once migrate one after the other.
_MAKE_LIST = """
CREATE TABLE IF NOT EXISTS public.healthpay_migrations (name text PRIMARY KEY, applied_at timestamptz DEFAULT now())
"""


async def migrate(dsn: str) -> list[str]:
    """Applies what is missing, each file in a transaction of its own, in order; the names of those applied.

    Connects as the owner of the schema. Raises `StoreUnavailable`.
    """
    async with reading():
        connection = await asyncpg.connect(dsn, timeout=10, server_settings={"client_min_messages": "warning"})
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
        return await _apply_missing(connection)
    finally:
        await connection.close()


async def _apply_missing(connection: Any) -> list[str]:
    await connection.execute(_MAKE_LIST)
    known = {row["name"] for row in await connection.fetch("SELECT name FROM public.healthpay_migrations")}
    folder = resources.files("ledger.store").joinpath("migrations")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    if known - {entry.name for entry in files}:
        raise StoreUnavailable("the database was migrated by a newer version of this server")
    applied = []
    for entry in files:
        if entry.name not in known:
            async with connection.transaction():
                await connection.execute(entry.read_text(encoding="utf-8"))
                await connection.execute("INSERT INTO public.healthpay_migrations (name) VALUES ($1)", entry.name)
            applied.append(entry.name)
    return applied
