"""Everything that can be wrong with a command's body, through every door: a named error, and nothing changed."""

import itertools
import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, get_args

import msgspec
import pytest
from graphql import (
    GraphQLInputType,
    ast_from_value,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    print_ast,
)

from ledger.api.rest.batch import BATCH_COMMANDS_MAX
from ledger.api.rest.batch import PATH as BATCH
from ledger.messages.envelope import PartitionId
from tests.support.bad_values import DEEP, HALF_PAIR, HERE, NUL, OTHER_HALF, Wrong, broken_bodies, wrong_bodies
from tests.support.doors import Bench, edge
from tests.support.every_door import (
    Told,
    batch_member,
    input_of,
    input_type_of,
    mutation_of,
    path_of,
    sent,
    told_by_graphql,
    told_by_problem,
    told_by_rest,
)
from tests.support.every_row import PUBLIC, Example, Prepared, Side, prepared

BODY_BYTES_MAX = 1_048_576
NAMED = {"invalid_request", "invalid_amount", "unknown_field"}


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


async def heads(bench: Bench) -> dict[PartitionId, Any]:
    return dict(await bench.log.heads())


def shape_of(request: Prepared) -> Any:
    return request.example.row.shape_for(request.args).input


def fault(wrong: Wrong, told: Told) -> str | None:
    """What is amiss with an answer to something wrong; None where it is named, at its place."""
    # What is wrong with the JSON of GraphQL's request is named before anybody knows which of it is the command's.
    places = [at.removeprefix("/variables/input") for _, at in told.errors if at is not None]
    near = any(wrong.at.startswith(at) or at.startswith(wrong.at) for at in places)
    if told.code == "payload_too_large":
        return None if len(wrong.body) > BODY_BYTES_MAX - 1_000 else f"{wrong}: {told}"
    if told.code in NAMED and (near or not told.errors):
        return None
    return f"{wrong}: {told}"


@pytest.mark.parametrize("example", PUBLIC, ids=str)
async def test_whatever_is_wrong_in_a_body_is_named_at_its_place_by_rest(bench: Bench, example: Example) -> None:
    request = await prepared(bench, example, Side("one"))
    shape, before, faults = shape_of(request), await heads(bench), []
    for wrong in (*wrong_bodies(shape, request.body), *broken_bodies(shape, request.body)):
        for route in example.routes:
            answer = await bench.send(route.method, path_of(route, request), wrong.body)
            told = told_by_rest(answer)
            assert told.status in (400, 413), wrong
            faults.append(fault(wrong, told))
    assert [each for each in faults if each is not None] == []
    assert await heads(bench) == before


@pytest.mark.parametrize("example", PUBLIC, ids=str)
async def test_whatever_is_wrong_in_a_variable_is_named_by_graphql(bench: Bench, example: Example) -> None:
    request = await prepared(bench, example, Side("one"))
    shape, before, faults = shape_of(request), await heads(bench), []
    head = f'{{"query": {json.dumps(mutation_of(example.command))}, "variables": {{"input": '.encode()
    ids = json.dumps(input_of(request.with_body({})))[1:-1].encode()
    for wrong in (*wrong_bodies(shape, request.body), *broken_bodies(shape, request.body)):
        if is_taken_by_graphql(input_type_of(example.command), wrong):
            continue
        body = re.sub(rb"\A{(?=.)", b"{%s, " % ids, wrong.body) if ids and wrong.body[:2] != b"{}" else wrong.body
        answer = await bench.post("/graphql", head + body + b"}}")
        assert answer.status_code in (200, 400, 413), wrong
        assert " object at 0x" not in answer.text
        faults.append(fault(wrong, told_by_graphql(answer, example.command)))
    assert [each for each in faults if each is not None] == []
    assert await heads(bench) == before


def is_taken_by_graphql(kind: GraphQLInputType, wrong: Wrong) -> bool:
    """What GraphQL lets through by its specification: null where a field may be left out, a whole number for an ID,
    and one value in the place of a list of it."""
    if wrong.at.endswith("odd~1~0field") or not wrong.at:
        return False
    for step in wrong.at[1:].split("/"):
        kind = get_nullable_type(kind)  # type: ignore[assignment]
        if is_list_type(kind):
            kind = kind.of_type
        else:
            assert is_input_object_type(kind)
            kind = kind.fields[step].type
    one = get_nullable_type(kind)
    if wrong.value == "null":
        return one is kind
    if is_list_type(one):
        return wrong.value == '"x"' and str(get_named_type(one)) == "String"
    return wrong.value == "5" and str(one) == "ID"


NO_LITERALS = (
    *("NaN", "1e400", "-1e400", "1.5e-400", "[[[1]]]", "{odd: 1}", "$nobody", "0x10", "1_000", "٣", "'x'", '"x', "#"),
    *(r'"a\u0000b"', r'"\ud83d"', r'"\u{110000}"', r'"\u{D800}"', r'"\x"', '"a\x00b"', '"\n"'),
)
"""GraphQL's own spellings of what is no value of any field; that NaN is the name of a choice, there is none of it."""


