"""What every query of the doors costs on tables with many rows: its plan as PostgreSQL executes it, counted.

The plan is the one that the edge has: made once, for whatever values come.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from ledger.postgres.statements import statement as text_of
from ledger.reads.paging import WALK_ROWS_MAX
from ledger.readstores.statements import Statement, parse, statement
from tests.support.read_rows import fill

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = 51


@dataclass(frozen=True)
class Asked:
    """One way to ask: `rows_max` bounds the rows that all parts of the plan together may look at."""

    values: Mapping[str, Any]
    rows_max: int = 4 * LIMIT


@dataclass(frozen=True)
class Query:
    """A statement: the indexes that it goes by, and the ways in which it is asked."""

    indexes: tuple[str, ...]
    asked: tuple[Asked, ...]


def at(row: int) -> datetime:
    """The moment of a row of `read_rows`."""
    return FIRST + timedelta(seconds=10 * row)


def listed(rows: int, rare: Mapping[str, Any], **within: Any) -> tuple[Asked, ...]:
    """The first part of a list, one from its middle, and one with a filter that few rows fit."""
    nothing = dict.fromkeys(
        "user_id plan_id provider_id beneficiary_id pharmacy_id currency status month kind direction since until"
        " gateway governorate who what outcome".split()
    )
    page = {"after_at": None, "after_id": None, "after_within": None, "limit": LIMIT, "walk_max": WALK_ROWS_MAX}
    first = {**nothing, **page, **within}
    middle = {**first, "after_at": at(rows // 2), "after_id": "m", "after_within": "m"}
    walks = Asked({**first, **rare}, 3 * WALK_ROWS_MAX)
    return (Asked(first), Asked(middle), walks) if rare else (Asked(first), Asked(middle))


def queries(rows: int) -> dict[str, Query]:
    """By the statement's name, for tables of so many rows."""
    card, wallet, pharmacy = {"medcard_id": "card-7"}, {"wallet_id": "wallet-7"}, {"pharmacy_id": "pharmacy-7"}
    many = [f"card-{number}" for number in range(0, rows, rows // 50)]
    suspended = {"status": "SUSPENDED"}
    prescriptions = "prescriptions_of_medcard", "prescriptions_of_pharmacy"

    def one(index: str, rows_max: int = 4, **values: Any) -> Query:
        return Query((index,), (Asked(values, rows_max),))

    return {
        "medcard": one("medcards_pkey", **card),
        "medcards_newest": Query(("medcards_newest",), listed(rows, suspended)),
        "medcards_of_plan": Query(("medcards_of_plan",), listed(rows, {"status": "CLOSED"}, plan_id="plan-7")),
        "medcards_of_user": Query(("medcards_of_user",), listed(rows, {"status": "CLOSED"}, user_id="user-7")),
        "beneficiaries": Query(("beneficiaries_pkey",), (Asked({"medcard_ids": many[:20]}, 400),)),
        "prescription": one("prescriptions_", claim_id="clm-7", **card),
        prescriptions[0]: Query((prescriptions[0],), listed(rows, {"status": "VOIDED"}, **card)),
        prescriptions[1]: Query((prescriptions[1],), listed(rows, {"status": "VOIDED"}, **pharmacy)),
        "prescriptions_rejected": Query(
            ("prescriptions_rejected",), listed(rows, {"month": "2026-09"}, pharmacy_id="pharmacy-0")
        ),
        "monthly_spend": Query(
            ("medcard_monthly_spend_pkey",), (Asked({"medcard_ids": many[:50], "month": "2026-07"}, 200),)
        ),
        "use": Query(
            ("medcard_monthly_spend_pkey", "claims_", "prescriptions_"),
            (
                Asked({**card, "beneficiary_id": None, "month": "2026-11", "year": "2026"}, 3 * rows // 1_000),
                Asked({**card, "beneficiary_id": "user-7", "month": "2026-11", "year": "2026"}, 6 * rows // 1_000),
            ),
        ),
        "claim": one("claims_", claim_id="icl-7", **card),
        "claims_newest": Query(("claims_newest",), listed(rows, {"status": "APPEALED"})),
        "claims_of_plan": Query(("claims_of_plan",), listed(rows, {"status": "APPEALED"}, plan_id="plan-7")),
        "claims_of_provider": Query(
            ("claims_of_provider",), listed(rows, {"status": "APPEALED"}, provider_id="provider-7")
        ),
        "claims_of_medcard": Query(("claims_of_medcard",), listed(rows, {"status": "APPEALED"}, **card)),
        "wallet": one("wallets_pkey", **wallet),
        "wallets_newest": Query(("wallets_newest",), listed(rows, {"currency": "JOD"})),
        "wallets_of_user": Query(("wallets_of_user",), listed(rows, {"currency": "JOD"}, user_id="user-7")),
        "balances": one("wallet_balances_pkey", 20, wallet_ids=["wallet-7", "wallet-8"]),
        "balance_at": one("wallet_balance_history_at", 8, at=at(rows // 2), **wallet),
        "transactions_of_wallet": Query(
            ("transactions_of_wallet",),
            (
                *listed(rows, {"kind": "CAPTURE"}, **wallet),
                *listed(rows, {}, **wallet, since=at(rows // 4), until=at(rows // 3)),
            ),
        ),
        "payment": one("payments_pkey", payment_id="payment-7"),
        "payments_newest": Query(("payments_newest",), listed(rows, {"gateway": "OTHER"})),
        "payments_of_user": Query(("payments_of_user",), listed(rows, {"gateway": "OTHER"}, user_id="user-7")),
        "payments_of_wallet": Query(("payments_of_wallet",), listed(rows, {"gateway": "OTHER"}, **wallet)),
        "refunds": Query(("refunds_pkey",), (Asked({"payment_ids": [f"payment-{each}" for each in range(50)]}, 400),)),
        "pharmacy": one("pharmacies_pkey", **pharmacy),
        "pharmacies_newest": Query(("pharmacies_newest",), listed(rows, {"governorate": "Nowhere"})),
        "terminal": one("terminals_pkey", terminal_id="t-700", **pharmacy),
        "terminals": Query(
            ("terminals_pkey",),
            (Asked({"pharmacy_ids": ["pharmacy-7", "pharmacy-8"], "after_id": "t-74", "limit": LIMIT}, 4 * LIMIT),),
        ),
        "terminals_revoked": one("terminals_pkey", 4, pharmacy_ids=["pharmacy-7"], terminal_ids=["t-700"]),
        "offline_batch": one("offline_batches_pkey", terminal_id="t-70", batch_id="b-700", **pharmacy),
        "pharmacy_totals": Query(
            ("prescriptions_of_pharmacy",),
            (Asked({"pharmacy_ids": ["pharmacy-7"], "since": at(0), "until": at(8_640), "terminal_id": None}, 6_000),),
        ),
        "journal_of_account": Query(
            ("journal_of_account",),
            (
                *listed(rows, {}, account="wallet:wallet-7"),
                *listed(rows, {}, account="wallet:wallet-7", since=at(rows // 4), until=at(rows // 3)),
            ),
        ),
        "accounts": one(
            "account_balances_pkey",
            4 * LIMIT,
            prefix="wallet:",
            after_account="wallet:wallet-5",
            after_currency="EGP",
            limit=LIMIT,
        ),
        "audit_newest": Query(("audit_log_newest",), listed(rows, {"who": "nobody"})),
    }


TABLES = (
    "wallets",
    "wallet_balances",
    "wallet_balance_history",
    "transactions",
    "payments",
    "refunds",
    "medcards",
    "beneficiaries",
    "prescriptions",
    "medcard_monthly_spend",
    "claims",
    "pharmacies",
    "terminals",
    "offline_batches",
    "journal",
    "account_balances",
    "audit_log",
)


async def fill_all(connection: asyncpg.Connection, tables: Sequence[str], rows: int) -> None:
    """Each with its indexes made at the end, which is quicker, and statistics; nothing of it outlives a crash."""
    for table in tables:
        name = f"ledger.{table}" if table == "audit_log" else f"read.{table}"
        indexes = await connection.fetch(
            "SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition,"
            " (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conindid = i.indexrelid) AS constraint"
            " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1::regclass",
            name,
        )
        for index in indexes:
            constraint = f"ALTER TABLE {name} DROP CONSTRAINT {index['name']}"
            schema = name.partition(".")[0]
            await connection.execute(constraint if index["constraint"] else f"DROP INDEX {schema}.{index['name']}")
        await connection.execute(f"ALTER TABLE {name} SET UNLOGGED")
        await fill(connection, table, 1, rows)
        for index in indexes:
            constraint = f"ALTER TABLE {name} ADD CONSTRAINT {index['name']} {index['constraint']}"
            await connection.execute(constraint if index["constraint"] else index["definition"])
        await connection.execute(f"ANALYZE {name}")


def statement_of(name: str) -> Statement:
    """The audit trail's is numbered, and here gets names."""
    if name != "audit_newest":
        return statement(name)
    text = text_of("ledger.trail", name)
    for number, parameter in enumerate(("after_at", "after_id", "limit", "who", "what", "outcome", "walk_max"), 1):
        text = text.replace(f"${number}", f":{parameter}")
    return parse(name, text)


@dataclass(frozen=True)
class Plan:
    text: str
    indexes: frozenset[str]
    kinds: frozenset[str]
    rows: int
    """That all scans together have looked at."""
    ms: float


async def plan_of(connection: asyncpg.Connection, name: str, asked: Asked) -> Plan:
    wanted = statement_of(name)
    async with connection.transaction():
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off")
        await connection.execute(f"PREPARE asked AS {wanted.sql}")
        values = ", ".join(map(_literal, wanted.arguments(asked.values)))
        execute = f"EXECUTE asked ({values})" if values else "EXECUTE asked"
        explained = await connection.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {execute}")
        await connection.execute("DEALLOCATE asked")
    [found] = json.loads(explained)
    nodes = list(_nodes(found["Plan"]))
    scans = [node for node in nodes if "Scan" in node["Node Type"] and "Plans" not in node]
    looked_at = [
        (node["Actual Rows"] + sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck")))
        * node["Actual Loops"]
        for node in scans
    ]
    return Plan(
        json.dumps(found["Plan"], indent=1),
        frozenset(node["Index Name"] for node in nodes if "Index Name" in node),
        frozenset(node["Node Type"] for node in nodes),
        round(sum(looked_at)),
        found["Execution Time"],
    )


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"ARRAY[{', '.join(map(_literal, value))}]"
    return str(value) if isinstance(value, int) else f"'{value}'"


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def wrong_with(query: Query, asked: Asked, plan: Plan) -> list[str]:
    """What is not as it must be."""
    wrong = [
        f"does not use {index}" for index in query.indexes if not any(each.startswith(index) for each in plan.indexes)
    ]
    if "Seq Scan" in plan.kinds:
        wrong.append("reads a whole table")
    if plan.rows > asked.rows_max:
        wrong.append(f"looks at {plan.rows} rows, and {asked.rows_max} at the most were expected")
    return wrong
