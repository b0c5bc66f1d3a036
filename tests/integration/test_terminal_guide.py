"""The guide for vendors of terminals: what it shows is said to the edge, and what the edge says is what it shows."""

import json
import re
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from jsonschema import Draft202012Validator

from ledger.api.terminal.closing import Closing
from ledger.api.terminal.messages import AdviceCode, ResultStatus
from tests.support.doors import Bench
from tests.support.postgres_reads import followed_edge
from tests.support.terminals import PHARMACY, TERMINAL, terminal_token, wire

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = DOCS / "guides" / "terminal.md"
_BLOCK = re.compile(r"^```json (say|told)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CAPS = {"terminalId": TERMINAL, "offlineClaimsMax": 10, "offlineAmountMax": 1_000, "offlineAgeMaxS": 86_400}


def blocks() -> list[tuple[str, str]]:
    """What is said and told, in order."""
    return [(kind, text) for kind, text in _BLOCK.findall(GUIDE.read_text(encoding="utf-8"))]


def messages_in(text: str, number: Callable[[str], Any] = str) -> list[Any]:
    """Of a block: one, or an array."""
    found = json.loads(text, parse_float=number)
    return found if isinstance(found, list) else [found]


@pytest.fixture
async def bench(emptied_pool: asyncpg.Pool) -> AsyncIterator[Bench]:
    async with followed_edge(emptied_pool) as made:
        await made.active_card()
        pharmacy = {"id": PHARMACY, "name": "El Ezaby", "governorate": "Giza", "licence": "GZ-1"}
        assert (await made.post("/api/v1/pharmacies", pharmacy)).status_code == 201
        assert (await made.post(f"/api/v1/pharmacies/{PHARMACY}/terminals", CAPS)).status_code == 200
        yield made


@pytest.mark.postgres
async def test_what_the_guide_says_is_answered_as_it_shows(bench: Bench) -> None:
    async with wire(bench, "") as socket:
        for kind, text in blocks():
            if kind == "say":
                socket.say_text(text.replace("$TOKEN", terminal_token()))
                continue
            shown = messages_in(text)
            assert _lasting(await socket.told(len(shown))) == _lasting(shown)
    assert len(blocks()) >= 30


def _lasting(messages: list[Any]) -> list[Any]:
    """Without what is drawn by chance."""
    return [{key: value for key, value in each.items() if key != "session"} for each in messages]


@pytest.fixture(scope="module")
def schema() -> Any:
    return json.loads((DOCS / "terminal.schema.json").read_text(encoding="utf-8"), parse_float=Decimal)


def test_every_message_of_the_guide_is_one_of_the_schema_save_those_that_are_wrong(schema: Any) -> None:
    wrong = []
    for kind, text in blocks():
        valid = Draft202012Validator({**schema, "$ref": "#/$defs/Said" if kind == "say" else "#/$defs/Told"})
        wrong += [each["id"] for each in messages_in(text, Decimal) if not valid.is_valid(each)]
    assert wrong == ["t17-0002", "t17-0015"]


def test_the_guide_names_every_type_status_advice_and_close_code(schema: Any) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    said = {name for each in schema["$defs"]["Said"]["oneOf"] for name in _types(schema, each)}
    told = {name for each in schema["$defs"]["Told"]["oneOf"] for name in _types(schema, each)}
    shown = {message["type"] for kind, block in blocks() for message in messages_in(block)}
    assert said <= shown
    assert told - {"advice"} <= shown
    assert all(f"`{each.value}`" in text for each in ResultStatus)
    assert all(each.value in text for each in AdviceCode)
    assert all(f"| {each.code} | {each.reason} |" in text for each in Closing)


def _types(schema: Any, ref: Any) -> list[str]:
    name = ref["$ref"].rpartition("/")[2]
    return list(schema["$defs"][name]["properties"]["type"]["enum"])
