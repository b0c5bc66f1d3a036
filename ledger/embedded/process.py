"""Child processes that do not outlive us: their own session, a log, a signal if we die, a bounded wait to end."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LOG_BYTES_MAX = 16 * 1024 * 1024
POLL_INTERVAL_S = 0.05

_libc = ctypes.CDLL(None, use_errno=True)

WhileWaiting = Callable[[], None]
"""Called about every `POLL_INTERVAL_S` of a wait; what it raises ends the wait."""

Impatient = Callable[[], bool]
"""Asked about every `POLL_INTERVAL_S` of a stop; True cuts the grace short."""


class EmbeddedError(Exception):
    """An embedded server cannot be used; the first line says why, the lines after it are the end of its log."""


def nothing() -> None:
    """The `WhileWaiting` of a caller who has nothing else to do."""


def patient() -> bool:
    """The `Impatient` of a caller who grants the whole grace."""
    return False


class LogFile:
    """The log of one child, appended to from run to run and set aside once it is past `LOG_BYTES_MAX`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._start = 0

    def open(self) -> IO[bytes]:
        """Opens for appending and remembers where this run begins. Raises `OSError`."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > LOG_BYTES_MAX:
            self.path.replace(self.path.with_suffix(".log.1"))
        log = self.path.open("ab", buffering=0)
        self._start = log.tell()
        return log

    def tail(self, lines_max: int = 8) -> str:
        """The last lines of this run, each indented; empty if it wrote none."""
        try:
            with self.path.open("rb") as log:
                log.seek(max(self._start, log.seek(0, os.SEEK_END) - 16_384))
                lines = log.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(f"    {line}" for line in lines[-lines_max:])


class FolderLock:
    """One holder per file, for as long as the holder's process lives; the kernel frees it after a `kill -9`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> int | None:
        """Takes the lock and gives None, or gives the pid of its holder (0 if unknown). Raises `OSError`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.read(file, 32)
            os.close(file)
            return int(text) if text.strip().isdigit() else 0
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file
        return None

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def child_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Our environment without `PG*`, which would redirect PostgreSQL and its tools, in the C locale."""
    inherited = os.environ  # noqa: TID251 - handed on to a child, not read as a setting
    kept = {name: text for name, text in inherited.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C", **(extra or {})}


def die_with_us(death_signal: signal.Signals) -> WhileWaiting:
    """A `preexec_fn`: the child gets `death_signal` when the thread that started it ends, by `kill -9` too."""
    parent = os.getpid()

    def in_child() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # we died before the line above: no signal will come
            os._exit(1)

    return in_child


def adopt_orphans() -> None:
    """Makes this process the parent of every descendant whose own parent ends, daemons included."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(
    argv: list[str],
    log: IO[bytes],
    death_signal: signal.Signals,
    *,
    stdout: IO[bytes] | int | None = None,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a child in a session of its own, so that a terminal's Ctrl-C reaches us alone.

    What it writes goes to `log`, its standard output to `stdout` if given; `environment` is added to ours.
    Raises `OSError`.
    """
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=log if stdout is None else stdout,
        stderr=log,
        cwd=cwd,
        env=child_environment(environment),
        start_new_session=True,
        preexec_fn=die_with_us(death_signal),
    )


def wait_ended(process: subprocess.Popen[bytes], timeout_s: float, while_waiting: WhileWaiting = nothing) -> bool:
    """Whether the child ended within the time."""
    deadline = time.monotonic() + timeout_s
    while process.poll() is None:
        if time.monotonic() > deadline:
            return False
        while_waiting()
        time.sleep(POLL_INTERVAL_S)
    return True


def stop(
    process: subprocess.Popen[bytes], with_signal: signal.Signals, grace_s: float, impatient: Impatient = patient
) -> None:
    """Asks the child to end, and after the grace kills it and its descendants. Nothing of it is left on return."""
    family = descendants(process.pid)
    process.send_signal(with_signal)
    deadline = time.monotonic() + grace_s
    while process.poll() is None and time.monotonic() < deadline and not impatient():
        time.sleep(POLL_INTERVAL_S)
    if process.poll() is None:
        family = descendants(process.pid)
        process.kill()
        process.wait()
    kill_all(family)


def descendants(pid: int) -> list[psutil.Process]:
    """The living descendants of `pid`, without itself."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def wait_gone(processes: Iterable[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    """Waits for the end of each, collected by its parent or not, and gives those that are still alive."""
    deadline = time.monotonic() + timeout_s
    alive = [process for process in processes if is_alive(process)]
    while alive and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL_S)
        alive = [process for process in alive if is_alive(process)]
    return alive


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs and is still the one we saw (psutil compares start times)."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def kill_all(processes: Iterable[psutil.Process], wait_s: float = 5.0) -> None:
    """Kills each and waits for its end; a process that took over a dead one's pid is left alone."""
    alive = [process for process in processes if is_alive(process)]
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    wait_gone(alive, wait_s)


def reap_orphans(own: set[int]) -> None:
    """Collects the adopted children that have ended; those in `own` are left to their `Popen`."""
    with contextlib.suppress(ChildProcessError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if ended.si_pid in own:
                return
            os.waitpid(ended.si_pid, 0)
