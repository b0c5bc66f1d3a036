"""`ledger run`: starts the databases and the server, waits with a person at the terminal, and leaves nothing behind."""

import contextlib
import hashlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from ledger.clocks import SystemClock
from ledger.console import Console
from ledger.embedded.postgres import EmbeddedPostgres
from ledger.embedded.process import (
    EmbeddedError,
    FolderLock,
    LogFile,
    adopt_orphans,
    kill_all,
    reap_orphans,
)
from ledger.embedded.secrets import ensure_secrets
from ledger.embedded.valkey import EmbeddedValkey
from ledger.exits import Exit, StartFailure
from ledger.guard import sweep
from ledger.preflight import check_database, check_doors
from ledger.server_process import RUN_MARK, ServerProcess, doors, is_ready, left_behind, reachable
from ledger.settings import Settings
from ledger.showing import Show

READY_TIMEOUT_S = 120.0
SIGNAL_BURST_S = 0.5  # make, the shell and the terminal may each pass on what a person meant once
POLL_INTERVAL_S = 0.2
DATABASE_RESTARTS_MAX = 3
DATABASE_RESTARTS_WITHIN_S = 60.0
"""A database that ends more often than that has a reason that a restart does not mend."""
SERVER_COMMAND = (sys.executable, "-m", "serve_app")

RAY_ENVIRONMENT = {
    "RAY_worker_niceness": "0",  # else Ray's workers yield to everything else on the machine
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "PYTHONUNBUFFERED": "1",
}


class StopAsked(Exception):
    """A signal asked us to end."""


