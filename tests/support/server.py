"""The whole server as `make run` starts it, on a free port and with data of its own, for e2e tests and the bench."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import psutil

ROOT = Path(__file__).resolve().parents[2]
READY_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 40.0


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Answer:
    """An HTTP answer; `json` reads numbers from their source text."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        from decimal import Decimal
        from json import loads

        return loads(self.body, parse_float=Decimal)


@dataclass
class Server:
    """One server; `start` and `stop` may follow each other, the data stays until `discard`."""

    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    data_dir: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="hp-e2e-")))
    process: subprocess.Popen[bytes] | None = None
    tokens: dict[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        own = {name: text for name, text in os.environ.items() if not name.startswith("HEALTHPAY_")}
        ours = {"HEALTHPAY_PORT": str(self.port), "HEALTHPAY_DATA_DIR": str(self.data_dir)}
        return {**own, **ours, **self.settings}

    def start(self) -> float:
        """Waits until the server is ready; the seconds that took."""
        began = time.monotonic()
        with (self.data_dir / "console.log").open("ab") as console:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ledger", "run"],
                cwd=ROOT,
                env=self.environment,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        while not self._ready():
            waited = time.monotonic() - began
            if self.process.poll() is not None or waited > READY_TIMEOUT_S:
                said = (self.data_dir / "console.log").read_text(encoding="utf-8", errors="replace")
                raise AssertionError(
                    f"the server did not start: {self.process.poll()}\n{said[-4000:]}\n{self.log_tail()}"
                )
            time.sleep(0.1)
        return time.monotonic() - began

    def _ready(self) -> bool:
        try:
            return self.request("GET", "/health/ready").status == 200
        except OSError:
            return False

    def stop(self) -> None:
        """As Ctrl-C does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(STOP_TIMEOUT_S)
            self.process = None

    def discard(self) -> None:
        self.stop()
        shutil.rmtree(self.data_dir, ignore_errors=True)

    def log_tail(self) -> str:
        log = self.data_dir / "logs" / "server.log"
        return log.read_text(encoding="utf-8", errors="replace")[-4000:] if log.exists() else ""

    def processes(self) -> list[psutil.Process]:
        """Everything that belongs to the run."""
        assert self.process is not None
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def find_process(self, title: str) -> psutil.Process:
        """The one process whose command line starts so, such as `ray::AggregateHostActor`."""
        [found] = self.find_processes(title)
        return found

    def find_processes(self, title: str) -> list[psutil.Process]:
        """All whose command lines start so."""
        return [each for each in self.processes() if _title(each).startswith(title)]

    def token(self, role: str = "ADMIN", **claims: str) -> str:
        """As `make token` prints it."""
        key = (role, *(f"--{name}={text}" for name, text in sorted(claims.items())))
        if key not in self.tokens:
            command = [sys.executable, "-m", "ledger", "token", "--role", role, *key[1:]]
            printed = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True)
            self.tokens[key] = printed.stdout.decode().strip()
        return self.tokens[key]

    def request(
        self, method: str, path: str, body: Any = None, *, token: str = "", headers: dict[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own; a body that is no bytes is sent as JSON."""
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        payload = body
        if body is not None and not isinstance(body, bytes):
            payload = msgspec.json.encode(body)
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, payload, sent)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def graphql(self, query: str, variables: dict[str, Any] | None = None, *, token: str = "") -> Any:
        """The answer's JSON."""
        body = {"query": query, "variables": variables or {}}
        return self.request("POST", "/graphql", body, token=token or self.token()).json


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
