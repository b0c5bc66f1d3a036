"""Settings to the ports of what is done by hand: builds of read models, the audit, and the note of who did it."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ledger.audit.findings import Progress, Report
from ledger.audit.kept_heads import KeptHead, audit_kept, print_heads
from ledger.audit.log_audit import audit_log
from ledger.audit.sql_audit import audit_lag, audit_tables
from ledger.auditing import AuditRecord
from ledger.bootstrap import open_database
from ledger.clocks import SystemClock, SystemIds
from ledger.following import ReadStore, Shadow
from ledger.ports import EventLog
from ledger.readstores.postgres_store import PostgresReadStore
from ledger.readstores.shadow import CHECK, NEXT, open_shadow
from ledger.settings import Settings
from ledger.trail.postgres_trail import PostgresTrail

AUDIT_STATEMENT_TIMEOUT_MS = 3_600_000
"""An audit sums over the whole log, and may take as long as that takes."""
BUILD_STATEMENT_TIMEOUT_MS = 120_000
"""A page of the log is on its way while the one before it is folded, and waits for that on the server's time."""


@dataclass(frozen=True, slots=True)
class BuildPorts:
    """What a build of read models works with: `store` writes the tables of `shadow`, `live` the ones in their place."""

    log: EventLog
    live: ReadStore
    store: ReadStore
    shadow: Shadow


@asynccontextmanager
async def open_build(
    settings: Settings, group: str, tables: Collection[str], to_compare: bool = False
) -> AsyncIterator[BuildPorts]:
    """The ports of a build of these tables beside the live ones, as the owner of the database.

    Raises `AlreadyAtWork`, `StoreUnavailable`.
    """
    schema = CHECK if to_compare else NEXT
    patient = settings.model_copy(update={"statement_timeout_ms": BUILD_STATEMENT_TIMEOUT_MS})
    async with open_database(patient) as (pool, log):
        assert settings.database_url is not None, "a pool is open on it"
        async with open_shadow(settings.database_url.get_secret_value(), group, [*tables], schema) as shadow:
            yield BuildPorts(log, PostgresReadStore(pool), PostgresReadStore(pool, schema), shadow)


async def note(settings: Settings, who: str, what: str, on_what: str, outcome: str) -> None:
    """Puts on the audit trail what somebody did on the command line. Raises `StoreUnavailable`."""
    async with open_database(settings) as (pool, _log):
        trail = PostgresTrail(pool)
        trail.note(
            AuditRecord(
                id=SystemIds().new_id(),
                at=SystemClock().now(),
                who=who,
                role="OPERATOR",
                what=f"ledger {what}",
                on_what=on_what,
                outcome=outcome,
                ip="",
                request_id="",
            )
        )
        await trail.close()


async def verify(
    settings: Settings,
    progress: Progress,
    groups: Mapping[str, Collection[str]],
    kept: Sequence[KeptHead] = (),
) -> Report:
    """The audit of the whole log, of the read models of these groups (and their topics), and of heads kept elsewhere.

    Raises `StoreUnavailable`.
    """
    report = Report()
    patient = settings.model_copy(update={"statement_timeout_ms": AUDIT_STATEMENT_TIMEOUT_MS})
    async with open_database(patient) as (pool, log):
        await audit_lag(pool, log, groups, report, progress)
        await audit_log(log, report, progress)
        await audit_kept(log, kept, report)
        await audit_tables(pool, report, progress)
    return report


async def heads(settings: Settings) -> str:
    """The heads of the log, printed to be kept elsewhere. Raises `StoreUnavailable`."""
    async with open_database(settings) as (_pool, log):
        return await print_heads(log, SystemClock().now())
