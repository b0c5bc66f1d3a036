"""The audit trail in memory: the twin of the one in PostgreSQL."""

from collections.abc import Sequence

from ledger.auditing import AuditFilter, AuditRecord, TrailFull
from ledger.reads import Page


class MemoryTrail:
    """An `AuditTrail` that lasts as long as its process."""

    def __init__(self, records_max: int = 1_000_000) -> None:
        self._records: list[AuditRecord] = []
        self._records_max = records_max

    def note(self, record: AuditRecord) -> None:
        if len(self._records) >= self._records_max:
            raise TrailFull
        self._records.append(record)

    async def records(self, where: AuditFilter, page: Page) -> Sequence[AuditRecord]:
        found = sorted(self._records, key=lambda record: (record.at, record.id), reverse=True)
        wanted = [record for record in found if _fits(record, where)]
        if page.after is not None:
            wanted = [record for record in wanted if (record.at, record.id) < page.after]
        return wanted[: page.limit]


def _fits(record: AuditRecord, where: AuditFilter) -> bool:
    asked = ((where.who, record.who), (where.what, record.what), (where.outcome, record.outcome))
    return all(wanted in (None, is_so) for wanted, is_so in asked)
