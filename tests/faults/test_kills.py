"""Parts of a running server are killed under load: service is back within its time, and every claim happened once."""

import os
import signal
import time

import pytest

from tests.support.fault_stage import Stage, kill
from tests.support.reconcile import wait_until_caught_up

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

BACK_WITHIN_S = 15.0


def test_a_host_that_is_killed_is_back_with_its_partitions(stage: Stage) -> None:
    affected = stage.cards_on("host-0")
    with stage.load("host killed") as load:
        killed = stage.pid_of("host-0")
        since = kill(killed)
        felt = stage.measure("kill -9 of a host", load, since, affected)
    assert felt.back_s < BACK_WITHIN_S
    assert stage.pid_of("host-0") != killed


def test_an_edge_replica_that_is_killed_is_back(stage: Stage) -> None:
    with stage.load("edge killed") as load:
        since = kill(stage.server.find_process("ray::ServeReplica").pid)
        felt = stage.measure("kill -9 of the edge replica", load, since, stage.all_cards)
    assert felt.back_s < BACK_WITHIN_S


def test_commands_do_not_feel_that_the_projector_is_killed_and_queries_catch_up(stage: Stage) -> None:
    with stage.load("projector killed") as load:
        since = kill(stage.server.find_process("ray::ProjectorActor").pid)
        felt = stage.measure("kill -9 of the projector", load, since, stage.all_cards)
        last = load.acknowledged[-1]
        wait_until_caught_up(stage.server, last.claim.card, last.position)
        assert time.monotonic() - since < BACK_WITHIN_S
    assert felt.back_s < BACK_WITHIN_S


def test_a_database_that_is_killed_is_started_again_and_recovers(stage: Stage) -> None:
    note = stage.server.data_dir / "postgres" / "postmaster.pid"
    postmaster = int(note.read_text().split()[0])
    with stage.load("database killed") as load:
        since = kill(postmaster)
        felt = stage.measure("kill -9 of PostgreSQL", load, since, stage.all_cards)
    assert felt.back_s < BACK_WITHIN_S
    assert int(note.read_text().split()[0]) != postmaster


def test_everything_killed_but_the_supervisor_at_once_is_back(stage: Stage) -> None:
    """Host, edge, projector and database in the same moment."""
    titles = ("ray::ServeReplica", "ray::ProjectorActor")
    doomed = [stage.server.find_process(title).pid for title in titles]
    doomed += [stage.pid_of("host-0"), stage.pid_of("host-1")]
    doomed += [int((stage.server.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])]
    with stage.load("all killed") as load:
        for pid in doomed:
            os.kill(pid, signal.SIGKILL)
        since = time.monotonic()
        felt = stage.measure("kill -9 of hosts, edge, projector and PostgreSQL at once", load, since, stage.all_cards)
    assert felt.back_s < 2 * BACK_WITHIN_S
