"""The figures of `make coverage`: lines and branches apart, by package, with floors."""

import pytest

from tests.measure_coverage import covered, table


def summary(lines: int, branches: int) -> dict[str, dict[str, int]]:
    """So many of a hundred each."""
    return {
        "summary": {"covered_lines": lines, "num_statements": 100, "covered_branches": branches, "num_branches": 100}
    }


FILES = {
    "ledger/domain/money.py": summary(100, 96),
    "ledger/domain/wallet/state.py": summary(96, 94),
    "actors/a.py": summary(0, 0),
}


def test_a_package_counts_its_own_files_and_the_empty_name_all_of_them() -> None:
    domain, everything = covered(FILES, "ledger/domain"), covered(FILES, "")
    assert (domain.lines_percent, domain.branches_percent) == (98, 95)
    assert (everything.lines_all, everything.lines) == (300, 196)
    assert covered(FILES, "ledger/dom").lines_all == 0


@pytest.mark.parametrize(("floor", "low"), [(95, False), (96, True), (99, True)])
def test_lines_and_branches_must_both_reach_the_floor(
    floor: int, low: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    found = table("by tests", {"files": FILES}, ["ledger/domain", "actors", ""], {"ledger/domain": floor})
    assert bool(found) is low
    assert [line.split()[:3] for line in capsys.readouterr().out.splitlines()[2:]] == [
        ["ledger/domain", "98.0", "95.0"],
        ["actors", "0.0", "0.0"],
        ["all", "65.3", "63.3"],
    ]
