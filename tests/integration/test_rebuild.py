"""Read models built anew from the log beside the live ones, while commands, queries and the projector go on."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from pydantic import SecretStr

from ledger import bootstrap, by_hand, operators
from ledger.clocks import SystemClock
from ledger.following import AlreadyAtWork
from ledger.settings import Settings
from projections.projection import Group
from projections.projector import Projector
from projections.registry import GROUPS, MEDCARD_GROUP
from tests.load.loader import Loader, load_steadily
from tests.support.feeds import until

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(90)]

CARDS = 20


@pytest.fixture
async def settings(database: str) -> Settings:
    key = SecretStr(base64.b64encode(bytes(32)).decode())
    settings = Settings(database_url=SecretStr(database), master_key=key, jwt_secret=SecretStr("s" * 32), partitions=4)
    await bootstrap.lay_out(settings)
    return settings


@pytest.fixture
async def owner(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@asynccontextmanager
async def live_projector(settings: Settings) -> AsyncIterator[Projector]:
    async with bootstrap.open_projector(settings, MEDCARD_GROUP.topics) as ports:
        projector = Projector(MEDCARD_GROUP, ports.log, ports.feed, ports.store, SystemClock())
        running = asyncio.create_task(projector.run())
        try:
            yield projector
        finally:
            projector.stop()
            await running


async def loaded(settings: Settings, events: int) -> Loader:
    async with bootstrap.open_projector(settings, {"medcard"}) as ports:
        loader = Loader(ports.log, cards=CARDS)
        await loader.load(events)
        return loader


async def catalogue(owner: asyncpg.Connection) -> list[tuple[str, ...]]:
    """What the tables of the read models look like: columns, keys, indexes, storage, grants, owners."""
    rows = await owner.fetch(
        """
        SELECT c.relname, 'column', a.attnum::text, a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
               || ' ' || a.attnotnull || ' ' || coalesce(co.collname, '')
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        LEFT JOIN pg_collation co ON co.oid = a.attcollation
        WHERE c.relnamespace = 'read'::regnamespace AND c.relkind = 'r'
        UNION ALL
        SELECT tablename, 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'read'
        UNION ALL
        SELECT relname, 'table', relpersistence::text,
               concat_ws(' ', reloptions::text, relacl::text, relowner::regrole::text)
        FROM pg_class WHERE relnamespace = 'read'::regnamespace AND relkind = 'r'
        UNION ALL
        SELECT conrelid::regclass::text, 'constraint', conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'read'::regnamespace
        ORDER BY 1, 2, 3
        """
    )
    return [tuple(row) for row in rows]


async def everything(owner: asyncpg.Connection) -> dict[str, list[str]]:
    """All rows of all tables of the group."""
    found = {}
    for table in MEDCARD_GROUP.tables:
        rows = await owner.fetch(f"SELECT to_jsonb(r)::text FROM read.{table} r ORDER BY 1")
        found[table] = [row[0] for row in rows]
    return found


async def test_the_tables_of_the_groups_are_those_of_the_schema(owner: asyncpg.Connection) -> None:
    tables = [table for group in GROUPS for table in group.tables]
    standing = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'read'")
    assert sorted(tables) == sorted(row["tablename"] for row in standing)


async def test_what_is_built_anew_is_what_was_there_before(settings: Settings, owner: asyncpg.Connection) -> None:
    loader = await loaded(settings, 3_000)
    told: list[str] = []
    async with live_projector(settings) as projector, asyncio.timeout(60):
        await until(lambda: sum(projector.positions.values()) == 3_000)
        rows, shape = await everything(owner), await catalogue(owner)
        await owner.execute("UPDATE read.medcards SET status = 'BROKEN'; DELETE FROM read.prescriptions")
        built = await operators.rebuild(settings, "medcards", told.append, resume=False)
        assert (built.events, built.parked) == (3_000, 0)
        assert await everything(owner) == rows
        assert await catalogue(owner) == shape
        assert told[-1] == "medcards: 3,000 of 3,000 events"
        # The live projector goes on, on the new tables.
        async with bootstrap.open_projector(settings, {"medcard"}) as ports:
            await loader.on(ports.log).load(500)
        await until(lambda: sum(projector.positions.values()) == 3_500)
        assert projector.parked == 0
    assert len((await everything(owner))["prescriptions"]) > len(rows["prescriptions"])
    assert await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname IN ('read_next', 'read_outgoing')") == []
    assert [row[0] for row in await owner.fetch("SELECT DISTINCT projection FROM ledger.checkpoints")] == ["medcards"]
    assert [row[0] for row in await owner.fetch("SELECT DISTINCT projection FROM ledger.projections")] == ["medcards"]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
async def test_the_tables_of_every_group_come_out_as_they_were(
    settings: Settings, owner: asyncpg.Connection, group: Group
) -> None:
    await loaded(settings, 100)
    shape = await catalogue(owner)
    expected = 100 if "medcard" in group.topics else 0
    assert (await operators.rebuild(settings, group.name, lambda _text: None, resume=False)).events == expected
    assert await catalogue(owner) == shape
    report = await operators.verify(settings, lambda _text: None)
    # The other groups have not run at all here.
    assert {finding.check for finding in report.findings if group.name in finding.where} <= {"lag"}


async def test_no_reader_ever_misses_a_row_and_no_event_is_lost_while_commands_go_on(
    settings: Settings, owner: asyncpg.Connection
) -> None:
    loader = await loaded(settings, 2_000)
    async with live_projector(settings) as projector, asyncio.timeout(80), asyncio.TaskGroup() as tasks:
        await until(lambda: sum(projector.positions.values()) == 2_000)
        done, looks = asyncio.Event(), []
        tasks.create_task(_append_until(settings, loader, done))
        tasks.create_task(_look_until(settings, loader.card_ids, done, looks))
        for _ in range(3):
            await operators.rebuild(settings, "medcards", lambda _text: None, resume=False)
        done.set()
    assert len(looks) > 20
    assert set(looks) == {CARDS}
    async with live_projector(settings) as projector, asyncio.timeout(20):
        await until(lambda: sum(projector.positions.values()) == loader.written)
    claims = await owner.fetchval("SELECT sum(claims) FROM read.medcard_monthly_spend")
    assert claims == loader.written - CARDS
    async with by_hand.open_build(settings, "medcards", MEDCARD_GROUP.tables, to_compare=True) as ports:
        found = await operators.building.differences(
            MEDCARD_GROUP, ports.log, ports.store, ports.shadow, ports.live, lambda _text: None
        )
    assert found == {table: [] for table in MEDCARD_GROUP.tables}


async def _append_until(settings: Settings, loader: Loader, done: asyncio.Event) -> None:
    async with bootstrap.open_projector(settings, {"medcard"}) as ports:
        going_on = loader.on(ports.log)
        await load_steadily(going_on, 400, done)
        loader.written = going_on.written


async def _look_until(settings: Settings, cards: list[str], done: asyncio.Event, looks: list[int]) -> None:
    async with bootstrap.open_edge(settings) as ports:
        while not done.is_set():
            looks.append(len(await ports.reads.medcards.spend(cards, "2026-11")))
            found = [await ports.reads.medcards.card(card) for card in cards[:3]]
            assert None not in found
            await asyncio.sleep(0.01)


async def test_two_builds_at_once_are_refused_by_name_and_all_of_it_is_noted(
    settings: Settings, owner: asyncpg.Connection
) -> None:
    async with by_hand.open_build(settings, "medcards", MEDCARD_GROUP.tables):
        with pytest.raises(AlreadyAtWork, match="medcards@next is being built already"):
            await operators.rebuild(settings, "medcards", lambda _text: None, resume=False)
    await operators.rebuild(settings, "medcards", lambda _text: None, resume=False)
    await operators.pause(settings, "medcards", True)
    noted = await owner.fetch("SELECT role, what, on_what, outcome FROM ledger.audit_log ORDER BY at")
    assert [tuple(row) for row in noted] == [
        ("OPERATOR", "ledger rebuild", "medcards", "AlreadyAtWork"),
        ("OPERATOR", "ledger rebuild", "medcards", "ok"),
        ("OPERATOR", "ledger pause", "medcards", "ok"),
    ]


@pytest.mark.parametrize("resume", [True, False])
async def test_an_interrupted_build_goes_on_or_begins_again(
    settings: Settings, owner: asyncpg.Connection, resume: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operators.building, "PAGE_EVENTS", 100)
    monkeypatch.setattr(operators.building, "CLOSE_EVENTS", 0)
    await loaded(settings, 1_000)

    class Interrupted(Exception):
        pass

    def interrupt(text: str) -> None:
        if "500 of" in text:
            raise Interrupted

    with pytest.raises(Interrupted):
        await operators.rebuild(settings, "medcards", interrupt, resume=False)
    told: list[str] = []
    built = await operators.rebuild(settings, "medcards", told.append, resume=resume)
    assert built.events == 1_000
    assert told[0] == f"medcards: {600 if resume else 100} of 1,000 events"
    assert await owner.fetchval("SELECT sum(claims) FROM read.medcard_monthly_spend") == 1_000 - CARDS


async def test_a_reader_that_keeps_the_tables_makes_it_try_again(
    settings: Settings, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await loaded(settings, 200)
    reading = owner.transaction()
    await reading.start()
    await owner.fetch("SELECT * FROM read.medcards")
    build = asyncio.create_task(operators.rebuild(settings, "medcards", lambda _text: None, resume=False))
    async with asyncio.timeout(20):
        done, _ = await asyncio.wait([build], timeout=1.5)
        assert not done
        # Other readers are not held up for long behind the one that is waited for.
        async with bootstrap.open_edge(settings) as ports:
            assert await ports.reads.medcards.card("nobody") is None
        await reading.rollback()
        assert (await build).events == 200


async def test_poison_is_parked_in_the_build_and_takes_its_place_with_it(
    settings: Settings, owner: asyncpg.Connection
) -> None:
    loader = await loaded(settings, 200)
    async with bootstrap.open_projector(settings, {"medcard"}) as ports:
        await loader.on(ports.log).poison(loader.card_ids[3])
    built = await operators.rebuild(settings, "medcards", lambda _text: None, resume=False)
    assert built.parked == 1
    [letter] = await owner.fetch("SELECT * FROM ledger.dead_letters")
    assert (letter["projection"], letter["aggregate_id"], letter["count"]) == ("medcards", loader.card_ids[3], 1)
