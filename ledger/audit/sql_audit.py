"""What SQL can say by itself: answers against events, read models against sums over the log, and what is parked.

Independent of the code that writes them: each check is a statement that gives the rows in which two sides differ. Read
models are held against the events that they have applied, which is one picture however the server is at work.
"""

import asyncio
from collections.abc import Collection, Mapping

import asyncpg

from ledger.audit.findings import Progress, Report, rows_to_findings
from ledger.ports import EventLog
from ledger.postgres.connections import borrowed
from ledger.postgres.errors import reading
from ledger.postgres.statements import statement

CHECKS = (
    "versions",
    "results_without_events",
    "events_without_results",
    "dead_letters",
    "paused",
    "medcards",
    "beneficiaries",
    "prescriptions",
    "monthly_spend",
    "insurance_claims",
    "pharmacies",
    "terminals",
    "offline_batches",
    "wallets",
    "wallet_balances",
    "wallet_balance_history",
    "transactions",
    "payments",
    "refunds",
    "journal",
)
LOOK_INTERVAL_S = 0.2
PATIENCE_S = 2.0
"""How long read models may stand still before they are called behind."""


async def audit_tables(pool: asyncpg.Pool, report: Report, progress: Progress) -> None:
    """Raises `StoreUnavailable`."""
    for check in CHECKS:
        progress(check.replace("_", " "))
        async with borrowed(pool) as connection, reading():
            rows = await connection.fetch(statement("ledger.audit", check), timeout=None)
        report.looked_at(check)
        rows_to_findings(report, check, rows)


async def audit_lag(
    pool: asyncpg.Pool, log: EventLog, groups: Mapping[str, Collection[str]], report: Report, progress: Progress
) -> None:
    """Whether the read models of each group (and its topics) come to where the log ends now.

    Waits for them as long as they move. Raises `StoreUnavailable`.
    """
    heads = {partition: head.offset for partition, head in (await log.heads()).items()}
    named = [(name, topic) for name, topics in groups.items() for topic in topics]
    columns = ([name for name, _ in named], [topic for _, topic in named])
    target = ([each.topic for each in heads], [each.partition for each in heads], list(heads.values()))
    patience, before = PATIENCE_S, -1
    while True:
        async with borrowed(pool) as connection, reading():
            rows = await connection.fetch(statement("ledger.audit", "behind"), *columns, *target)
        behind = {row["place"]: row["lag"] for row in rows if row["lag"] > 0}
        # Of those behind alone: what goes on under load says nothing of what stands still.
        reached = sum(row["at"] for row in rows if row["lag"] > 0)
        patience = patience - LOOK_INTERVAL_S if reached == before else PATIENCE_S
        if not behind or patience <= 0:
            break
        before = reached
        progress(f"read models are {sum(behind.values()):,} events behind")
        await asyncio.sleep(LOOK_INTERVAL_S)
    report.looked_at("lag")
    for place, lag in behind.items():
        report.found("lag", place, f"{lag} events behind the log, and not moving")
