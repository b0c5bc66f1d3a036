"""The door as HAProxy keeps it, with Serve's configuration and our changes: TLS, addresses, names, patience."""

import contextlib
import json
import re
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from actors.certificate_keeper import CertificateKeeper
from actors.proxy_edits import ProxyFiles
from ledger.clocks import SystemClock
from tests.support.front import Front, StandIn, front
from tests.support.pairs import Pair, new_pair
from tests.support.server import Answer, free_port

HALF_OPEN = 500


@pytest.fixture(scope="module")
def replica() -> Iterator[StandIn]:
    one = StandIn()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def short_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hpf-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def plain(replica: StandIn, short_dir: Path) -> Iterator[Front]:
    folder = short_dir / "plain"
    folder.mkdir()
    with front(folder, replica, head_timeout_s=1) as one:
        yield one


@pytest.fixture(scope="module")
def behind_proxy(replica: StandIn, short_dir: Path) -> Iterator[Front]:
    """The test itself is the trusted proxy."""
    folder = short_dir / "behind"
    folder.mkdir()
    with front(folder, replica, tls_terminated=True, trusted_proxies=("127.0.0.0/8",)) as one:
        yield one


@pytest.fixture(scope="module")
def pair(short_dir: Path) -> Pair:
    return new_pair(short_dir)


@pytest.fixture(scope="module")
def keeper(pair: Pair, short_dir: Path) -> CertificateKeeper:
    folder = short_dir / "tls"
    folder.mkdir()
    return CertificateKeeper(pair.cert, pair.key, ProxyFiles(folder).bundle, folder, SystemClock())


@pytest.fixture(scope="module")
def secure(replica: StandIn, short_dir: Path, pair: Pair, keeper: CertificateKeeper) -> Iterator[Front]:
    settings = {"tls_cert": pair.cert, "tls_key": pair.key, "redirect_port": free_port()}
    with front(short_dir / "tls", replica, **settings) as one:
        yield one


def got(answer: Answer) -> Any:
    """What came to the replica."""
    assert answer.status == 200, answer
    return json.loads(answer.body)


def values(answer: Answer, name: str) -> list[str]:
    return [value for each, value in got(answer)["headers"] if each == name]


def test_the_port_speaks_https_and_says_so(secure: Front, pair: Pair) -> None:
    answer = secure.request(tls=pair.trusting())
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert values(answer, "x-forwarded-proto") == ["https"]
    assert got(answer)["scheme"] == "https"
    assert "server" not in answer.headers
    assert "strict-transport-security" in secure.request("/-/routes", tls=pair.trusting()).headers


def test_plain_http_is_refused_on_the_port_of_https_and_sent_on_by_the_port_beside_it(secure: Front) -> None:
    with pytest.raises((ConnectionError, ssl.SSLError)):
        secure.request()
    with secure.connect(port=secure.settings.redirect_port) as line:
        line.sendall(b"GET /api/v1/wallets?a=b HTTP/1.1\r\nHost: pay.example:80\r\n\r\n")
        said = line.recv(4_096)
    assert said.startswith(b"HTTP/1.1 308 ")
    assert f"location: https://pay.example:{secure.settings.port}/api/v1/wallets?a=b\r\n".encode() in said


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")  # older versions are what is tried
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_of_tls_are_refused(secure: Front, pair: Pair, version: ssl.TLSVersion) -> None:
    old = pair.trusting()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionError)):
        secure.request(tls=old)


def test_a_websocket_goes_over_the_port_of_https(secure: Front, pair: Pair) -> None:
    both = pair.trusting()
    both.set_alpn_protocols(["h2", "http/1.1"])
    with secure.websocket(both) as line:
        assert isinstance(line.line, ssl.SSLSocket)
        assert line.line.selected_alpn_protocol() == "http/1.1"
        assert line.echo("over TLS") == "over TLS"


