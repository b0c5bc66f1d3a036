"""Hosts that are stopped, doubled, or lose partitions under load: one owner at a time, and none comes back unasked."""

import os
import re
import signal
import time

import pytest

from ledger.messages.envelope import PartitionId
from tests.support.fault_stage import Stage, kill
from tests.support.reconcile import placement, query
from tests.support.record import Claim

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

BACK_WITHIN_S = 15.0
TAKEOVER_WITHIN_S = 5.0
ZOMBIE_WATCHED_S = 1.5


def test_partitions_move_under_load_also_to_a_host_that_has_to_be_started(stage: Stage) -> None:
    there = next(each for each in stage.partitions_of("host-0") if each in stage.cards)
    back = next(each for each in stage.partitions_of("host-1") if each in stage.cards)
    with stage.load("moved live") as load:
        since = time.monotonic()
        done = stage.move([there], "host-1")
        assert (done.returncode, done.stdout.split(",")[0]) == (0, f"moved {there} from host-0 to host-1"), done.stderr
        felt = stage.measure("ledger move to a running host", load, since, stage.cards[there])
        assert felt.silence_s < TAKEOVER_WITHIN_S
        since = time.monotonic()
        assert stage.move([back], "host-2", hosts=3).returncode == 0
        felt = stage.measure("ledger move to a host that had to be started", load, since, stage.cards[back])
        assert felt.silence_s < BACK_WITHIN_S
    rows = placement(stage.server)
    assert (rows[there]["host"], rows[back]["host"]) == ("host-1", "host-2")
    hosts = stage.health().json["checks"]["hosts"]
    assert hosts["status"] == "ok"
    assert hosts["facts"]["host-2"] == {"partitions": 1, "ready": True}
    assert stage.move([there, back], "host-0").returncode == 0


def test_a_move_to_what_there_is_not_is_refused_by_name(stage: Stage) -> None:
    before = placement(stage.server)
    some = stage.partitions_of("host-0")[0]
    typing_error = stage.move([some], "hsot-1")
    assert (typing_error.returncode, typing_error.stdout) == (1, "")
    assert "unknown_host: hsot-1" in typing_error.stderr
    beyond = stage.move([PartitionId("medcard", 77)], "host-1")
    assert "unknown_partition: there is no partition" in beyond.stderr
    there = stage.move([some], "host-0")
    assert (there.returncode, there.stdout) == (0, f"{some} is on host-0 already\n")
    assert placement(stage.server) == before
    kept = query(stage.server, "SELECT outcome, on_what FROM ledger.audit_log WHERE what = 'ledger move' ORDER BY at")
    said = [("unknown_host", f"{some} to hsot-1"), ("unknown_partition", "medcard/77 to host-1")]
    assert [tuple(row) for row in kept[-3:]] == [*said, ("ok", f"{some} to host-0")]


def test_what_is_taken_from_a_stopped_host_stays_taken_when_it_goes_on(stage: Stage) -> None:
    stopped, moved = stage.pid_of("host-0"), stage.partitions_of("host-0")
    affected = stage.cards_on("host-0")
    with stage.load("host stopped") as load:
        os.kill(stopped, signal.SIGSTOP)
        try:
            assert stage.health().json["checks"]["hosts"]["detail"] == "not ready: host-0"
            since = time.monotonic()
            done = stage.move(moved, "host-1")
            assert done.returncode == 0, done.stderr
            felt = stage.measure("partitions taken from a stopped host (SIGSTOP)", load, since, affected)
            taken = placement(stage.server)
        finally:
            os.kill(stopped, signal.SIGCONT)
        began = time.monotonic()
        load.wait_for(lambda each: each.sent_at > began + ZOMBIE_WATCHED_S)
    # The clients' time also holds the start of the command that the operator gave.
    assert felt.first_affected_s < BACK_WITHIN_S
    takeovers_s = [float(text) for text in re.findall(r"took it after ([0-9.]+) s", done.stdout)]
    assert len(takeovers_s) == len(moved)
    assert max(takeovers_s) < TAKEOVER_WITHIN_S
    still = placement(stage.server)
    for each in moved:
        assert (still[each]["host"], still[each]["epoch"]) == ("host-1", taken[each]["epoch"])
    assert stage.health().status == 200
    # An operator may give them back: then, and only then, it takes them.
    assert stage.move(moved, "host-0").returncode == 0
    assert stage.pid_of("host-0") == stopped


def test_of_two_processes_under_one_name_the_first_is_fenced_for_good(stage: Stage) -> None:
    affected, owned, others = stage.cards_on("host-0"), stage.partitions_of("host-0"), stage.cards_on("host-1")
    with stage.load("one name twice") as load:
        with stage.second_host("host-0"):
            taken, began = placement(stage.server), time.monotonic()
            # All clients of the load may be waiting for the fenced cards by now; the others are served all the same.
            other = Claim(others[0], f"beside-{time.time_ns()}")
            assert stage.server.request("POST", other.path, other.body, token=stage.server.token()).status == 200
            time.sleep(ZOMBIE_WATCHED_S)  # what must not happen has no event to wait for
            assert stage.health().json["checks"]["hosts"]["detail"] == "not ready: host-0"
            watched = placement(stage.server)
        assert [watched[each]["epoch"] for each in owned] == [taken[each]["epoch"] for each in owned]
        since = kill(stage.pid_of("host-0"))
        felt = stage.measure("a second process of a host's name ends, the host starts anew", load, since, affected)
    assert felt.back_s < BACK_WITHIN_S
    meanwhile = [each for each in load.acknowledged if began < each.sent_at and each.answered_at < since]
    assert {each.claim.card for each in meanwhile}.isdisjoint(affected)
