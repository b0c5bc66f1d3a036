"""The drill of docs/guides/backup.md: a base backup and archived WAL, restored to a point in time, and audited."""

import asyncio
import copy
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from pydantic import SecretStr

from ledger import bootstrap, by_hand, operators
from ledger.audit.kept_heads import parse_heads
from ledger.clocks import SystemClock
from ledger.embedded import EmbeddedPostgres
from ledger.embedded.account import account_for
from ledger.embedded.postgres import wheel_folder
from ledger.postgres.connections import open_pool
from ledger.readstores.postgres_store import PostgresReadStore
from ledger.settings import Settings
from ledger.store.migrate import migrate
from projections.chain import LogForked
from projections.projection import Group
from projections.projector import Projector
from projections.registry import GROUPS, MEDCARD_GROUP
from tests.load.loader import Loader
from tests.support.feeds import until

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(150)]

RESTORE_WITHIN_S = 60.0


@pytest.fixture
def folder() -> Iterator[Path]:
    """For two servers, a base backup between them, and the archive."""
    found = Path(tempfile.mkdtemp(prefix="hp-drill-"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found, ignore_errors=True)


def settings_of(server: EmbeddedPostgres, database: str = "healthpay") -> Settings:
    return Settings(database_url=SecretStr(server.dsn(database)), partitions=2)


def sql(server: EmbeddedPostgres, *statements: str) -> object:
    """The last one's value."""

    async def work() -> object:
        connection = await asyncpg.connect(server.dsn())
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(work())


def archiving(data_dir: Path, archive: Path) -> EmbeddedPostgres:
    """A server that archives its WAL."""
    server = EmbeddedPostgres(data_dir)
    server.start()
    archive.mkdir()
    account_for(data_dir / "postgres").own(archive)
    command = f"test ! -f {archive}/%f && cp %p {archive}/%f"
    sql(server, "ALTER SYSTEM SET archive_mode = 'on'", f"ALTER SYSTEM SET archive_command = '{command}'", "SELECT 1")
    server.stop()
    server.start()
    return server


def back_up(server: EmbeddedPostgres, to: Path) -> None:
    socket = parse_qs(urlsplit(server.dsn()).query)["host"][0]
    tool = wheel_folder() / "pginstall" / "bin" / "pg_basebackup"
    asked = [str(tool), "-h", socket, "-U", "postgres", "-D", str(to), "--checkpoint=fast", "--wal-method=none"]
    subprocess.run([*asked, "--no-manifest"], check=True, capture_output=True, timeout=60)


def restore(backup: Path, data_dir: Path, archive: Path, until_time: object, owner: Path) -> EmbeddedPostgres:
    """A server on the backup, with the archived WAL replayed as far as that time."""
    data_dir.mkdir()
    data = data_dir / "postgres"
    backup.rename(data)
    (data / "recovery.signal").touch()
    with (data / "postgresql.auto.conf").open("a") as configuration:
        configuration.write(
            f"archive_mode = 'off'\nrestore_command = 'cp {archive}/%f %p'\n"
            f"recovery_target_time = '{until_time}'\nrecovery_target_action = 'promote'\n"
        )
    account = account_for(owner)
    for path in (data, *data.rglob("*")):
        account.own(path)
    server = EmbeddedPostgres(data_dir)
    server.start()
    deadline = time.monotonic() + RESTORE_WITHIN_S
    while sql(server, "SELECT pg_is_in_recovery()"):
        assert time.monotonic() < deadline, server.tail()
        time.sleep(0.05)
    return server


def archived(server: EmbeddedPostgres, archive: Path) -> None:
    """All WAL so far is in the archive."""
    segment = str(sql(server, "SELECT pg_walfile_name(pg_switch_wal())"))
    deadline = time.monotonic() + RESTORE_WITHIN_S
    while not (archive / segment).exists():
        assert time.monotonic() < deadline, os.listdir(archive)
        time.sleep(0.05)


async def load(settings: Settings, loader: Loader | None, events: int) -> Loader:
    async with bootstrap.open_projector(settings, {"medcard"}) as ports:
        loader = Loader(ports.log, cards=10) if loader is None else loader.on(ports.log)
        await loader.load(events)
        return loader


async def project_all(database: Settings) -> dict[str, int]:
    """Brings all read models to the end of their own log; the positions of those of cards."""
    for group in GROUPS:
        await project(database, database, group)
    return await project(database, database)


async def project(log: Settings, store: Settings, group: Group = MEDCARD_GROUP) -> dict[str, int]:
    """Follows the log of one database to its end, with read models in another or the same; the positions there."""
    async with bootstrap.open_projector(log, group.topics) as ports:
        assert store.database_url is not None
        pool = await open_pool(store.database_url.get_secret_value(), 2, 5_000, 2_000)
        projector = Projector(group, ports.log, ports.feed, PostgresReadStore(pool), SystemClock())
        running = asyncio.create_task(projector.run())
        try:
            async with asyncio.timeout(20):
                await until(lambda: running.done() or (projector.well and not projector.behind))
            projector.stop()
            await running
        finally:
            await pool.close()
        return {str(partition): offset for partition, offset in projector.positions.items()}


def test_a_log_restored_to_a_point_in_time_is_sound_and_known_for_what_it_is(folder: Path) -> None:
    archive = folder / "archive"
    server = archiving(folder / "first", archive)
    restored = None
    try:
        ours = settings_of(server)
        server.createdb("elsewhere")
        elsewhere = settings_of(server, "elsewhere")
        asyncio.run(migrate(server.dsn()))
        asyncio.run(migrate(server.dsn("elsewhere")))
        asyncio.run(bootstrap.lay_out(ours))

        loader = asyncio.run(load(ours, None, 300))
        back_up(server, folder / "backup")
        loader = asyncio.run(load(ours, loader, 200))
        reached = asyncio.run(project_all(ours))
        kept = asyncio.run(by_hand.heads(ours))
        moment = sql(server, "SELECT clock_timestamp()")
        at_the_moment = copy.deepcopy(loader._writer), dict(loader._heads)
        loader = asyncio.run(load(ours, loader, 150))
        asyncio.run(project_all(ours))
        asyncio.run(project(ours, elsewhere))
        too_new = asyncio.run(by_hand.heads(ours))
        archived(server, archive)

        restored = restore(folder / "backup", folder / "second", archive, moment, folder / "first" / "postgres")
        theirs = settings_of(restored)
        assert_sound_as_of(theirs, kept, too_new, reached)

        # A follower elsewhere has applied what the restored log has not, or has otherwise: it halts either way.
        with pytest.raises(LogForked, match="was applied, and is not in the log"):
            asyncio.run(project(theirs, elsewhere))
        loader._writer, loader._heads = at_the_moment
        loader._writer._at += timedelta(days=1)
        loader.written = 500
        asyncio.run(load(theirs, loader, 400))
        with pytest.raises(LogForked, match="is not the event that was applied"):
            asyncio.run(project(theirs, elsewhere))

        # The read models that were restored with the log follow it on.
        assert sum(asyncio.run(project_all(theirs)).values()) == 900
        assert asyncio.run(operators.verify(theirs, lambda _text: None, parse_heads(kept))).findings == []
    finally:
        server.stop()
        if restored is not None:
            restored.stop()


def assert_sound_as_of(restored: Settings, kept: str, too_new: str, reached: dict[str, int]) -> None:
    report = asyncio.run(operators.verify(restored, lambda _text: None, parse_heads(kept)))
    assert report.findings == []
    assert report.counts["events"] == 500
    assert asyncio.run(project_all(restored)) == reached
    # What was acknowledged after that moment is gone, and the newer print says so.
    late = asyncio.run(operators.verify(restored, lambda _text: None, parse_heads(too_new), folds=False))
    assert {finding.check for finding in late.findings} == {"kept_heads"}
