"""Clients that say half of it, or too much, on the server as it is run: all are told so, and nobody else waits."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec
import pytest

from tests.e2e.test_counter import CARD, get, post
from tests.support.server import Server

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

GIVEN_UP_AFTER_S = 30
"""The server's own patience is ten seconds, whichever of its parts is the one that waits."""
PART = b'{"reason": "' + b"x" * 20_000


@dataclass(frozen=True)
class Client:
    """What it declares, and what it sends of that before it falls silent."""

    declared: int
    sent: bytes
    status: int
    code: str

    def request(self, server: Server, path: str) -> bytes:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: ledger\r\nAuthorization: Bearer {server.token()}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {self.declared}\r\n\r\n"
        )
        return head.encode() + self.sent

    def answer(self, server: Server, path: str) -> tuple[int, str]:
        """The status and the code that it gets."""
        with socket.create_connection(("127.0.0.1", server.port), timeout=GIVEN_UP_AFTER_S) as line:
            line.sendall(self.request(server, path))
            got = b""
            while b"\r\n\r\n" not in got or not got.rstrip().endswith(b"}"):
                part = line.recv(65_536)
                if not part:
                    break
                got += part
        head, _, body = got.partition(b"\r\n\r\n")
        assert b"application/problem+json" in head, got
        return int(head.split()[1]), msgspec.json.decode(body)["code"]


CLIENTS = {
    "a short body that stops": Client(100, b'{"reason', 400, "invalid_request"),
    "a body that never begins": Client(100, b"", 400, "invalid_request"),
    "a long body that stops": Client(500_000, PART, 400, "invalid_request"),
    "ten megabytes, declared": Client(10_485_760, PART, 413, "payload_too_large"),
}


def test_whoever_does_not_say_all_of_it_is_told_so_and_holds_nobody_up(server: Server) -> None:
    card = post(server, "/medcards", CARD).json["medCardId"]
    path = f"/api/v1/medcards/{card}/close"
    server.token()
    with ThreadPoolExecutor(len(CLIENTS)) as threads:
        waiting = {name: threads.submit(client.answer, server, path) for name, client in CLIENTS.items()}
        time.sleep(0.5)
        began = time.monotonic()
        assert get(server, f"/medcards/{card}").json["status"] == "PENDING"
        assert time.monotonic() - began < 2
        found = {name: each.result() for name, each in waiting.items()}
    assert found == {name: (client.status, client.code) for name, client in CLIENTS.items()}
    assert get(server, f"/medcards/{card}").json["version"] == 1


def test_half_a_request_that_ends_is_not_taken_for_a_whole_one(server: Server) -> None:
    """Without its body, this one would close the card."""
    card = post(server, "/medcards", CARD).json["medCardId"]
    client = CLIENTS["a long body that stops"]
    with socket.create_connection(("127.0.0.1", server.port), timeout=GIVEN_UP_AFTER_S) as line:
        line.sendall(client.request(server, f"/api/v1/medcards/{card}/close"))
    with socket.create_connection(("127.0.0.1", server.port), timeout=GIVEN_UP_AFTER_S) as line:
        line.sendall(CLIENTS["a body that never begins"].request(server, f"/api/v1/medcards/{card}/close"))
        line.shutdown(socket.SHUT_WR)
        assert b" 400 " in (line.recv(65_536) or b" 400 ")
    assert post(server, f"/medcards/{card}/activate").json["version"] == 2
