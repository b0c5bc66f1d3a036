"""Ten thousand runs of the runtime with everything going wrong, and runs with bugs in it, which must be found."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.simulation.bugs import BUGS

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 10_000
PROCESSES = 2
SEEDS_WITH_A_BUG_MAX = 1_000
"""A bug that this many seeds do not find would hardly be found among all."""


def simulate(*arguments: object) -> subprocess.Popen[str]:
    """A process of its own: the order of sets is fixed when Python starts."""
    command = [sys.executable, "-m", "tests.simulation", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def outcomes(runs: Sequence[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    said = [run.communicate()[0] for run in runs]
    return [(run.returncode, text) for run, text in zip(runs, said, strict=True)]


@pytest.mark.timeout(600)
def test_no_seed_breaks_a_promise() -> None:
    share = SEEDS // PROCESSES
    runs = [simulate(number * share, (number + 1) * share) for number in range(PROCESSES)]
    assert outcomes(runs) == [(0, "")] * PROCESSES


@pytest.mark.timeout(300)
@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_put_in_on_purpose_is_found(bug: str) -> None:
    [(code, said)] = outcomes([simulate(0, SEEDS_WITH_A_BUG_MAX, bug)])
    assert code == 1, said
    assert re.match(r"seed \d+: (Violation|Stuck): ", said), said
    assert f"{bug}\n" in said.partition("replay it: ")[2], said


def test_a_seed_is_the_same_run_every_time() -> None:
    for seed in (3, 151, 632):
        (_, first), (_, second) = outcomes([simulate(seed), simulate(seed)])
        assert first == second
        assert first.count("\n") > 10
