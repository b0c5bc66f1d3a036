"""`ledger run` around a stand-in server: however it ends, nothing that it started is left."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from ledger.embedded import EmbeddedPostgres
from ledger.exits import StartFailure
from ledger.preflight import check_database

SUPERVISED = Path(__file__).parents[1] / "support" / "supervised.py"


class Run:
    """One supervisor in a session of its own; `mark` is in the environment of everything that it starts."""

    def __init__(self, data_dir: Path, port: int, mode: str, ready_timeout_s: float, **settings: str) -> None:
        self.mark = uuid4().hex
        self.data_dir = data_dir
        kept = {name: text for name, text in os.environ.items() if not name.startswith("HEALTHPAY_")}
        own = {"HEALTHPAY_DATA_DIR": str(data_dir), "HEALTHPAY_PORT": str(port), "TEST_MARK": self.mark, **settings}
        self.process = subprocess.Popen(
            [sys.executable, str(SUPERVISED), mode, str(ready_timeout_s)],
            env={**kept, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def until_ready(self) -> str:
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if line.startswith("Ready in"):
                return said
        raise AssertionError(said)

    def result(self) -> tuple[int, str]:
        said, _ = self.process.communicate(timeout=30)
        return self.process.returncode, said

    def started(self) -> list[psutil.Process]:
        """What runs of it, wherever it went."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                in_data = process.cwd() == str(self.data_dir / "postgres")
                if process.status() != psutil.STATUS_ZOMBIE and (
                    in_data or process.environ().get("TEST_MARK") == self.mark
                ):
                    found.append(process)
        return found


Start = Callable[..., Run]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared: only the first run has to make a database."""
    return tmp_path_factory.mktemp("a folder") / "data"


@pytest.fixture
def port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@pytest.fixture
def start(data_dir: Path, port: int) -> Iterator[Start]:
    runs: list[Run] = []

    def start_one(mode: str = "ok", ready_timeout_s: float = 20.0, **settings: str) -> Run:
        runs.append(Run(data_dir, port, mode, ready_timeout_s, **settings))
        return runs[-1]

    yield start_one
    for run in runs:
        for process in run.started():
            process.kill()
        run.process.wait()
        if run.process.stdout is not None:
            run.process.stdout.close()


def wait_until(holds: Callable[[], bool], within_s: float = 10.0) -> bool:
    """Also where a process that is looked at ends under the look."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        with contextlib.suppress(psutil.NoSuchProcess):
            if holds():
                return True
        time.sleep(0.05)
    return holds()


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda word: word.name)
def test_a_signal_stops_everything_that_was_started(start: Start, word: signal.Signals) -> None:
    run = start()
    said = run.until_ready()
    assert "make token ROLE=ADMIN" in said
    names = sorted(process.name() for process in run.started())
    assert names.count("sleep") == 2
    assert "postgres" in names
    run.process.send_signal(word)
    assert run.result()[0] == 0
    assert run.started() == []


def test_a_closed_terminal_does_not_keep_it_from_stopping(start: Start) -> None:
    run = start()
    run.until_ready()
    assert run.process.stdout is not None
    run.process.stdout.close()
    run.process.send_signal(signal.SIGHUP)
    assert run.process.wait(timeout=20) == 0
    assert run.started() == []


def test_a_signal_while_starting_stops_everything_that_was_started(start: Start) -> None:
    run = start("silent")
    assert wait_until(lambda: any(process.name() == "sleep" for process in run.started()))
    run.process.send_signal(signal.SIGINT)
    assert run.result()[0] == 0
    assert run.started() == []


def test_a_second_signal_cuts_the_wait_for_a_stubborn_server_short(start: Start) -> None:
    run = start("stubborn")
    run.until_ready()
    began = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    time.sleep(0.7)  # signals closer together count as one
    run.process.send_signal(signal.SIGINT)
    assert run.result()[0] == 0
    assert time.monotonic() - began < 10
    assert run.started() == []


def test_a_server_that_ends_while_starting_ends_the_run_with_its_last_words(start: Start) -> None:
    run = start("fails")
    code, said = run.result()
    assert code == 7
    assert "ended with code 9" in said
    assert "the last words" in said
    assert run.started() == []


