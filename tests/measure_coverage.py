"""Coverage by package, of lines and of branches: `make coverage`.

The domain is measured with the unit tests alone, everything else with all tests. The servers that tests start as
processes of their own are measured as well, and so are the workers that Ray starts for them (see `measuring`). Left out
are the simulation, whose thousands of histories take many minutes when each line of them is counted, and the faults.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SAVING = ROOT / "tests" / "measuring"
"""What every measured process loads when it starts."""

UNIT = ("tests/unit",)
OTHERS = ("tests/house", "tests/contract", "tests/integration", "tests/e2e")
PACKAGES = (
    "ledger/api",
    "ledger/runtime",
    "actors",
    "projections",
    "ledger/readstores",
    "ledger/store",
    "ledger/domain",
    "",
)
"""The empty one is everything."""

DOMAIN = "ledger/domain"
FLOORS_BY_UNIT_TESTS = {DOMAIN: 95}
FLOORS = {DOMAIN: 95, "ledger/api": 88, "ledger/runtime": 92, "actors": 92, "": 91}
"""Per cent of lines, and of branches, below which the measuring fails."""


@dataclass(frozen=True)
class Covered:
    lines: int = 0
    lines_all: int = 0
    branches: int = 0
    branches_all: int = 0

    def __add__(self, other: "Covered") -> "Covered":
        return Covered(
            self.lines + other.lines,
            self.lines_all + other.lines_all,
            self.branches + other.branches,
            self.branches_all + other.branches_all,
        )

    @property
    def lines_percent(self) -> float:
        return 100 * self.lines / self.lines_all if self.lines_all else 100.0

    @property
    def branches_percent(self) -> float:
        return 100 * self.branches / self.branches_all if self.branches_all else 100.0


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="hp-coverage-") as directory:
        data_dir = Path(directory)
        tested = [run(UNIT, data_dir)]
        too_low = table("by the unit tests", report(data_dir), [DOMAIN], FLOORS_BY_UNIT_TESTS)
        tested.append(run(OTHERS, data_dir))
        too_low += table("by all tests", report(data_dir), PACKAGES, FLOORS)
    for line in too_low:
        print(line)
    return 1 if too_low or any(tested) else 0


def run(tests: Iterable[str], data_dir: Path) -> int:
    """Measures the tests, and the processes that they start, into files of their own."""
    command = [sys.executable, "-m", "coverage", "run", "-m", "pytest", "-q", *tests]
    return subprocess.run(command, cwd=ROOT, env=environment(data_dir), check=False).returncode


def report(data_dir: Path) -> Mapping[str, Any]:
    env = environment(data_dir)
    for command in (["combine", "--keep", "--quiet"], ["json", "--quiet", "-o", str(data_dir / "report.json")]):
        subprocess.run([sys.executable, "-m", "coverage", *command], cwd=ROOT, env=env, check=True)
    written: Mapping[str, Any] = json.loads((data_dir / "report.json").read_text(encoding="utf-8"))
    return written


def environment(data_dir: Path) -> dict[str, str]:
    ways = [str(SAVING), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "COVERAGE_FILE": str(data_dir / "coverage"), "PYTHONPATH": os.pathsep.join(ways)}


def table(title: str, report: Mapping[str, Any], packages: Iterable[str], floors: Mapping[str, int]) -> list[str]:
    """Prints the figures, and answers what stands below its floor."""
    print(f"\n{title:24}{'lines':>8}{'branches':>10}{'floor':>7}")
    too_low = []
    for package in packages:
        figures = covered(report["files"], package)
        name, floor = package or "all", floors.get(package)
        print(f"{name:24}{figures.lines_percent:>8.1f}{figures.branches_percent:>10.1f}{floor or '-':>7}")
        if floor is not None and min(figures.lines_percent, figures.branches_percent) < floor:
            too_low.append(f"{name} is below {floor} % {title}")
    return too_low


def covered(files: Mapping[str, Any], package: str) -> Covered:
    under = f"{package}/" if package else ""
    summaries = (content["summary"] for path, content in files.items() if path.startswith(under))
    return sum(
        (
            Covered(
                summary["covered_lines"],
                summary["num_statements"],
                summary["covered_branches"],
                summary["num_branches"],
            )
            for summary in summaries
        ),
        Covered(),
    )


if __name__ == "__main__":
    sys.exit(main())
