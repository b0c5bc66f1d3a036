"""What operators do to read models beside a running server, by the command line."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.e2e.test_counter import get
from tests.e2e.test_survival import claim, make_card
from tests.support.server import ROOT, Server

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

WITHIN_S = 20.0


def ledger(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ledger", *words]
    return subprocess.run(command, cwd=ROOT, env=server.environment, capture_output=True, text=True, check=False)


def soon(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def complaint(server: Server) -> str:
    """Of `/health` about the projectors."""
    detail: str = server.request("GET", "/health").json["checks"]["projector"].get("detail", "")
    return detail


def test_a_paused_group_shows_and_stands_still_until_it_is_resumed(server: Server) -> None:
    make_card(server, "paused-1")
    claim(server, "paused-1", 1)
    done = ledger(server, "pause", "medcards")
    assert (done.returncode, done.stdout) == (0, "medcards is paused\n"), done.stderr
    # Commands go on, and what they did is not seen.
    last = claim(server, "paused-1", 2)
    assert last.json["status"] == "PAID"
    assert get(server, "/medcards/paused-1/spend", last.headers["ledger-position"]).status == 503
    soon(lambda: complaint(server) == "medcards: paused")
    assert server.request("GET", "/health").json["status"] == "degraded"
    assert server.request("GET", "/health/ready").status == 200
    assert ledger(server, "pause", "medcards").stdout == "medcards was paused already\n"
    assert ledger(server, "resume", "medcards").stdout == "medcards is at work\n"
    soon(lambda: get(server, "/medcards/paused-1/spend", last.headers["ledger-position"]).status == 200)
    soon(lambda: complaint(server) == "")


def test_read_models_are_built_anew_beside_the_running_server(server: Server, tmp_path: Path) -> None:
    make_card(server, "rebuilt-1")
    claim(server, "rebuilt-1", 1)
    kept = tmp_path / "heads.txt"
    kept.write_text(ledger(server, "heads").stdout, encoding="utf-8")
    done = ledger(server, "rebuild", "medcards")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("medcards: built from ")
    last = claim(server, "rebuilt-1", 2)
    spend = get(server, "/medcards/rebuilt-1/spend", last.headers["ledger-position"])
    assert (spend.status, spend.json["claims"]) == (200, 2)
    audit = ledger(server, "verify", "--json", "--against", str(kept))
    report = msgspec.json.decode(audit.stdout)
    assert (audit.returncode, report["findings"]) == (0, []), audit.stderr
    assert ledger(server, "replay-dead-letters").stdout == "nothing is parked\n"


def test_what_cannot_be_done_is_said(server: Server, tmp_path: Path) -> None:
    unknown = ledger(server, "rebuild", "dreams")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith("ledger: dreams is none of medcards, ")
    altered = tmp_path / "heads.txt"
    altered.write_text(ledger(server, "heads").stdout.replace("medcard/0@", "medcard/0@9"), encoding="utf-8")
    refused = ledger(server, "verify", "--against", str(altered))
    assert refused.returncode == 2
    assert "the print was altered" in refused.stderr
