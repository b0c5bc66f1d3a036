"""The journal, the audit trail, what became of commands, batches of them, and whatever else there is.

Written by `ledger docs` from the OpenAPI document.
"""

from collections.abc import AsyncIterator

from ledger.client.api.books_shapes import (
    AuditPage,
    AuditView,
    BatchMember,
    BatchResults,
    CommandStatusView,
    EntryPage,
    EntryView,
    SystemStatusView,
    TrialBalanceView,
)
from ledger.client.calls import Calls, quoted


class Books:
    """The journal, the audit trail, what became of commands, batches of them, and whatever else there is."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def audit_log(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        who: str | None = None,
        what: str | None = None,
        outcome: str | None = None,
    ) -> AuditPage:
        """Audit log."""
        return await self._calls.query(
            "/audit",
            (AuditPage,),
            {"limit": limit, "cursor": cursor, "who": who, "what": what, "outcome": outcome},
        )

    def all_audit_log(
        self,
        *,
        limit: int | None = None,
        who: str | None = None,
        what: str | None = None,
        outcome: str | None = None,
    ) -> AsyncIterator[AuditView]:
        """Audit log: all of them, a page at a time."""
        return self._calls.pages(
            "/audit",
            AuditPage,
            {"limit": limit, "who": who, "what": what, "outcome": outcome},
            "cursor",
        )

    async def batch(
        self,
        *,
        commands: tuple[BatchMember, ...],
    ) -> BatchResults:
        """Up to 1,000 commands."""
        return await self._calls.command(
            "POST",
            "/batch",
            BatchResults,
            {
                "commands": commands,
            },
        )

    async def command_status(
        self,
        key: str,
        *,
        topic: str,
        aggregate: str,
    ) -> CommandStatusView:
        """Command status."""
        return await self._calls.query(
            f"/commands/{quoted(key)}",
            (CommandStatusView,),
            {"topic": topic, "aggregate": aggregate},
        )

    async def journal_entries(
        self,
        *,
        account: str,
        limit: int | None = None,
        cursor: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> EntryPage:
        """Journal entries."""
        return await self._calls.query(
            "/journal/entries",
            (EntryPage,),
            {"limit": limit, "cursor": cursor, "account": account, "since": since, "until": until},
        )

    def all_journal_entries(
        self,
        *,
        account: str,
        limit: int | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> AsyncIterator[EntryView]:
        """Journal entries: all of them, a page at a time."""
        return self._calls.pages(
            "/journal/entries",
            EntryPage,
            {"limit": limit, "account": account, "since": since, "until": until},
            "cursor",
        )

    async def trial_balance(
        self,
        *,
        prefix: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> TrialBalanceView:
        """Trial balance."""
        return await self._calls.query(
            "/journal/trial-balance",
            (TrialBalanceView,),
            {"prefix": prefix, "limit": limit, "cursor": cursor},
        )

    async def system_status(
        self,
    ) -> SystemStatusView:
        """System status."""
        return await self._calls.query(
            "/system/status",
            (SystemStatusView,),
            {},
        )
