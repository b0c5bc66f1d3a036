"""Terminals whose lines are cut at random, while the edge, a host and PostgreSQL are killed under them.

TERMINALS_S=60 in the environment makes it last that long; without it, some 12 s.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.embedded import EmbeddedPostgres
from tests.load.record_against_log import ask_again, compare, entries_of
from tests.support.fault_stage import Stage, kill
from tests.support.reconcile import audit
from tests.support.terminal_network import RATE, Network, network_at_work

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

SECONDS = float(os.environ.get("TERMINALS_S", "12"))
BACK_WITHIN_S = 20.0
BETWEEN_FAULTS_S = 4.0


def kill_edge(stage: Stage) -> None:
    """When there is one: while an earlier fault is being mended, there may be none, or two of them."""
    deadline = time.monotonic() + BACK_WITHIN_S
    while True:
        replicas = stage.server.find_processes("ray::ServeReplica")
        if len(replicas) == 1:
            kill(replicas[0].pid)
            return
        assert time.monotonic() < deadline, [each.cmdline() for each in stage.server.processes()]
        time.sleep(0.1)


def kill_host(stage: Stage) -> None:
    kill(stage.pid_of("host-0"))


def kill_database(stage: Stage) -> None:
    kill(int((stage.server.data_dir / "postgres" / "postmaster.pid").read_text().split()[0]))


FAULTS: tuple[Callable[[Stage], None], ...] = (kill_edge, kill_host, kill_database)


def go_through_faults(stage: Stage, network: Network) -> int:
    """How many faults there were: each kind once at the least, the next one when service is back."""
    until, done = time.monotonic() + SECONDS, 0
    for fault in itertools.cycle(FAULTS):
        if done >= len(FAULTS) and time.monotonic() + BETWEEN_FAULTS_S > until:
            return done
        fault(stage)
        done += 1
        network.wait_for_answers(int(RATE * BETWEEN_FAULTS_S / 2), BACK_WITHIN_S)
    raise AssertionError("a cycle has no end")


def test_what_terminals_have_on_their_disks_is_what_the_log_says(stage: Stage, tmp_path: Path) -> None:
    with network_at_work(stage.server, tmp_path, f"faults{time.time_ns() % 10**9}") as network:
        network.wait_for_answers(40, BACK_WITHIN_S)
        go_through_faults(stage, network)
    records = network.records
    dsn = EmbeddedPostgres.running_dsn(stage.server.data_dir)
    assert dsn is not None
    found = asyncio.run(compare(dsn, records))
    for token, record in zip(network.run.tokens, records, strict=True):
        asyncio.run(ask_again(network.run.url, token, record, found))
    assert found.findings == []
    assert found.unanswered == 0
    assert found.answered == found.replayed == network.figures.sent
    assert set(found.by_status) == {"accepted"}
    assert network.figures.reconnects > len(FAULTS)
    newest: dict[str, int] = {}
    for entry in itertools.chain.from_iterable(entries_of(records)):
        assert entry.answer is not None
        partition, offset = str(entry.answer.position).split("@")
        newest[partition] = max(newest.get(partition, 0), int(offset))
    positions = ",".join(f"{partition}@{offset}" for partition, offset in newest.items())
    audit(stage.server, stage.all_cards[0], positions, found.answered)
