"""The copy of the domain that mutants are made of says the same as the original, without decorated functions."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.__main__ import report
from tests.mutation.staging import domain_tests, stage, staged

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = ROOT / "ledger" / "domain"


def test_decorators_are_written_as_calls() -> None:
    source = "@one\n@two(3)\ndef f(x):\n    return x\n\nclass C:\n    @property\n    def p(self):\n        return 1\n"
    assert staged(source) == (
        "def f__plain(x):\n    return x\n\nf = one(two(3)(f__plain))\n\n"
        "class C:\n    def p__plain(self):\n        return 1\n\n    p = property(p__plain)\n"
    )


def test_a_nameless_function_gets_the_name_of_what_it_is_registered_for() -> None:
    source = "@evolve.register\ndef _(event: Placed, wallet: W) -> W:\n    return wallet\n"
    assert staged(source) == (
        "def evolve__Placed(event: Placed, wallet: W) -> W:\n    return wallet\n\nevolve.register(evolve__Placed)\n"
    )


@pytest.mark.parametrize("path", sorted(DOMAIN.rglob("*.py")), ids=lambda path: str(path.relative_to(DOMAIN)))
def test_nothing_decorated_is_left_and_no_name_is_used_twice(path: Path) -> None:
    tree = ast.parse(staged(path.read_text(encoding="utf-8")))
    for body in [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]:
        functions = [node for node in body if isinstance(node, ast.FunctionDef)]
        assert not [function.name for function in functions if function.decorator_list]
        assert len({function.name for function in functions}) == len(functions)


def test_the_staged_domain_decides_as_the_original(tmp_path: Path) -> None:
    stage(DOMAIN, tmp_path / "ledger" / "domain")
    (tmp_path / "ledger" / "__init__.py").write_text("")
    for path in [*(ROOT / "tests" / "support").glob("wallets.py"), ROOT / "tests" / "unit" / "test_wallet.py"]:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "tests" / "conftest.py").write_text("from ledger.domain.wallet.state import _evolve__HoldPlaced\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "tests/unit"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "passed" in ran.stdout


def test_what_is_as_it_was_keeps_its_time_stamp(tmp_path: Path) -> None:
    stage(DOMAIN, tmp_path)
    before = (tmp_path / "money.py").stat().st_mtime_ns
    stage(DOMAIN, tmp_path)
    assert (tmp_path / "money.py").stat().st_mtime_ns == before


def test_the_domain_tests_are_those_that_need_no_other_room() -> None:
    names = {path.name for path in domain_tests(ROOT / "tests" / "unit")}
    assert {"test_wallet.py", "test_prescription_claims.py", "test_stored_events.py"} <= names
    assert not names & {"test_rest.py", "test_runtime.py", "test_medcard_scale.py", "test_mutation_staging.py"}


@pytest.mark.parametrize(("killed", "code"), [(85, 0), (84, 1)])
def test_fewer_killed_than_the_floor_is_a_failure(
    killed: int, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.mutation.__main__.SURVIVORS", tmp_path / "survivors.txt")
    verdicts = {f"ledger.domain.money.x_f__mutmut_{n}": "killed" if n < killed else "survived" for n in range(100)}
    assert report(verdicts, asked=[]) == code
    assert len((tmp_path / "survivors.txt").read_text().splitlines()) == 100 - killed
