"""Rules of the house that no other tool checks."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("ledger", "actors", "projections")
SOURCES = [*sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")), ROOT / "serve_app.py"]

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_USUAL = 35


def tracked_files() -> list[Path]:
    """What is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    return [path for line in listed.stdout.decode().splitlines() if (path := ROOT / line).is_file()]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def test_files_and_functions_stay_small() -> None:
    long_files = [path.name for path in SOURCES if len(path.read_text(encoding="utf-8").splitlines()) > FILE_LINES_MAX]
    lengths = [(name, lines) for path in SOURCES for name, lines in functions(path)]
    assert not long_files
    assert not [name for name, lines in lengths if lines > FUNCTION_LINES_MAX]
    assert sum(lines <= FUNCTION_LINES_USUAL for _, lines in lengths) >= 0.9 * len(lengths)


def test_the_domain_imports_the_standard_library_and_the_persistent_map_and_nothing_else() -> None:
    allowed = set(sys.stdlib_module_names) | {"rpds"}
    for path in (ROOT / "ledger" / "domain").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                names = [node.module]
            for name in names:
                assert name.startswith("ledger.domain") or name.split(".")[0] in allowed, f"{path.name}: {name}"


def test_the_domain_neither_awaits_nor_asks_the_time() -> None:
    forbidden = re.compile(r"\b(async def|await |import logging|datetime\.now|date\.today|time\.time)")
    for path in (ROOT / "ledger" / "domain").rglob("*.py"):
        assert not forbidden.search(path.read_text(encoding="utf-8")), path.name


def test_sql_stands_in_sql_files() -> None:
    statement = re.compile(r"\b(SELECT .+ FROM|INSERT INTO|UPDATE \w+\.\w+ SET|DELETE FROM)\b", re.DOTALL)
    # The list of migrations cannot be made by a migration, nor a database from inside itself.
    excepted = {ROOT / "ledger" / "store" / "migrate.py", ROOT / "ledger" / "embedded" / "postgres.py"}
    for path in set(SOURCES) - excepted:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not statement.search(node.value), f"{path.relative_to(ROOT)}:{node.lineno}"


def test_only_actors_and_serve_app_use_ray() -> None:
    for path in SOURCES:
        if path.parts[len(ROOT.parts)] in ("actors", "serve_app.py"):
            continue
        assert not re.search(r"^\s*(import|from) ray\b", path.read_text(encoding="utf-8"), re.MULTILINE), path


def test_every_skip_and_ignored_lint_gives_its_reason() -> None:
    bare = re.compile(r"#\s*noqa\s*$|#\s*noqa:\s*[A-Z0-9, ]+$|#\s*type:\s*ignore\s*$|pytest\.skip\(\)", re.MULTILINE)
    for path in SOURCES:
        assert not bare.search(path.read_text(encoding="utf-8")), path


def test_no_path_of_a_machine_and_no_unfinished_part_is_committed() -> None:
    places = (r"/(?:home|Users)/[a-z]+/", re.escape(f"{ROOT}/"), re.escape(f"{Path.home()}/"))
    marks = (r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"NotImplemented" r"Error")
    unwanted = re.compile("|".join((*places, *marks)))
    for path in tracked_files():
        if (
            path.suffix in {".py", ".sql", ".md", ".toml", ".graphql", ".yaml", ".html", ""}
            and path.name != "test_house.py"
        ):
            assert not unwanted.search(path.read_text(encoding="utf-8", errors="ignore")), path


def test_the_lock_file_pins_with_hashes_and_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "http" not in re.sub(r"^\s*#.*|^[a-z0-9-]*http[a-z0-9-]*==.*", "", lock, flags=re.MULTILINE)
    pins = re.findall(r"^[A-Za-z0-9_.\-\[\]]+==", lock, re.MULTILINE)
    assert len(pins) > 50
    assert lock.count("--hash=sha256:") >= len(pins)


def test_every_dependency_that_the_project_names_is_in_the_lock_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = project["dependencies"] + project["optional-dependencies"]["dev"]
    locked = {
        name.lower().replace("_", "-")
        for name in re.findall(
            r"^([A-Za-z0-9_.\-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    for requirement in named:
        name = re.split(r"[\[<>=]", requirement)[0]
        assert name in locked, name


def test_the_example_of_the_settings_is_up_to_date() -> None:
    from ledger.settings import env_example

    written = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert written == env_example(), "run: .venv/bin/ledger settings > .env.example"


def test_the_reference_of_the_api_is_up_to_date() -> None:
    from ledger.api.reference import filled

    written = (ROOT / "docs" / "API.md").read_text(encoding="utf-8")
    assert written == filled(written), "run: .venv/bin/ledger docs"


def test_one_version_everywhere() -> None:
    from ledger import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__ == "2.0.0"


def test_migrations_have_numbers_of_their_own() -> None:
    numbers = [path.name[:5] for path in (ROOT / "ledger" / "store" / "migrations").glob("*.sql")]
    assert all(number[:4].isdigit() and number[4] == "_" for number in numbers)
    assert len(set(numbers)) == len(numbers)