@pytest.mark.parametrize("example", PUBLIC, ids=str)
async def test_whatever_is_wrong_in_a_literal_is_named_by_graphql(bench: Bench, example: Example) -> None:
    request = await prepared(bench, example, Side("one"))
    before, faults = await heads(bench), []
    fields = input_type_of(example.command).fields
    good = {name: _literal(value, fields[name].type) for name, value in input_of(request).items()}
    shown = "{ success errors { code path } }"
    for name, literal in itertools.product(good, NO_LITERALS):
        given = ", ".join(f"{each}: {value}" for each, value in {**good, name: literal}.items())
        query = f"mutation {{ {example.command}(input: {{{given}}}) {shown} }}"
        answer = await bench.post("/graphql", {"query": query})
        assert answer.status_code in (200, 400), (name, literal)
        told = told_by_graphql(answer, example.command)
        if told.code not in NAMED and not told.code.endswith("_not_found"):
            faults.append((name, literal, told))
    assert faults == []
    assert await heads(bench) == before


def _literal(value: Any, kind: GraphQLInputType) -> str:
    node = ast_from_value(value, kind)
    assert node is not None
    return print_ast(node)


# Null.


@pytest.mark.parametrize("example", PUBLIC, ids=str)
async def test_null_is_not_given_in_graphql_and_stands_in_rest_where_the_form_allows_it(
    bench: Bench, example: Example
) -> None:
    request = await prepared(bench, example, Side("one"))
    forms = [field for field in msgspec.structs.fields(shape_of(request)) if field.name != "pharmacy_id"]
    needed = request.with_body({name: value for name, value in request.body.items() if name in _required(forms)})
    nulls = request.with_body(
        {**needed.body, **dict.fromkeys(field.encode_name for field in forms if not field.required)}
    )
    tell = [await sent(bench, "graphql", each.with_body({**each.body, **KEY})) for each in (needed, nulls)]
    after = await heads(bench)
    assert tell[0] == tell[1], "the same request, and so the same answer"
    for field in forms:
        body = {**needed.body, field.encode_name: None}
        route = example.routes[0]
        answer = await bench.send(route.method, path_of(route, request), body, headers={"if-match": '"999"'})
        told = told_by_rest(answer)
        allowed = not field.required and type(None) in get_args(field.type)
        places = [at for code, at in told.errors if code in NAMED]
        assert places == ([] if allowed else [f"/{field.encode_name}"]), (field.name, told)
    assert await heads(bench) == after


KEY = {"idempotencyKey": "the same"}


def _required(fields: Sequence[Any]) -> set[str]:
    """With the pharmacy, which only a pharmacy may leave out."""
    return {"pharmacyId", *(field.encode_name for field in fields if field.required)}


# Half of a batch.


@pytest.mark.parametrize("example", PUBLIC, ids=str)
async def test_the_good_half_of_a_batch_is_done_and_each_bad_member_is_named(bench: Bench, example: Example) -> None:
    request = await prepared(bench, example, Side("one"))
    before = sum(head.offset for head in (await heads(bench)).values())
    wrongs = [each for each in wrong_bodies(shape_of(request), request.body) if is_a_members_own_fault(each)]
    wrongs = wrongs[: BATCH_COMMANDS_MAX // 2]
    members = []
    for number, wrong in enumerate(wrongs):
        good = json.dumps({"command": "createWallet", "key": f"g-{number}", "body": {"userId": f"u-{number}"}})
        bad = json.dumps(batch_member(request.with_body(HERE), f"b-{number}")).replace(f'"{HERE}"', wrong.body.decode())
        members += [good, bad]
    answer = await bench.post(BATCH, f'{{"commands": [{", ".join(members)}]}}')
    assert answer.status_code == 200, answer.text[:300]
    results = answer.json()["results"]
    assert [result["status"] for result in results[::2]] == [201] * len(wrongs)
    faults = [fault(wrong, told_by_problem(each["body"])) for wrong, each in zip(wrongs, results[1::2], strict=True)]
    assert [each for each in faults if each is not None] == []
    assert sum(head.offset for head in (await heads(bench)).values()) == before + len(wrongs)


def is_a_members_own_fault(wrong: Wrong) -> bool:
    """What is no fit JSON is a fault of the whole request; and a batch has a limit of its own."""
    return wrong.value not in (NUL, HALF_PAIR, OTHER_HALF, DEEP, "twice") and len(wrong.body) < 10_000


@pytest.mark.parametrize("reason", [NUL, HALF_PAIR, OTHER_HALF, DEEP, '"a", "reason": "b"', "1e400", "NaN"])
async def test_a_batch_that_is_no_fit_json_is_refused_as_a_whole(bench: Bench, reason: str) -> None:
    good = '{"command": "createWallet", "key": "g", "body": {"userId": "u"}}'
    bad = f'{{"command": "closeWallet", "key": "b", "id": "w", "args": {{}}, "body": {{"reason": {reason}}}}}'
    answer = await bench.post(BATCH, f'{{"commands": [{good}, {bad}]}}')
    if reason == "1e400":  # a number like others, until somebody asks what it is for
        assert [each["status"] for each in answer.json()["results"]] == [201, 400]
        return
    assert told_by_rest(answer).code == "invalid_request"
    assert not any(head.offset for head in (await heads(bench)).values())
