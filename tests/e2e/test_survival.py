"""What was acknowledged is there after a kill, and is answered again, byte for byte, under its key."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import msgspec
import psutil
import pytest

from tests.e2e.test_counter import CARD, CLAIM, get, post
from tests.support.server import ROOT, Answer, Server

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

BACK_WITHIN_S = 15.0


@pytest.fixture(scope="module")
def survivor() -> Iterator[Server]:
    """A server whose parts are killed: not the one of the session, so that other tests keep theirs."""
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.discard()


def make_card(server: Server, card: str) -> None:
    body = {"id": card, **CARD, "cardType": "PLATINUM"}
    assert post(server, "/medcards", body).status == 201
    assert post(server, f"/medcards/{card}/activate").status == 200


def claim(server: Server, card: str, number: int) -> Answer:
    body = {**CLAIM, "prescriptionId": f"rx-{number}", "totalAmount": 1, "items": []}
    return post(server, f"/medcards/{card}/claims/prescriptions", body, Idempotency_Key=f"key-{number}")


def test_a_claim_acknowledged_just_before_the_host_is_killed_is_answered_again(survivor: Server) -> None:
    make_card(survivor, "killed-1")
    acknowledged: dict[int, bytes] = {}
    kill_at = 60
    for number in range(kill_at):
        acknowledged[number] = claim(survivor, "killed-1", number).body
    host = survivor.find_process("ray::AggregateHostActor")
    os.kill(host.pid, signal.SIGKILL)
    killed_at = time.monotonic()
    after = claim(survivor, "killed-1", kill_at)
    assert time.monotonic() - killed_at < BACK_WITHIN_S
    assert (after.status, after.json["status"]) == (200, "PAID")

    for number, body in acknowledged.items():
        again = claim(survivor, "killed-1", number)
        assert (again.body, again.headers.get("idempotency-replayed")) == (body, "true")
    spend = get(survivor, "/medcards/killed-1/spend", after.headers["ledger-position"]).json
    assert spend["claims"] == kill_at + 1
    assert not psutil.pid_exists(host.pid)


def test_claims_in_flight_while_the_host_is_killed_happen_once_each(survivor: Server) -> None:
    make_card(survivor, "killed-2")
    answers: dict[int, Answer] = {}

    def work(first: int) -> None:
        for number in range(first, first + 40):
            answers[number] = claim(survivor, "killed-2", number)
            while answers[number].status == 503:
                assert answers[number].headers["retry-after"]
                answers[number] = claim(survivor, "killed-2", number)

    workers = [threading.Thread(target=work, args=(1000 * lane,)) for lane in range(8)]
    for worker in workers:
        worker.start()
    time.sleep(0.3)
    os.kill(survivor.find_process("ray::AggregateHostActor").pid, signal.SIGKILL)
    for worker in workers:
        worker.join()

    assert {answer.json["status"] for answer in answers.values()} == {"PAID"}
    last = claim(survivor, "killed-2", 10**6)
    spend = get(survivor, "/medcards/killed-2/spend", last.headers["ledger-position"]).json
    assert spend["claims"] == len(answers) + 1
    for number in range(0, 8000, 1000):
        assert claim(survivor, "killed-2", number).body == answers[number].body


def test_a_projector_that_is_killed_goes_on_where_it_was(survivor: Server) -> None:
    make_card(survivor, "killed-3")
    claim(survivor, "killed-3", 1)
    os.kill(survivor.find_process("ray::ProjectorActor").pid, signal.SIGKILL)
    last = claim(survivor, "killed-3", 2)
    deadline = time.monotonic() + BACK_WITHIN_S
    while (seen := get(survivor, "/medcards/killed-3/spend", last.headers["ledger-position"])).status == 503:
        assert seen.json["code"] == "not_caught_up"
        assert time.monotonic() < deadline
    assert seen.json["claims"] == 2


def test_everything_is_still_there_after_a_stop_and_a_new_start(survivor: Server) -> None:
    make_card(survivor, "kept-1")
    before = claim(survivor, "kept-1", 1)
    processes = survivor.processes()
    survivor.stop()
    assert [process for process in processes if process.is_running() and process.status() != "zombie"] == []
    survivor.start()
    again = claim(survivor, "kept-1", 1)
    assert (again.body, again.headers["idempotency-replayed"]) == (before.body, "true")
    assert get(survivor, "/medcards/kept-1/spend", before.headers["ledger-position"]).json["claims"] == 1


def test_after_all_of_it_the_audit_finds_nothing(survivor: Server) -> None:
    last = claim(survivor, "kept-1", 2)
    assert get(survivor, "/medcards/kept-1", last.headers["ledger-position"]).status == 200
    done = subprocess.run(
        [sys.executable, "-m", "ledger", "verify", "--json"],
        cwd=ROOT,
        env=survivor.environment,
        capture_output=True,
        check=False,
    )
    report = msgspec.json.decode(done.stdout)
    assert (done.returncode, report["findings"]) == (0, []), done.stderr
    assert report["counts"]["events"] > 300
