"""The examples in the client's README are run: against a stand-in, and against the doors."""

import re
import textwrap
from pathlib import Path
from typing import Any

import httpx

from ledger.client import Ledger, Terminal
from tests.support.doors import edge, token
from tests.support.server import ROOT
from tests.support.stand_in_socket import stand_in

_EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def examples() -> list[str]:
    return _EXAMPLE.findall((ROOT / "client" / "README.md").read_text(encoding="utf-8"))


async def run(example: str, **names: Any) -> None:
    """Without its imports: what it imports is given, so that it meets what stands in."""
    body = "\n".join(line for line in example.splitlines() if not line.startswith("from "))
    space: dict[str, Any] = {}
    exec(f"async def example({', '.join(names)}):\n{textwrap.indent(body, '    ')}", space)
    await space["example"](**names)


async def test_the_terminals_example(tmp_path: Path) -> None:
    from ledger.client import Item

    said: list[tuple[Any, ...]] = []
    async with stand_in() as server:
        await run(
            examples()[0],
            Terminal=lambda _url, bearer, record: Terminal(server.url, bearer, record=tmp_path / record),
            Item=Item,
            token="token",
            print=lambda *words: said.append(words),
        )
    assert [words[0] for words in said] == ["PAID"]


async def test_the_back_ends_example_up_to_its_query() -> None:
    """What it reads is asked of PostgreSQL, which has a test of its own in tests/e2e."""
    example = examples()[1].split("    async for")[0]
    async with edge() as bench:
        transport = httpx.ASGITransport(app=bench.app)
        await run(example, Ledger=lambda url, bearer: Ledger(url, bearer, transport=transport), token=token())
        events = await bench.log.read_after(dict.fromkeys(await bench.log.heads(), 0), 100)
        assert [event.type for event in events] == ["WalletCreated", "WalletActivated", "WalletCredited"]
