"""Runs mutmut on a staged copy of the project, and says how many mutants of the domain its unit tests killed.

    python -m tests.mutation                         all of them, from the beginning
    python -m tests.mutation 'ledger.domain.wallet*' those whose names match, beside what is known of the others

The copy, mutmut's own notes and the list of survivors stand in `.mutants`, which git ignores.
"""

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.mutation.staging import domain_tests, stage

ROOT = Path(__file__).resolve().parents[2]
STAGE = ROOT / ".mutants"
SURVIVORS = STAGE / "survivors.txt"
MUTMUT = Path(sys.executable).with_name("mutmut")

KILLED_MIN_PERCENT = 85
KILLED = ("killed", "timeout", "caught by type check")
"""A mutant that runs for ever was noticed, too."""


def main(patterns: list[str]) -> int:
    if not patterns:
        shutil.rmtree(STAGE, ignore_errors=True)
    make_stage()
    ran = subprocess.run([MUTMUT, "run", *patterns], cwd=STAGE, check=False)
    if ran.returncode != 0:
        return ran.returncode
    return report(verdicts(), asked=patterns)


def make_stage() -> None:
    ignore = shutil.ignore_patterns("__pycache__", "domain")
    shutil.copytree(ROOT / "ledger", STAGE / "ledger", ignore=ignore, dirs_exist_ok=True)
    stage(ROOT / "ledger" / "domain", STAGE / "ledger" / "domain")
    # mutmut only ever adds to its own copy of the tests.
    for tests in (STAGE / "tests", STAGE / "mutants" / "tests"):
        shutil.rmtree(tests, ignore_errors=True)
    shutil.copytree(ROOT / "tests" / "support", STAGE / "tests" / "support", ignore=ignore)
    shutil.copytree(ROOT / "tests" / "unit", STAGE / "tests" / "unit", ignore=shutil.ignore_patterns("*.py*"))
    for path in (ROOT / "tests" / "__init__.py", ROOT / "tests" / "unit" / "__init__.py", ROOT / "pyproject.toml"):
        shutil.copy2(path, STAGE / path.relative_to(ROOT))
    for path in domain_tests(ROOT / "tests" / "unit"):
        shutil.copy2(path, STAGE / path.relative_to(ROOT))


def verdicts() -> dict[str, str]:
    """Every mutant's name and what became of it."""
    listed = subprocess.run(
        [MUTMUT, "results", "--all", "true"], cwd=STAGE, check=True, capture_output=True, text=True
    ).stdout
    named = (line.strip().rpartition(": ") for line in listed.splitlines() if "__mutmut_" in line)
    return {name: verdict for name, _, verdict in named}


def report(verdicts: dict[str, str], asked: list[str]) -> int:
    by_file: dict[str, Counter[str]] = {}
    for name, verdict in verdicts.items():
        by_file.setdefault(name.rpartition(".")[0].removeprefix("ledger.domain."), Counter())[verdict] += 1
    columns = sorted({verdict for counts in by_file.values() for verdict in counts})
    print(f"\n{'file':34}" + "".join(f"{column:>13}" for column in columns) + f"{'killed %':>10}")
    for file, counts in sorted(by_file.items()):
        print(line_of(file, counts, columns))
    total = sum(by_file.values(), Counter[str]())
    print(line_of("all", total, columns))
    alive = {name: verdict for name, verdict in verdicts.items() if verdict not in (*KILLED, "not checked")}
    survivors = [f"{name}: {verdict}" for name, verdict in sorted(alive.items())]
    SURVIVORS.write_text("".join(f"{line}\n" for line in survivors), encoding="utf-8")
    print(f"\n{len(survivors)} not killed, named in .mutants/{SURVIVORS.name}")
    print("To see one: cd .mutants && ../.venv/bin/mutmut show NAME")
    # A part of the mutants says nothing about the whole.
    return 0 if asked or percent_killed(total) >= KILLED_MIN_PERCENT else 1


def line_of(file: str, counts: Counter[str], columns: Iterable[str]) -> str:
    figures = "".join(f"{counts[column]:>13}" for column in columns)
    return f"{file:34}{figures}{percent_killed(counts):>10.1f}"


def percent_killed(counts: Counter[str]) -> float:
    """Of those that were tried; one that no test reaches counts as not killed."""
    return 100 * sum(counts[verdict] for verdict in KILLED) / max(1, counts.total() - counts["not checked"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
