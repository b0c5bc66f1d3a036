"""Texts that would be code elsewhere, in every text field of every command: refused by name, or kept word for word."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.support.bad_values import HOSTILE, with_texts
from tests.support.doors import Bench, edge
from tests.support.every_door import sent
from tests.support.every_row import PUBLIC, Example, Prepared, Side, prepared


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


@pytest.mark.parametrize("door", ["rest", "graphql"])
@pytest.mark.parametrize("example", PUBLIC, ids=str)
async def test_a_hostile_text_is_refused_at_its_place_or_kept_word_for_word(
    bench: Bench, example: Example, door: str
) -> None:
    through = door if door == "graphql" else f"{example.routes[0].method} {example.routes[0].path}"
    places = [at for at, _ in with_texts(*_form(await prepared(bench, example, Side("form"))), "")]
    for number, (text, at) in enumerate(itertools.product(HOSTILE if door == "rest" else HOSTILE[:2], places)):
        request = await prepared(bench, example, Side(f"{door}{number}"))
        body = dict(with_texts(*_form(request), text))[at]
        before = await _newest(bench)
        told = await sent(bench, through, request.with_body(body))
        if told.code == "ok":
            assert text in list(_leaves(await _kept(bench, example, before))), (at, text)
            continue
        assert told.code != "internal"
        assert told.code != "invalid_request" or at in {place for _, place in told.errors}, (at, text, told)
        assert await _newest(bench) == before


def _form(request: Prepared) -> tuple[Any, dict[str, Any]]:
    return request.example.row.shape_for(request.args).input, request.body


async def _newest(bench: Bench) -> dict[Any, int]:
    return {partition: head.offset for partition, head in (await bench.log.heads()).items()}


async def _kept(bench: Bench, example: Example, before: dict[Any, int]) -> Any:
    """What the log now holds of the command, as those who may read it."""
    [event] = await bench.log.read_after(before, 2)
    if example.row.aggregate_type != "medcard":
        return json.loads(event.data)
    path = f"/api/v1/medcards/{event.aggregate_id}/history?after={event.version - 1}"
    return (await bench.get(path)).json()["items"][0]["data"]


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    else:
        yield value
