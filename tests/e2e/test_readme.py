"""What the README and the guides say to paste does what they say."""

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
PAGES = ("README.md", "docs/guides/backend.md", "docs/API.md")
MARK = "@@ end of example @@"
RUN_TIMEOUT_S = 60.0
MISSING = [tool for tool in ("bash", "curl") if shutil.which(tool) is None]

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(180),
    # `make test` asks for no more than Python, make and a registry; continuous integration has the tools, or fails.
    pytest.mark.skipif(bool(MISSING) and "CI" not in os.environ, reason=f"not on this machine: {', '.join(MISSING)}"),
]


def examples(page: str = "README.md") -> list[str]:
    """The page's blocks marked `bash`, in order."""
    return re.findall(r"^```bash\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


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


def test_the_examples_of_the_guide_for_back_ends_work_one_after_the_other(server: Server) -> None:
    token, *blocks = examples("docs/guides/backend.md")
    assert token.strip() == TOKEN_LINE

    _, opened, again, status, amount, held, taken, raced, batch, refused, past, graphql = run(blocks, server)

    assert_says(opened, '"status":"PENDING"', '"status":"ACTIVE"', '"balance":250.00')
    assert_says(again, '"balance":250.00', '"code":"idempotency_conflict"')
    assert_says(status, '"status":"ACCEPTED"', '"topic":"wallet"')
    assert_says(amount, '"code":"invalid_amount"', '"pointer":"/amount"')
    assert_says(held, '"balance":250.00', '"held":80.00', '"available":170.00')
    assert_says(taken, '"balance":200.00', '"held":0.00', '"amount":50.00', '"next":"')
    assert_says(raced, '"code":"version_conflict"')
    assert_says(batch, '"status":201', '"status":200', '"status":404', '"code":"card_not_found"')
    assert_says(refused, '"code":"insufficient_funds"', '"available":200.00')
    assert_says(past, '"balance":200.00', '"type":"MedCardCreated"')
    assert_says(graphql, '"available":"200.00"', '"cardType":"SILVER"', '"remaining":"2500.00"')
    assert "errors" not in graphql


def test_the_examples_of_the_reference_work_one_after_the_other(server: Server) -> None:
    token, *blocks = examples("docs/API.md")
    assert token.strip() == TOKEN_LINE

    _, credited, again, claimed, insured, payment, batch, raced, graphql = run(blocks, server)

    assert_says(credited, '"status":"ACTIVE"', '"balance":1000.00')
    assert_says(again, '"balance":1000.00', '"code":"idempotency_conflict"')
    assert_says(claimed, '"status":"PAID"', '"covered":280.00', '"status":"REVERSED"', '"claims":0')
    states = ("FILED", "UNDER_REVIEW", "PARTIALLY_APPROVED", "APPEALED", "APPROVED", "PAID")
    assert_says(insured, *(f'"status":"{state}"' for state in states))
    assert_says(payment, '"code":"not_available"')
    assert_says(batch, '"balance":990.00', '"code":"insufficient_funds"', '"amount":1000.00', '"next":null')
    assert_says(raced, '"code":"version_conflict"')
    assert_says(graphql, '"success":true', '"balance":"995.00"', '"status":"ACTIVE"', '"topic":"medcard"')
    assert '"errors":[{' not in graphql


def claim_id_of(answer: str) -> str:
    found = re.search(r'"claimId":"[^"]+"', answer)
    assert found is not None, answer
    return found[0]


def test_every_address_of_the_examples_is_the_one_that_the_server_listens_on_by_default() -> None:
    addresses = {
        found for page in PAGES for block in examples(page) for found in re.findall(r"https?://[^/\s\"']+", block)
    }
    assert addresses == {ADDRESS}


def test_every_file_that_the_pages_link_to_is_there() -> None:
    for page in PAGES:
        links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
        assert links
        assert not [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
