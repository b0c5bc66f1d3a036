"""Clients that go away in the middle: what they sent happens once or not at all, and their key tells them which."""

import json
import socket
import struct
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.fault_stage import Stage
from tests.support.reconcile import check_log
from tests.support.record import Acknowledged, Claim

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

LEAVERS = 100
AT_ONCE = 8
PATIENCES_S = (0.0, 0.0, 0.002, 0.01, 0.03, 0.1)
"""How long each leaver in turn waits for its answer; the machine needs some ten milliseconds for one."""


def send_and_leave(
    port: int, token: str, claim: Claim, patience_s: float, *, abruptly: bool = False, half: bool = False
) -> None:
    """The request, or half of its body, on a connection that is closed before its answer has been read."""
    body = json.dumps(claim.body).encode()
    head = (
        f"POST {claim.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Idempotency-Key: {claim.key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode() + (body[: len(body) // 2] if half else body))
        if abruptly:
            # A reset instead of a polite end: what a terminal does that loses its network.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        time.sleep(patience_s)


def time_out(base: str, token: str, claim: Claim, patience_s: float) -> bool:
    """Whether the client gave up before the answer came."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": claim.key}
    try:
        httpx.post(base + claim.path, json=claim.body, headers=headers, timeout=max(patience_s, 0.001), trust_env=False)
    except httpx.TimeoutException:
        return True
    return False


def ask(base: str, token: str, claims: Sequence[Claim]) -> dict[str, httpx.Response]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=base, timeout=30, headers=headers, trust_env=False) as http:
        answers = {
            each.key: http.post(each.path, json=each.body, headers={"Idempotency-Key": each.key}) for each in claims
        }
    assert {answer.status_code for answer in answers.values()} == {200}
    return answers


def test_a_client_that_left_learns_by_its_key_what_became_of_its_claim(stage: Stage) -> None:
    token, base = stage.server.token(), f"http://127.0.0.1:{stage.server.port}"
    cards = stage.all_cards
    claims = [Claim(cards[n % len(cards)], f"left-{n}") for n in range(LEAVERS)]

    def leave(n: int) -> bool:
        patience_s = PATIENCES_S[n % len(PATIENCES_S)]
        if n % 5 == 4:
            return time_out(base, token, claims[n], patience_s)
        send_and_leave(stage.server.port, token, claims[n], patience_s, abruptly=n % 2 == 1, half=n % 10 == 3)
        return True

    with stage.load("clients leave") as load:
        since = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as leavers:
            left = sum(leavers.map(leave, range(LEAVERS)))
        first, second = ask(base, token, claims), ask(base, token, claims)
        stage.measure(f"{left} clients leave before their answer", load, since, cards)
    assert left > LEAVERS // 2
    # Both happened: commands that went on without their client, and commands that never arrived whole.
    assert {answer.headers.get("idempotency-replayed") == "true" for answer in first.values()} == {True, False}
    said_first = {key: answer.content for key, answer in first.items()}
    assert said_first == {key: answer.content for key, answer in second.items()}
    acknowledged = {
        each.key: Acknowledged(each, first[each.key].text, first[each.key].headers["ledger-position"], 0.0, 0.0)
        for each in claims
    }
    check_log(stage.server, acknowledged.keys(), acknowledged)
