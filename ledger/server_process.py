"""The server as a child: its progress, its log, and an end that takes every descendant along."""

import contextlib
import http.client
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import psutil

from ledger import guard
from ledger.embedded.process import POLL_INTERVAL_S, Impatient, LogFile, spawn
from ledger.settings import Settings

GRACE_S = guard.GRACE_S + 5.0  # the guard waits for the server, and we for the guard
PROGRESS_MARK = b"@progress "
REPOSITORY = Path(__file__).resolve().parent.parent
RUN_MARK = "LEDGER_RUN"  # without our prefix: it is no setting


class ServerProcess:
    """One child that writes `@progress some text` to its standard output while it starts, and log lines else."""

    def __init__(self, command: Sequence[str], log: LogFile, environment: dict[str, str]) -> None:
        """Starts it. Raises `OSError`."""
        self.doing = "starting the server"
        self._log = log
        with log.open() as file:
            guarded = [sys.executable, "-m", "ledger.guard", *command]
            self._process = spawn(
                guarded, file, signal.SIGTERM, stdout=subprocess.PIPE, cwd=REPOSITORY, environment=environment
            )
        assert self._process.stdout is not None
        self._listener = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended_with(self) -> int | None:
        """The code it ended with, past 128 for a signal; None while it runs. Its last words are in the log then."""
        code = self._process.poll()
        if code is not None:
            self._listener.join(timeout=1.0)  # bounded: a daemon of it may hold the pipe open
        return code

    def stop(self, impatient: Impatient, spared: set[int]) -> None:
        """Asks it to end, and kills all our descendants except `spared` after the grace or its end."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        while self._process.poll() is None and time.monotonic() < deadline and not impatient():
            time.sleep(POLL_INTERVAL_S)
        guard.sweep(spared)
        self._process.wait()

    def _listen(self, stdout: IO[bytes]) -> None:
        with stdout, self._log.path.open("ab", buffering=0) as log:
            for line in stdout:
                if line.startswith(PROGRESS_MARK):
                    self.doing = line[len(PROGRESS_MARK) :].decode(errors="replace").strip()
                else:
                    with contextlib.suppress(OSError):  # a full disk must not block the server's output
                        log.write(line)


def left_behind(mark: str) -> list[psutil.Process]:
    """Processes of an earlier server with the same mark, which a `kill -9` of its supervisor may leave."""
    ours = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid not in ours and process.environ().get(RUN_MARK) == mark:
                found.append(process)
    return found


def reachable(host: str) -> str:
    """Where a server that listens on this address is asked from the same machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host


def doors(settings: Settings, logs: Path) -> list[tuple[str, str]]:
    """What a person is told of a server that is ready."""
    base = f"http{'s' if settings.tls_cert else ''}://{reachable(settings.host)}:{settings.port}"
    found = [("REST", f"{base}/api/v1"), ("GraphQL", f"{base}/graphql")]
    found += [("Docs", f"{base}/docs")] if settings.docs else []
    return [*found, ("Health", f"{base}/health/ready"), ("Logs", str(logs)), ("Token", "make token ROLE=ADMIN")]


def _unverified() -> ssl.SSLContext:
    """The certificate is for the names that clients use; here we ask ourselves, and tell nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def is_ready(host: str, port: int, *, tls: bool = False) -> bool:
    """Whether the server says that it takes work."""
    # http.client rather than urllib, which would ask a proxy named in the environment.
    connection = http.client.HTTPConnection(reachable(host), port, timeout=1.0)
    if tls:
        connection = http.client.HTTPSConnection(reachable(host), port, timeout=1.0, context=_unverified())
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
