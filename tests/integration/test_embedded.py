"""The embedded PostgreSQL and Valkey: started from wheels anywhere, killed at any time, never two on one folder."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psutil
import pytest
import redis

from ledger.embedded import EmbeddedError, EmbeddedPostgres, EmbeddedValkey, ensure_secrets

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long, with a blank, under a folder that other users cannot enter."""
    return tmp_path_factory.mktemp("closed to others") / ("long " * 20).strip() / "data"


@pytest.fixture
def postgres(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data_dir)
    server.start()
    yield server
    server.stop()


async def ask(server: EmbeddedPostgres, statement: str, database: str = "healthpay") -> object:
    connection = await asyncpg.connect(server.dsn(database))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def at_work_in(data: Path) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(data) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def kill_whole(server: EmbeddedPostgres, data_dir: Path) -> None:
    for pid in at_work_in(data_dir / "postgres"):
        os.kill(pid, signal.SIGKILL)
    while not server.ended:
        time.sleep(0.01)


async def test_it_starts_in_a_closed_folder_with_blanks_and_a_long_path(
    postgres: EmbeddedPostgres, data_dir: Path
) -> None:
    # Given a folder that only we can enter, and a path that no socket's name could hold
    assert data_dir.parents[1].stat().st_mode & 0o077 == 0
    assert len(str(data_dir)) > 107
    # Then the server answers, durable, without a port, and as an ordinary user
    assert await ask(postgres, "SELECT current_database()::text") == "healthpay"
    assert await ask(postgres, "SHOW fsync") == "on"
    assert await ask(postgres, "SHOW synchronous_commit") == "on"
    assert await ask(postgres, "SHOW data_checksums") == "on"
    assert await ask(postgres, "SHOW listen_addresses") == ""
    assert psutil.Process(postgres.pid).uids().effective != 0


def test_its_socket_is_in_a_private_folder(postgres: EmbeddedPostgres) -> None:
    assert Path(postgres.dsn().split("host=")[1]).stat().st_mode & 0o077 == 0


async def test_its_socket_asks_who_comes(postgres: EmbeddedPostgres) -> None:
    rules = await ask(postgres, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules")
    assert rules == "peer"


async def test_many_databases_can_be_made_and_making_one_again_does_nothing(postgres: EmbeddedPostgres) -> None:
    for name in ("one", "two", "one", "odd \"name's"):
        postgres.createdb(name)
    assert await ask(postgres, "SELECT current_database()::text", "two") == "two"


async def test_what_was_committed_survives_a_kill_of_the_whole_server(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        await ask(server, "CREATE TABLE IF NOT EXISTS kept (line text)")
        before = await ask(server, "SELECT count(*) FROM kept")
        assert isinstance(before, int)
        await ask(server, "INSERT INTO kept VALUES ('committed')")
        kill_whole(server, data_dir)
        server.start()
        assert await ask(server, "SELECT count(*) FROM kept") == before + 1
    finally:
        server.stop()
    assert at_work_in(data_dir / "postgres") == []


def test_a_stale_pid_file_that_names_another_living_process_is_no_obstacle(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    server.start()
    kill_whole(server, data_dir)
    server.stop()
    pid_file = data_dir / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")
    server.start()
    server.stop()


def test_a_stale_lock_of_its_socket_that_names_another_living_process_is_no_obstacle(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    server.start()
    folder = Path(parse_qs(urlsplit(server.dsn()).query)["host"][0])
    server.stop()
    folder.mkdir(mode=0o700)
    (folder / ".s.PGSQL.5432.lock").write_text("1\n")
    server.start()
    server.stop()


def test_a_second_server_in_the_folder_is_refused_and_the_first_goes_on(
    postgres: EmbeddedPostgres, data_dir: Path
) -> None:
    with pytest.raises(EmbeddedError, match=f"in use by process {os.getpid()}"):
        EmbeddedPostgres(data_dir).start()
    postgres.createdb("still_here")


def test_a_server_that_a_killed_run_left_behind_is_stopped_first(data_dir: Path) -> None:
    left = EmbeddedPostgres(data_dir)
    left.start()
    left._lock.release()  # as the kernel does when the process that holds it is killed
    heir = EmbeddedPostgres(data_dir)
    heir.start()
    assert left.ended
    heir.createdb("inherited")
    heir.stop()
    left.stop()


def test_stopping_leaves_no_process_and_no_socket(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    server.start()
    folder = Path(server.dsn().split("host=")[1])
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 10
    assert at_work_in(data_dir / "postgres") == []
    assert not folder.exists()
    server.stop()  # twice is nothing


def test_data_that_postgres_refuses_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    data.mkdir(mode=0o700)
    (data / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(EmbeddedError, match=r"did not start[\s\S]*postgresql.conf"):
        EmbeddedPostgres(tmp_path).start()
    assert at_work_in(data) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match=r"cannot be started: .*file"):
        EmbeddedPostgres(tmp_path / "file" / "data").start()


def test_valkey_answers_on_a_private_socket_and_leaves_nothing(data_dir: Path) -> None:
    server = EmbeddedValkey(data_dir)
    server.start()
    pid, folder = server.pid, Path(server.url.removeprefix("unix://")).parent
    with redis.Redis.from_url(server.url) as client:
        assert client.set("greeting", "hello")
        assert client.get("greeting") == b"hello"
    assert folder.stat().st_mode & 0o077 == 0
    with pytest.raises(EmbeddedError, match="in use"):
        EmbeddedValkey(data_dir).start()
    server.stop()
    assert not psutil.pid_exists(pid)
    assert not folder.exists()


def test_secrets_are_drawn_once_and_only_we_can_read_them(tmp_path: Path) -> None:
    first, second = ensure_secrets(tmp_path), ensure_secrets(tmp_path)
    assert first == second
    assert len({first.jwt_secret, first.master_key, ensure_secrets(tmp_path / "other").jwt_secret}) == 3
    assert first.jwt_secret not in repr(first)
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()} == {0o600}