def test_a_renewed_certificate_is_taken_up_and_no_connection_ends(
    secure: Front, pair: Pair, keeper: CertificateKeeper
) -> None:
    def served() -> int:
        with secure.connect(unverified()) as line:
            assert isinstance(line, ssl.SSLSocket)
            return serial_of(line)

    before, process = pair.serial, secure.processes[-1].pid
    with secure.websocket(pair.trusting()) as line:
        kept_key = pair.key.read_bytes()
        pair.renew()
        new_key = pair.key.read_bytes()
        pair.key.write_bytes(kept_key)
        keeper.look()  # the certificate is new already, its key is not
        assert served() == before
        secure.start()  # Serve may reload at that moment
        assert served() == before
        pair.key.write_bytes(new_key)
        keeper.look()
        assert served() == pair.serial != before
        assert line.echo("still here") == "still here"
    assert secure.request(tls=pair.trusting()).status == 200
    assert secure.processes[-1].pid != process
    secure.start()
    assert served() == pair.serial


def test_a_proxy_that_missed_a_renewal_is_brought_to_it(secure: Front, pair: Pair, keeper: CertificateKeeper) -> None:
    bundle = ProxyFiles(secure.folder).bundle
    kept = bundle.read_bytes()
    pair.renew()
    keeper.look()
    renewed = bundle.read_bytes()
    bundle.write_bytes(kept)
    secure.start()
    bundle.write_bytes(renewed)
    with pytest.raises(ssl.SSLError):
        secure.request(tls=pair.trusting())
    keeper.look()
    assert secure.request(tls=pair.trusting()).status == 200


def test_the_copy_of_the_key_is_for_us_alone(secure: Front) -> None:
    assert ProxyFiles(secure.folder).bundle.stat().st_mode & 0o777 == 0o600


def test_what_a_client_writes_of_its_address_comes_to_nobody(plain: Front) -> None:
    lies = [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "5.6.7.8"), ("X-Forwarded-Proto", "https")]
    lies += [("X-Forwarded-Host", "evil.example"), ("Forwarded", "for=1.2.3.4"), ("X-Real-IP", "1.2.3.4")]
    answer = plain.request(headers=lies)
    assert values(answer, "x-forwarded-for") == ["127.0.0.1"]
    for name in ("x-forwarded-proto", "x-forwarded-host", "forwarded", "x-real-ip"):
        assert values(answer, name) == []
    assert (got(answer)["client"], got(answer)["scheme"]) == ("127.0.0.1", "http")
    assert "strict-transport-security" not in answer.headers


