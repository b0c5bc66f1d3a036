"""Commands through every door that they have, and what each door tells, in one form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from graphql import GraphQLInputObjectType, GraphQLNonNull

from ledger.api.graphql.door import executable_schema
from ledger.api.rest.batch import PATH as BATCH
from ledger.api.rest.routes import CommandRoute
from tests.support.doors import Bench
from tests.support.every_row import Example, Prepared


@dataclass(frozen=True, slots=True)
class Told:
    """What a door answered, whichever it was. `code`: `ok`, or the first error's; `errors`: (code, place)."""

    code: str
    errors: tuple[tuple[str, str | None], ...] = ()
    status: int = 200


def path_of(route: CommandRoute, request: Prepared) -> str:
    """The route's path with the request's ids."""
    named = {parameter: request.args[name] for name, parameter in route.args}
    return route.path.format(id=request.aggregate_id, **named)


def told_by_rest(answer: httpx.Response) -> Told:
    """Of a REST answer, which must be one of ours."""
    if answer.status_code in (200, 201):
        return Told("ok", status=answer.status_code)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return told_by_problem(answer.json())


def told_by_problem(problem: Mapping[str, Any]) -> Told:
    errors = tuple((each["code"], each["pointer"]) for each in problem.get("errors", ()))
    return Told(problem["code"], errors, problem["status"])


def input_type_of(command: str) -> GraphQLInputObjectType:
    """Of the one argument of its mutation."""
    mutation = executable_schema().mutation_type
    assert mutation is not None
    kind = mutation.fields[command].args["input"].type
    assert isinstance(kind, GraphQLNonNull)
    assert isinstance(kind.of_type, GraphQLInputObjectType)
    return kind.of_type


def mutation_of(command: str) -> str:
    """Asks for what every payload has."""
    shown = "success errors { code message path facts }"
    return f"mutation ($input: {input_type_of(command)}!) {{ {command}(input: $input) {{ {shown} }} }}"


def input_of(request: Prepared) -> dict[str, Any]:
    """GraphQL's one input: the body, with the ids that REST has in its path."""
    named = {} if request.aggregate_id is None else {request.example.row.id_field: request.aggregate_id}
    return {**request.body, **request.args, **named}


def told_by_graphql(answer: httpx.Response, command: str) -> Told:
    """Of GraphQL: what its payload says, or a top-level error."""
    result = answer.json()
    if "code" in result:
        return told_by_problem(result)
    if "errors" in result:
        extensions = [each["extensions"] for each in result["errors"]]
        errors = tuple((each["code"], each["path"]) for one in extensions for each in one.get("errors", ()))
        return Told(extensions[0]["code"], errors, answer.status_code)
    payload = result["data"][command]
    if payload["success"]:
        return Told("ok")
    errors = tuple((each["code"], each["path"]) for each in payload["errors"])
    return Told(errors[0][0], errors, answer.status_code)


def batch_member(request: Prepared, key: str) -> dict[str, Any]:
    member: dict[str, Any] = {"command": request.example.command, "key": key, "body": request.body}
    named = {} if request.aggregate_id is None else {"id": request.aggregate_id}
    return {**member, **named, "args": request.args}


def doors_of(example: Example) -> Iterator[str]:
    """What `sent` calls the doors of a command: its routes, GraphQL, and a batch."""
    yield from (f"{route.method} {route.path}" for route in example.routes)
    yield from ("graphql", "batch")


async def sent(bench: Bench, door: str, request: Prepared, role: str = "ADMIN", **claims: Any) -> Told:
    """Sends the request through one of its doors."""
    command = request.example.command
    if door == "graphql":
        body = {"query": mutation_of(command), "variables": {"input": input_of(request)}}
        return told_by_graphql(await bench.post("/graphql", body, role, **claims), command)
    if door == "batch":
        answer = await bench.post(
            BATCH, {"commands": [batch_member(request, f"k-{request.side.name}")]}, role, **claims
        )
        if answer.status_code != 200:
            return told_by_rest(answer)
        [result] = answer.json()["results"]
        return Told("ok") if result["status"] in (200, 201) else told_by_problem(result["body"])
    route = next(each for each in request.example.routes if door == f"{each.method} {each.path}")
    return told_by_rest(await bench.send(route.method, path_of(route, request), request.body, role, **claims))
