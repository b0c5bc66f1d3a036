"""What the README says to paste does what the README says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import ROOT, Server

TOKEN_LINE = "TOKEN=$(make token ROLE=ADMIN)"
ADDRESS = "http://localhost:3000"
MARK = "@@ end of example @@"
RUN_TIMEOUT_S = 60.0
MISSING = [tool for tool in ("bash", "curl") if shutil.which(tool) is None]

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(180),
    # `make test` asks for no more than Python, make and a registry; continuous integration has the tools, or fails.
    pytest.mark.skipif(bool(MISSING) and "CI" not in os.environ, reason=f"not on this machine: {', '.join(MISSING)}"),
]


def examples() -> list[str]:
    """The README's blocks marked `bash`, in order."""
    return re.findall(
        r"^```bash\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def run(blocks: list[str], server: Server) -> list[str]:
    """What each block prints, all of them pasted into one shell that stops at the first failure."""
    script = "".join(f"{block}\nprintf '%s' '{MARK}'\n" for block in blocks)
    script = script.replace(ADDRESS, f"http://localhost:{server.port}")
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        env={**os.environ, "PATH": path, "TOKEN": server.token("ADMIN"), "no_proxy": "localhost"},
        capture_output=True,
        timeout=RUN_TIMEOUT_S,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split(MARK)[:-1]


def assert_says(output: str, *texts: str) -> None:
    missing = [text for text in texts if text not in output]
    assert not missing, f"{missing} not in {output}"


def test_the_examples_of_the_readme_work_when_they_are_pasted_one_after_the_other(server: Server) -> None:
    token, *blocks = examples()
    assert token.strip() == TOKEN_LINE, "the one line that the test stands in for"

    created, paid, duplicate, mutation, queries = run(blocks, server)

    assert_says(created, '"medCardId":"medcard-456"', '"status":"PENDING"', '"status":"ACTIVE"')
    amounts = ('"covered":280.00', '"patientPays":70.00', '"remainingMonthlyLimit":4720.00')
    assert_says(paid, '"status":"PAID"', *amounts)
    assert_says(duplicate, '"status":"DUPLICATE"', *amounts, claim_id_of(paid))
    assert_says(mutation, '"success":true', '"medCardId":"mc_')
    assert "errors" not in mutation

    card, claim, spend, graphql = queries.splitlines()
    assert_says(card, '"status":"ACTIVE"', '"monthlyLimit":5000.00', "Ahmed Mohamed")
    assert_says(claim, '"status":"PAID"', '"covered":280.00', "Panadol Extra 500mg", claim_id_of(paid))
    assert_says(spend, '"covered":280.00', '"remaining":4720.00', '"claims":1')
    assert_says(graphql, '"patientPays":"70.00"', '"remaining":"4720.00"', "Ahmed Mohamed", "Panadol Extra 500mg")
    assert "errors" not in graphql


def claim_id_of(answer: str) -> str:
    found = re.search(r'"claimId":"[^"]+"', answer)
    assert found is not None, answer
    return found[0]


def test_every_address_of_the_examples_is_the_one_that_the_server_listens_on_by_default() -> None:
    addresses = {found for block in examples() for found in re.findall(r"https?://[^/\s\"']+", block)}
    assert addresses == {ADDRESS}


def test_every_file_that_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]