def test_a_trusted_proxy_is_believed_and_its_own_address_stands_last(behind_proxy: Front) -> None:
    secure = [("X-Forwarded-For", "1.2.3.4, 41.33.1.9"), ("X-Forwarded-Proto", "https")]
    answer = behind_proxy.request(headers=secure)
    assert values(answer, "x-forwarded-for") == ["1.2.3.4, 41.33.1.9", "127.0.0.1"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    sent_on = behind_proxy.request("/a?b=c", headers=[("X-Forwarded-Proto", "http")])
    assert sent_on.status == 308
    assert sent_on.headers["location"] == f"https://127.0.0.1:{behind_proxy.settings.port}/a?b=c"
    asked_by_itself = behind_proxy.request()
    assert asked_by_itself.status == 200
    assert "strict-transport-security" not in asked_by_itself.headers


@pytest.mark.parametrize(("given", "kept"), [("r-1", True), ("with blanks", True), ("r" * 129, False), ("é", False)])
def test_an_answer_names_its_request_once(plain: Front, given: str, kept: bool) -> None:
    answer = plain.request(headers=[("X-Request-ID", given)])
    assert values(answer, "x-request-id") == [answer.headers["x-request-id"]]
    assert (answer.headers["x-request-id"] == given) is kept
    assert plain.request().headers["x-request-id"] != plain.request().headers["x-request-id"]


@pytest.mark.parametrize("path", ["/-/healthz", "/-/routes", "/%2D/healthz", "/-%2froutes", "/-/"])
def test_serves_own_paths_are_closed(plain: Front, path: str) -> None:
    answer = plain.request(path, headers=[("X-Request-ID", 'a "name" \\')])
    problem = json.loads(answer.body)
    assert (answer.status, problem["status"], problem["code"]) == (404, 404, "route_not_found")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert problem["request_id"] == answer.headers["x-request-id"] == 'a "name" \\'


@pytest.mark.parametrize("line", ["OPTIONS * HTTP/1.1", "CONNECT pay.example:443 HTTP/1.1"])
def test_what_is_no_path_is_nobodys(plain: Front, line: str) -> None:
    with plain.connect() as door:
        door.sendall(f"{line}\r\nHost: pay.example\r\n\r\n".encode())
        assert door.recv(4_096).startswith(b"HTTP/1.1 404 ")


def test_no_client_says_how_serve_is_to_work_for_it(plain: Front) -> None:
    asked = [("X-Request-Timeout-Seconds", "0.001"), ("X-Request-Disconnect-Disabled", "true")]
    answer = plain.request(headers=asked)
    assert values(answer, "x-request-timeout-seconds") == values(answer, "x-request-disconnect-disabled") == []


def test_where_no_replica_is_a_problem_says_when_to_come_again(short_dir: Path) -> None:
    folder = short_dir / "alone"
    folder.mkdir()
    gone = StandIn()
    with front(folder, gone) as one:
        gone.stop()
        answer = one.request()
    problem = json.loads(answer.body)
    assert (answer.status, problem["status"], answer.headers["retry-after"]) == (503, 503, "1")
    assert problem["code"] in ("unavailable", "outcome_unknown")
    assert problem["request_id"] == answer.headers["x-request-id"] != ""


def test_half_a_head_is_given_up(plain: Front) -> None:
    with plain.connect() as line:
        line.sendall(b"GET /half HTTP/1.1\r\nHo")
        began = time.monotonic()
        assert b" 408 " in line.recv(100)
        assert time.monotonic() - began < 5  # the setting says 1


def test_a_head_and_a_body_that_come_apart_are_not_kept_apart(plain: Front) -> None:
    """A client without TCP_NODELAY sends its body when its head is acknowledged, which may take 40 ms each time."""
    times = []
    with plain.connect() as line:
        for _ in range(20):
            began = time.monotonic()
            line.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 600\r\n\r\n")
            line.sendall(b"x" * 600)
            said = b""
            while not said.endswith(b"\r\n0\r\n\r\n"):
                said += line.recv(65_536)
            times.append(time.monotonic() - began)
    assert sorted(times)[5] < 0.02


def test_500_half_open_connections_do_not_slow_a_healthy_one(behind_proxy: Front) -> None:
    def usual_worst() -> float:
        times = []
        for _ in range(50):
            began = time.monotonic()
            assert behind_proxy.request().status == 200
            times.append(time.monotonic() - began)
        return sorted(times)[45]

    alone = usual_worst()
    with ExitStack() as stack:
        for number in range(HALF_OPEN):
            line = stack.enter_context(behind_proxy.connect())
            line.sendall(b"GET / HT" if number % 2 else b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc")
        beside = usual_worst()
        open_now = re.search(r"^CurrConns: (\d+)$", behind_proxy.ask_admin("show info"), re.MULTILINE)
        assert open_now is not None
        assert int(open_now[1]) >= HALF_OPEN
    assert beside < max(5 * alone, 0.1)


def test_a_silent_websocket_outlives_the_patience_with_requests(replica: StandIn, short_dir: Path) -> None:
    folder = short_dir / "tunnel"
    folder.mkdir()
    with front(folder, replica, head_timeout_s=1, client_silence_max_s=1, tunnel_timeout_s=2) as one:
        with one.websocket() as line:
            time.sleep(1.5)
            assert line.echo("awake") == "awake"
            line.line.settimeout(10)
            assert line.line.recv(1) == b""  # two seconds of silence end it


def test_only_the_door_is_open_to_other_machines(replica: StandIn, short_dir: Path) -> None:
    folder = short_dir / "open"
    folder.mkdir()
    with front(folder, replica, host="0.0.0.0") as one:
        found = psutil.Process(one.processes[-1].pid).net_connections("inet")
        listening = [each.laddr for each in found if each.status == psutil.CONN_LISTEN]
        assert [each.port for each in listening if each.ip != "127.0.0.1"] == [one.settings.port]
        assert len(listening) == 3
        assert not [each for each in found if each.type == socket.SOCK_DGRAM]


def unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def serial_of(line: ssl.SSLSocket) -> int:
    from cryptography import x509

    shown = line.getpeercert(binary_form=True)
    assert shown is not None
    with contextlib.closing(line):
        return x509.load_der_x509_certificate(shown).serial_number
