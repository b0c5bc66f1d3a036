"""The audit trail in PostgreSQL: written in the background, in batches."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg
import msgspec

from ledger.auditing import AuditFilter, AuditRecord, TrailFull
from ledger.ports import BadData, StoreUnavailable
from ledger.postgres.errors import reading
from ledger.postgres.statements import statement
from ledger.reads import Page
from ledger.reads.paging import walked

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]

RECORDS_WAITING_MAX = 20_000
BATCH_RECORDS_MAX = 1_000
GATHER_S = 0.1
"""For so long records are gathered: what a process that is killed may leave unwritten."""
BACKOFF_S = 1.0

_INSERT = statement("ledger.trail", "insert_audit")
_NEWEST = statement("ledger.trail", "audit_newest")

_log = logging.getLogger(__name__)


class PostgresTrail:
    """An `AuditTrail` over a pool of the application's role, which can neither change nor delete records."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._waiting: deque[AuditRecord] = deque()
        self._some = asyncio.Event()
        self._task = asyncio.create_task(self._write_on(), name="audit trail")

    def note(self, record: AuditRecord) -> None:
        if len(self._waiting) >= RECORDS_WAITING_MAX:
            raise TrailFull
        self._waiting.append(record)
        self._some.set()

    async def records(self, where: AuditFilter, page: Page) -> Sequence[AuditRecord]:
        """Newest first; the sort key is (at, id). Raises `StoreUnavailable`."""
        after_at, after_id = (None, None) if page.after is None else page.after
        asked = (where.who, where.what, where.outcome)
        async with reading():
            rows = await self._pool.fetch(_NEWEST, after_at, after_id, page.limit, *asked, page.walk_max)
        return walked(rows, lambda row: AuditRecord(**row), "at", "id")

    async def close(self) -> None:
        """Writes what waits, once, and ends."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        while self._waiting:
            try:
                await self._write()
            except StoreUnavailable as error:
                _log.error("%d records of the audit trail were lost: %s", len(self._waiting), error)
                return

    async def _write_on(self) -> None:
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER_S)
            self._some.clear()
            while self._waiting:
                try:
                    await self._write()
                except StoreUnavailable as error:
                    _log.warning("the audit trail waits, with %d records: %s", len(self._waiting), error)
                    await asyncio.sleep(BACKOFF_S)

    async def _write(self) -> None:
        batch = [self._waiting[at] for at in range(min(len(self._waiting), BATCH_RECORDS_MAX))]
        try:
            await self._insert(batch)
        except BadData:
            await self._one_by_one(batch)
        # Only now: a batch that failed is written again, and its ids keep it from standing there twice.
        for _ in batch:
            self._waiting.popleft()

    async def _one_by_one(self, batch: Sequence[AuditRecord]) -> None:
        """A record that the database refuses is our bug; it must not keep the others from the trail."""
        for record in batch:
            try:
                await self._insert([record])
            except BadData:
                _log.error("the audit trail refuses the record %s of the request %s", record.id, record.request_id)

    async def _insert(self, records: Sequence[AuditRecord]) -> None:
        async with reading():
            await self._pool.execute(_INSERT, msgspec.json.encode(records).decode())