class Supervisor:
    """One run of the server; to be used once, from the main thread."""

    def __init__(
        self,
        settings: Settings,
        command: Sequence[str],
        console: Console,
        ready_timeout_s: float,
        *,
        with_demo: bool = False,
    ) -> None:
        self._settings = settings
        self._with_demo = with_demo
        self._show: Show | None = None
        self._command = list(command)
        self._console = console
        self._ready_timeout_s = ready_timeout_s
        self._data_dir = settings.data_dir.resolve()
        self._lock = FolderLock(self._data_dir / "run.lock")
        self._log = LogFile(self._data_dir / "logs" / "server.log")
        self._postgres = EmbeddedPostgres(self._data_dir, self._tick) if settings.database_url is None else None
        self._valkey = EmbeddedValkey(self._data_dir, self._tick) if settings.redis_url is None else None
        self._server: ServerProcess | None = None
        self._signals_received = 0
        self._last_signal_at = -SIGNAL_BURST_S
        self._doing = "starting"
        self._serving = False
        self._restarted_at: list[float] = []
        mark = f"{os.geteuid()}:{self._data_dir}"
        self._mark = hashlib.sha256(mark.encode()).hexdigest()[:16]

    def run(self) -> Exit:
        """Serves until a signal, and gives the code to end with. No process that it started is left on return."""
        self._watch_signals()
        adopt_orphans()
        try:
            self._take_folder()
            self._start()
            self._serve()
        except StopAsked:
            return Exit.OK
        except StartFailure as failure:
            self._console.error(str(failure))
            return failure.code
        except EmbeddedError as error:
            self._console.error(str(error))
            return Exit.EMBEDDED_FAILED
        except OSError as error:
            self._console.error(f"{error.filename or self._data_dir}: {error.strerror or error}")
            return Exit.EMBEDDED_FAILED
        finally:
            self._stop()
        raise AssertionError("serving ends with an exception")

    def _watch_signals(self) -> None:
        def received(number: int, frame: object) -> None:
            now = time.monotonic()
            if now - self._last_signal_at > SIGNAL_BURST_S:
                self._signals_received += 1
            self._last_signal_at = now

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # `nohup` asks us to live on without a terminal. A SIGINT ignored by a shell's `&` is meant for us if sent.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, received)

    def _take_folder(self) -> None:
        holder = self._lock.acquire()
        if holder is not None:
            raise StartFailure(
                Exit.ALREADY_RUNNING,
                f"the server of {self._data_dir} is running already, as process {holder}; stop it (kill {holder}), "
                "or run a second one with another HEALTHPAY_DATA_DIR and PORT",
            )
        kill_all(left_behind(self._mark))

    def _start(self) -> None:
        for concern in check_doors(self._settings, SystemClock().now()):
            self._console.line(f"Note: {concern}.")
        if self._postgres is None:
            self._now("waiting for PostgreSQL")
            assert self._settings.database_url is not None
            check_database(self._settings.database_url.get_secret_value(), self._tick)
        else:
            self._now("starting PostgreSQL")
            self._postgres.start()
        if self._valkey is not None:
            self._now("starting Valkey")
            self._valkey.start()
        self._now("starting the server")
        self._server = ServerProcess(self._command, self._log, self._server_environment())
        self._wait_until_ready()
        self._announce()

    def _server_environment(self) -> dict[str, str]:
        settings, drawn = self._settings, ensure_secrets(self._data_dir)
        return {
            **RAY_ENVIRONMENT,
            RUN_MARK: self._mark,
            "HEALTHPAY_DATA_DIR": str(self._data_dir),
            **_absolute(HEALTHPAY_TLS_CERT=settings.tls_cert, HEALTHPAY_TLS_KEY=settings.tls_key),
            "HEALTHPAY_DATABASE_URL": _text(settings.database_url) or (self._postgres.dsn() if self._postgres else ""),
            "HEALTHPAY_REDIS_URL": _text(settings.redis_url) or (self._valkey.url if self._valkey else ""),
            "HEALTHPAY_JWT_SECRET": _text(settings.jwt_secret) or drawn.jwt_secret,
            "HEALTHPAY_MASTER_KEY": _text(settings.master_key) or drawn.master_key,
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + self._ready_timeout_s
        while not self._is_ready():
            self._tick()
            self._expect_databases()
            self._check_children()
            if time.monotonic() > deadline:
                raise StartFailure(
                    Exit.NOT_READY,
                    f"the server was not ready within {self._ready_timeout_s:.0f} s; "
                    f"the end of {self._log.path}:\n{self._log.tail(20)}",
                )
            time.sleep(POLL_INTERVAL_S)

    def _is_ready(self) -> bool:
        return is_ready(self._settings.host, self._settings.port, tls=self._settings.tls_cert is not None)

    def _announce(self) -> None:
        for name, where in doors(self._settings, self._log.path.parent):
            self._console.line(f"  {name:<9}{where}")
        self._console.line(f"Ready in {self._console.elapsed_s:.1f} s. Ctrl-C stops everything.")
        if self._with_demo:
            self._show = Show(self._settings, reachable(self._settings.host), self._console)
            self._show.start()

    def _serve(self) -> None:
        self._serving = True
        while not self._signals_received:
            self._check_databases()
            self._check_children()
            time.sleep(POLL_INTERVAL_S)
        raise StopAsked

    def _expect_databases(self) -> None:
        for name, database in self._databases():
            if database.ended:
                raise StartFailure(Exit.EMBEDDED_FAILED, f"{name} ended; the end of its log:\n{database.tail()}")

    def _check_children(self) -> None:
        assert self._server is not None
        if (code := self._server.ended_with()) is not None:
            text = f"the server ended with code {code}; the end of {self._log.path}:\n{self._log.tail(20)}"
            raise StartFailure(Exit.SERVER_ENDED, text)
        reap_orphans({self._server.pid, *self._database_pids()})

    def _check_databases(self) -> None:
        """Starts again what has ended: the server waits for it, and nothing acknowledged is lost.

        One that ends while the other is started has its turn at the next look.
        """
        for name, database in self._databases():
            if database.ended:
                self._start_again(name, database)

    def _start_again(self, name: str, database: EmbeddedPostgres | EmbeddedValkey) -> None:
        self._console.line(f"{name} ended; the end of its log:\n{database.tail()}")
        began, address = time.monotonic(), database.address
        started = False
        while not started:
            self._count_restart(name)
            self._now(f"starting {name} again")
            try:
                database.start()
                started = True
            except EmbeddedError as error:  # it ended again before it was ready
                self._console.line(str(error))
        if database.address != address:
            raise StartFailure(Exit.EMBEDDED_FAILED, f"{name} has another address now, which the server does not know")
        self._console.line(f"{name} runs again, after {time.monotonic() - began:.1f} s.")

    def _count_restart(self, name: str) -> None:
        now = time.monotonic()
        recently = [at for at in self._restarted_at if now - at < DATABASE_RESTARTS_WITHIN_S]
        if len(recently) >= DATABASE_RESTARTS_MAX:
            text = f"{name} ended again, after {len(recently)} new starts within {DATABASE_RESTARTS_WITHIN_S:.0f} s"
            raise StartFailure(Exit.EMBEDDED_FAILED, text)
        self._restarted_at = [*recently, now]

    def _databases(self) -> list[tuple[str, EmbeddedPostgres | EmbeddedValkey]]:
        named = (("PostgreSQL", self._postgres), ("Valkey", self._valkey))
        return [(name, database) for name, database in named if database is not None]

    def _database_pids(self) -> set[int]:
        return {database.pid for _, database in self._databases() if database.started}

    def _now(self, doing: str) -> None:
        self._doing = doing
        self._tick()

    def _tick(self) -> None:
        if self._signals_received:
            raise StopAsked
        self._console.progress(self._doing if self._serving or not self._server else self._server.doing)

    def _stop(self) -> None:
        signals_before = self._signals_received

        def impatient() -> bool:
            return self._signals_received > signals_before

        with contextlib.ExitStack() as steps:  # the last one pushed is taken first, and a failed one hinders no other
            steps.callback(self._lock.release)
            steps.callback(reap_orphans, set())
            steps.callback(sweep, set())
            if self._postgres is not None:
                steps.callback(self._postgres.stop, impatient)
            if self._valkey is not None:
                steps.callback(self._valkey.stop, impatient)
            if self._server is not None:
                self._console.line("Stopping ...")
                steps.callback(self._server.stop, impatient, self._database_pids())
            if self._show is not None:
                steps.callback(self._show.stop)


def _text(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


def _absolute(**paths: Path | None) -> dict[str, str]:
    """Of those that are set; the server works in another folder. Links stay links: renewals turn them."""
    return {name: str(path.absolute()) for name, path in paths.items() if path is not None}


def run(
    settings: Settings,
    command: Sequence[str] = SERVER_COMMAND,
    console: Console | None = None,
    ready_timeout_s: float = READY_TIMEOUT_S,
    *,
    with_demo: bool = False,
) -> Exit:
    """Runs the server in the foreground until a signal ends it; see `Supervisor.run`."""
    return Supervisor(settings, command, console or Console(), ready_timeout_s, with_demo=with_demo).run()
