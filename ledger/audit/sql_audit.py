"""What SQL can say by itself: answers against events, read models against sums over the log.

Independent of the code that writes them: each check is a statement that gives the rows in which two sides differ.
"""

import asyncpg

from ledger.audit.findings import Progress, Report, rows_to_findings
from ledger.postgres.connections import borrowed
from ledger.postgres.errors import reading
from ledger.postgres.statements import statement

CHECKS = (
    "results_without_events",
    "events_without_results",
    "medcards",
    "beneficiaries",
    "prescriptions",
    "monthly_spend",
    "wallets",
    "wallet_balances",
    "wallet_balance_history",
    "transactions",
    "payments",
    "refunds",
)
READ_MODEL_CHECKS = frozenset(CHECKS[2:])


async def audit_tables(pool: asyncpg.Pool, report: Report, progress: Progress) -> None:
    """Raises `StoreUnavailable`. Read models that lag are named as behind, and not compared."""
    behind = await _behind(pool)
    for partition, lag in behind.items():
        report.found("lag", partition, f"the read models are {lag} events behind; the comparison was left out")
    for check in CHECKS:
        if check in READ_MODEL_CHECKS and behind:
            continue
        progress(check.replace("_", " "))
        async with borrowed(pool) as connection, reading():
            rows = await connection.fetch(statement("ledger.audit", check), timeout=None)
        report.looked_at(check)
        rows_to_findings(report, check, rows)


async def _behind(pool: asyncpg.Pool) -> dict[str, int]:
    async with borrowed(pool) as connection, reading():
        rows = await connection.fetch(statement("ledger.audit", "behind"))
    return {row["place"]: row["lag"] for row in rows}
