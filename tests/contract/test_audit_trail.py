"""Every adapter of the audit trail keeps the same promises."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from ledger.auditing import AuditFilter, AuditRecord, AuditTrail
from ledger.reads import Page
from ledger.trail.memory_trail import MemoryTrail
from ledger.trail.postgres_trail import PostgresTrail
from tests.support.doors import NOON

DEADLINE_S = 10.0


@pytest.fixture(params=["memory_trail", pytest.param("postgres_trail", marks=pytest.mark.postgres)])
def trail(request: pytest.FixtureRequest) -> AuditTrail:
    made: AuditTrail = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def memory_trail() -> AuditTrail:
    return MemoryTrail()


@pytest.fixture
async def postgres_trail(database_pool: asyncpg.Pool) -> AsyncIterator[AuditTrail]:
    made = PostgresTrail(database_pool)
    yield made
    await made.close()


def record(number: int, **changes: str) -> AuditRecord:
    known = {"who": "clerk", "role": "OPERATOR", "what": "closeMedCard", "on_what": "m-1", "outcome": "ok"}
    return AuditRecord(
        id=f"a{number:04}", at=NOON + timedelta(seconds=number // 2), ip="::1", request_id="r", **{**known, **changes}
    )


async def found(trail: AuditTrail, count: int, where: AuditFilter | None = None, page: Page | None = None) -> list[str]:
    """The ids, once so many are there."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            rows = await trail.records(where or AuditFilter(), page or Page(100))
            if len(rows) >= count:
                return [row.id for row in rows]
            await asyncio.sleep(0.01)


async def test_records_come_back_newest_first_and_whole(trail: AuditTrail) -> None:
    noted = [record(number) for number in range(5)]
    for each in noted:
        trail.note(each)
    assert await found(trail, 5) == ["a0004", "a0003", "a0002", "a0001", "a0000"]
    assert list(await trail.records(AuditFilter(), Page(100))) == noted[::-1]


async def test_a_page_goes_on_after_the_last_record_of_the_one_before(trail: AuditTrail) -> None:
    noted = [record(number) for number in range(6)]
    for each in noted:
        trail.note(each)
    await found(trail, 6)
    last = noted[3]
    assert await found(trail, 2, page=Page(2, (last.at, last.id))) == ["a0002", "a0001"]


async def test_a_filter_keeps_what_fits(trail: AuditTrail) -> None:
    trail.note(record(1))
    trail.note(record(2, who="boss"))
    trail.note(record(3, what="login", outcome="token_invalid"))
    await found(trail, 3)
    assert await found(trail, 1, AuditFilter(who="boss")) == ["a0002"]
    assert await found(trail, 1, AuditFilter(what="login", outcome="token_invalid")) == ["a0003"]


@pytest.mark.postgres
async def test_what_waits_is_written_when_the_trail_is_closed(database_pool: asyncpg.Pool) -> None:
    trail = PostgresTrail(database_pool)
    for number in range(2_500):
        trail.note(record(number))
    await trail.close()
    assert await database_pool.fetchval("SELECT count(*) FROM ledger.audit_log") == 2_500


@pytest.mark.postgres
async def test_nobody_changes_or_deletes_a_record(database_pool: asyncpg.Pool) -> None:
    trail = PostgresTrail(database_pool)
    trail.note(record(1))
    await trail.close()
    for statement in ("UPDATE ledger.audit_log SET who = 'nobody'", "DELETE FROM ledger.audit_log"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database_pool.execute(statement)


@pytest.mark.postgres
async def test_a_record_that_the_database_refuses_keeps_no_other_from_the_trail(
    postgres_trail: PostgresTrail, caplog: pytest.LogCaptureFixture
) -> None:
    for each in (record(1), record(2, on_what="m\0"), record(3)):
        postgres_trail.note(each)
    assert await found(postgres_trail, 2) == ["a0003", "a0001"]
    assert "a0002" in caplog.text
    postgres_trail.note(record(4))
    assert len(await found(postgres_trail, 3)) == 3
