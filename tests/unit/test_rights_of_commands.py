"""Every role, every command, every door: on an object of its own, and on somebody else's."""

import itertools
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest

from ledger.api.errors import problem_of
from ledger.api.rights import may_give
from ledger.messages.commands import Caller
from tests.support.doors import Bench, edge
from tests.support.every_door import Told, doors_of, path_of, sent
from tests.support.every_row import PUBLIC, TERMINAL_ONLY, Example, Prepared, Side, answer_of_host, first_of, prepared
from tests.support.rights_matrix import DONE, FORBIDDEN, NOT_AVAILABLE, NOT_FOUND, Cell, cells, who

CELLS = cells("commands")
STRANGER = Side("stranger")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


def outcome_of(told: Told) -> str:
    """In the table's letters; else the code, which stands in no cell."""
    if told.code.endswith("_not_found"):
        return NOT_FOUND
    return {"ok": DONE, "forbidden": FORBIDDEN, "not_available": NOT_AVAILABLE}.get(told.code, told.code)


class Cases:
    """Objects to ask of: their own for each request that does something, one and the same for all that are refused."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._numbers = itertools.count(1)
        self._untouched: Prepared | None = None

    async def one(self, example: Example, *, done: bool) -> Prepared:
        if not done and self._untouched is not None:
            return self._untouched
        found = await prepared(self._bench, example, Side(str(next(self._numbers))))
        if not done:
            self._untouched = found
        return found


def claims_of(cell: Cell, command: str, side: Side, number: int) -> Mapping[str, str]:
    ids = {} if cell.role == "SCOPED" else side.claims
    return {**who(cell.role, command), "sub": f"{cell.role}-{number}", **ids}


@pytest.mark.parametrize("example", PUBLIC, ids=str)
async def test_a_command_is_for_whom_the_contract_names_through_every_door(bench: Bench, example: Example) -> None:
    wrong, cases = [], Cases(bench)
    for number, (cell, door) in enumerate(itertools.product(CELLS[str(example)], doors_of(example))):
        for whose, expected in (("own", cell.own), ("another's", cell.other)):
            request = await cases.one(example, done=expected == DONE)
            acting = request.side if whose == "own" else STRANGER
            before = await bench.log.heads()
            told = await sent(bench, door, request, **claims_of(cell, example.command, acting, number))
            found = outcome_of(told)
            moved = before != await bench.log.heads()
            if found != expected or moved != (expected == DONE):
                wrong.append(f"{cell.role} {door} {whose}: {found} instead of {expected}, moved: {moved}")
    assert not wrong


@pytest.mark.parametrize("example", TERMINAL_ONLY, ids=str)
async def test_so_is_a_terminals_command(bench: Bench, example: Example) -> None:
    """It has no door here: it is judged where all doors ask, and by its host."""
    wrong, cases = [], Cases(bench)
    for cell in CELLS[str(example)]:
        for whose, expected in (("own", cell.own), ("another's", cell.other)):
            request = await cases.one(example, done=expected == DONE)
            acting = request.side if whose == "own" else STRANGER
            found = await _at_the_host(bench, request, claims_of(cell, example.command, acting, 0))
            if found != expected:
                wrong.append(f"{cell.role} {whose}: {found} instead of {expected}")
    assert not wrong


HIDDEN = [(example, cell) for example in PUBLIC for cell in CELLS[str(example)] if cell.other == NOT_FOUND]


@pytest.mark.parametrize(("example", "cell"), HIDDEN, ids=str)
async def test_what_a_caller_may_not_know_of_is_as_what_there_is_not(
    bench: Bench, example: Example, cell: Cell
) -> None:
    """Also to whoever guesses at its version."""
    there = await prepared(bench, example, Side("theirs"))
    nowhere = Side("nowhere")
    if example.args:
        absent = replace(there, args=dict.fromkeys(example.args, "nothing"))
    elif example.row.own_wallet:
        absent = first_of(example.command, nowhere, example)
    else:
        absent = replace(there, aggregate_id="nothing")
    claims = claims_of(cell, example.command, STRANGER, 0)
    [route] = example.routes
    for headers in ({}, {"if-match": '"1"'}, {"if-match": '"0"'}):
        answers = [
            await bench.send(route.method, path_of(route, request), request.body, **claims, headers=headers)
            for request in (there, absent)
        ]
        assert [answer.status_code in (404, 409) for answer in answers] == [True, True]
        found, missing = [{**answer.json(), "instance": "", "request_id": ""} for answer in answers]
        assert found == missing


async def _at_the_host(bench: Bench, request: Prepared, claims: Mapping[str, str]) -> str:
    ids = {name: text for name, text in claims.items() if name.endswith("_id")}
    caller = Caller(claims["sub"], claims["role"], **ids, scopes=tuple(claims.get("scope", "").split()))
    if not may_give(caller, request.example.command):
        return FORBIDDEN
    problem = problem_of(await answer_of_host(bench, request, caller))
    return outcome_of(Told("ok" if problem is None else problem.code))
