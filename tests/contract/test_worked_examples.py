"""The examples of the OpenAPI document are what the server answers; `python -m tests.contract.test_worked_examples`
writes them anew, with a database of its own."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import asyncpg
import jsonschema

from ledger.api.rest.examples import EXAMPLES
from ledger.api.rest.openapi import openapi_document
from ledger.embedded import EmbeddedPostgres
from ledger.postgres.connections import open_pool
from ledger.store.migrate import migrate
from tests.support.stored_doors import stored_edge
from tests.support.worked_examples import NOT_BUILT_YET, ROUTES, told

FILE = Path(__file__).resolve().parents[2] / "ledger" / "api" / "rest" / "examples.json"


async def test_the_examples_are_what_the_server_answers(database_pool: asyncpg.Pool) -> None:
    async with stored_edge(database_pool) as bench:
        found = await told(bench)
    stale = [name for name in {*found, *EXAMPLES} if found.get(name) != EXAMPLES.get(name)]
    assert not stale, "run: .venv/bin/python -m tests.contract.test_worked_examples"


def test_every_operation_has_its_example() -> None:
    assert set(EXAMPLES) == set(ROUTES)
    assert {name for name, example in EXAMPLES.items() if "answer" not in example} == NOT_BUILT_YET


def test_every_example_is_of_its_operations_form() -> None:
    document = openapi_document()
    schemas = {"components": document["components"]}
    shown = 0
    for operations in document["paths"].values():
        for operation in operations.values():
            for part in _parts(operation):
                for value in _values(part, document):
                    jsonschema.validate(value, {**part["schema"], **schemas})
                    shown += 1
    assert shown > 1_000


def _parts(operation: Any) -> list[Any]:
    if not isinstance(operation, dict):
        return []
    holders = [operation.get("requestBody", {}), *operation["responses"].values()]
    return [part for holder in holders for part in holder.get("content", {}).values()]


def _values(part: Any, document: Any) -> list[Any]:
    named = [document["components"]["examples"][name]["value"] for name in part.get("examples", {})]
    return [*named, *([part["example"]] if "example" in part else [])]


async def _write(dsn: str) -> None:
    await migrate(dsn)
    async with await open_pool(dsn, 4, 5_000, 2_000) as pool, stored_edge(pool) as bench:
        FILE.write_text(f"{json.dumps(await told(bench), indent=1, ensure_ascii=False)}\n", encoding="utf-8")


def main() -> None:
    """Writes the file."""
    with tempfile.TemporaryDirectory(prefix="hp-examples-") as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            asyncio.run(_write(server.dsn("postgres")))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
