"""The doors of the whole server: what listens, to whom, and what the proxy in front says for it."""

import contextlib
import http.client
import time
from ipaddress import ip_address

import psutil

from tests.support.server import Server

TRAIL_WITHIN_S, LOOKED_FOR_S = 10.0, 10.0


def test_nothing_listens_beyond_the_loopback(server: Server) -> None:
    """The door itself is on the loopback unless HEALTHPAY_HOST says otherwise."""
    seen: dict[int, str] = {}
    beyond: set[str] = set()
    deadline = time.monotonic() + LOOKED_FOR_S
    while server.port not in seen and time.monotonic() < deadline:  # one HAProxy may just follow another
        for process in server.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                title = " ".join(process.cmdline())[:80]
                for each in process.net_connections("inet"):
                    if each.status == psutil.CONN_LISTEN:
                        seen[each.laddr.port] = title
                        beyond |= set() if is_loopback(each.laddr.ip) else {f"{each.laddr} {title}"}
    assert beyond == set()
    assert server.port in seen
    assert len(seen) > 10  # all of Ray's were looked at


def is_loopback(text: str) -> bool:
    address = ip_address(text)
    return bool((getattr(address, "ipv4_mapped", None) or address).is_loopback)


def test_serves_own_paths_are_closed_and_an_answer_names_its_request_once(server: Server) -> None:
    for path in ("/-/routes", "/-/healthz"):
        closed = server.request("GET", path, headers={"X-Request-ID": "r-1"})
        assert (closed.status, closed.json["code"], closed.json["request_id"]) == (404, "route_not_found", "r-1")
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    with contextlib.closing(line):
        line.request("GET", "/api/v1/nothing", headers={"X-Request-ID": "r-2"})
        assert line.getresponse().headers.get_all("x-request-id") == ["r-2"]


def test_the_trail_has_the_address_that_was_connected(server: Server) -> None:
    lies = {"X-Forwarded-For": "1.2.3.4", "Authorization": "Bearer a.b.c"}
    assert server.request("GET", "/api/v1/medcards", headers={**lies, "X-Request-ID": "liar"}).status == 401
    deadline = time.monotonic() + TRAIL_WITHIN_S
    found: list[str] = []
    while not found and time.monotonic() < deadline:  # the trail is written a little later
        trail = server.request("GET", "/api/v1/audit?what=login&limit=100", token=server.token("AUDITOR")).json["items"]
        found = [each["ip"] for each in trail if each["requestId"] == "liar"]
    assert found == ["127.0.0.1"]
