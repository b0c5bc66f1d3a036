"""Every query of pharmacies and insurance claims walks an index, whatever values come."""

import asyncpg
import pytest

from ledger.readstores.statements import statement
from tests.contract.test_read_store import PLAN_AS_IF_FULL

pytestmark = pytest.mark.postgres


async def plan_of(pool: asyncpg.Pool, name: str) -> str:
    wanted = statement(name)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(PLAN_AS_IF_FULL)
        types = ", ".join("int" if each == "limit" else "unknown" for each in wanted.parameters)
        await connection.execute(f"PREPARE asked ({types}) AS {wanted.sql}")
        values = ", ".join("10" if each == "limit" else "NULL" for each in wanted.parameters)
        rows = await connection.fetch(f"EXPLAIN EXECUTE asked ({values})")
        await connection.execute("DEALLOCATE asked")
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize(
    "name",
    [
        "claims_of_medcard",
        "claims_of_provider",
        "claims_of_plan",
        "claims_newest",
        "pharmacies_newest",
        "prescriptions_rejected",
    ],
)
async def test_every_list_walks_the_index_of_its_name_from_a_key(emptied_pool: asyncpg.Pool, name: str) -> None:
    plan = await plan_of(emptied_pool, name)
    assert f"using {name}" in plan
    assert "Sort" not in plan
    assert "ROW(" in plan.partition("Index Cond")[2].partition("\n")[0]


@pytest.mark.parametrize(
    ("name", "index", "bounds"),
    [
        ("claim", "claims_", ("medcard_id", "claim_id")),
        ("pharmacy", "pharmacies_pkey", ("pharmacy_id",)),
        ("terminals", "terminals_pkey", ("pharmacy_id",)),
        ("pharmacy_totals", "prescriptions_of_pharmacy", ("pharmacy_id", "claimed_at >=", "claimed_at <")),
        ("use", "medcard_monthly_spend_pkey", ("medcard_id", "month")),
    ],
)
async def test_every_other_query_is_bounded_by_an_index(
    emptied_pool: asyncpg.Pool, name: str, index: str, bounds: tuple[str, ...]
) -> None:
    plan = await plan_of(emptied_pool, name)
    assert f"using {index}" in plan
    assert "Seq Scan" not in plan
    conditions = plan.partition("Index Cond")[2].partition("\n")[0]
    assert all(bound in conditions for bound in bounds), plan
