"""The port of the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from ledger.reads import Page


class TrailFull(Exception):
    """The trail cannot be written as fast as it is asked to: what must be on it must wait."""


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`who` is the principal of the token, empty where nobody was authenticated; `outcome` is `ok` or a code."""

    id: str
    at: datetime
    who: str
    role: str
    what: str
    on_what: str
    outcome: str
    ip: str
    request_id: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records; None means any."""

    who: str | None = None
    what: str | None = None
    outcome: str | None = None


class AuditTrail(Protocol):
    """Keeps what must be answerable later. Records are durable soon after `note`, not before it returns."""

    def note(self, record: AuditRecord) -> None:
        """Raises `TrailFull`."""
        ...

    async def records(self, where: AuditFilter, page: Page) -> Sequence[AuditRecord]:
        """Newest first. Sort key: (at, id). Raises `StoreUnavailable`."""
        ...