def test_a_server_that_is_not_ready_in_time_ends_the_run(start: Start) -> None:
    run = start("silent", ready_timeout_s=1.0)
    code, said = run.result()
    assert code == 6
    assert "warming up" in said
    assert "not ready within" in said
    assert "a line for the log" in said
    assert run.started() == []


def postmaster_of(run: Run) -> int:
    """Its pid; 0 where none takes connections."""
    dsn = EmbeddedPostgres.running_dsn(run.data_dir)
    try:
        check_database(dsn or "", lambda: None, timeout_s=0)
        return int((run.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    except (StartFailure, OSError, ValueError):
        return 0


def test_a_database_that_ends_is_started_again_at_the_same_place(start: Start) -> None:
    run = start()
    run.until_ready()
    dsn = EmbeddedPostgres.running_dsn(run.data_dir)
    killed = postmaster_of(run)
    os.kill(killed, signal.SIGKILL)
    assert wait_until(lambda: postmaster_of(run) not in (0, killed))
    assert EmbeddedPostgres.running_dsn(run.data_dir) == dsn
    run.process.send_signal(signal.SIGTERM)
    code, said = run.result()
    assert code == 0
    assert "PostgreSQL ended; the end of its log:" in said
    assert "PostgreSQL runs again, after" in said
    assert run.started() == []


def test_a_valkey_that_ends_is_started_again(start: Start) -> None:
    run = start()
    run.until_ready()

    def valkeys() -> list[int]:
        children = psutil.Process(run.process.pid).children()
        return [child.pid for child in children if child.name() == "valkey-server"]

    [killed] = valkeys()
    os.kill(killed, signal.SIGKILL)
    assert wait_until(lambda: valkeys() not in ([], [killed]))
    run.process.send_signal(signal.SIGTERM)
    code, said = run.result()
    assert code == 0
    assert "Valkey runs again, after" in said


def test_a_database_that_keeps_ending_ends_the_run(start: Start) -> None:
    run = start()
    run.until_ready()
    killed = 0
    for _ in range(4):
        assert wait_until(lambda before=killed: postmaster_of(run) not in (0, before))  # type: ignore[misc]
        killed = postmaster_of(run)
        os.kill(killed, signal.SIGKILL)
    code, said = run.result()
    assert code == 8
    assert "PostgreSQL ended again, after 3 new starts within 60 s" in said
    assert run.started() == []


def test_a_taken_port_is_named_with_the_way_out(start: Start, port: int) -> None:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", port))
        door.listen()
        run = start()
        code, said = run.result()
    assert code == 4
    assert f"port {port} on 127.0.0.1 is taken; choose another with make run PORT={port + 1}" in said
    assert run.started() == []


def test_a_second_run_in_the_folder_is_refused_with_the_pid_of_the_first(start: Start) -> None:
    first = start()
    first.until_ready()
    second = start()
    code, said = second.result()
    assert code == 3
    assert f"process {first.process.pid}" in said
    assert first.process.poll() is None
    first.process.send_signal(signal.SIGTERM)
    assert first.result()[0] == 0


def test_a_refused_database_is_named_without_its_password(start: Start, port: int) -> None:
    run = start(HEALTHPAY_DATABASE_URL=f"postgresql://me:hush-hush@127.0.0.1:{port}/there?sslmode=hush-hush")
    code, said = run.result()
    assert code == 5
    assert f"127.0.0.1:{port}/there" in said
    assert "hush-hush" not in said
    assert run.started() == []


def test_after_a_kill_of_the_supervisor_nothing_is_left_and_the_next_run_works(start: Start) -> None:
    run = start()
    run.until_ready()
    run.process.kill()
    run.process.wait()
    assert wait_until(lambda: run.started() == [])
    second = start()
    second.until_ready()
    second.process.send_signal(signal.SIGTERM)
    assert second.result()[0] == 0
    assert second.started() == []


def test_the_next_run_removes_what_survived_a_kill_of_supervisor_and_guard(start: Start) -> None:
    run = start()
    run.until_ready()
    guard = next(process for process in run.started() if "ledger.guard" in process.cmdline())
    run.process.kill()
    guard.kill()
    run.process.wait()
    assert wait_until(lambda: {process.name() for process in run.started()} <= {"sleep"})
    hidden = run.started()
    assert len(hidden) > 0
    second = start()
    second.until_ready()
    assert not any(map(is_alive, hidden))
    second.process.send_signal(signal.SIGTERM)
    assert second.result()[0] == 0
    assert second.started() == []
