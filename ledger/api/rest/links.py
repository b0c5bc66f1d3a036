"""Links of the OpenAPI document: what a client can do next with what a command answered."""

import re
from typing import Any

from ledger.api.commands import COMMANDS
from ledger.api.rest.routes import AGGREGATE, CommandRoute
from ledger.api.rest.table import COMMAND_ROUTES, QUERY_ROUTES


def operation_id(route: CommandRoute) -> str:
    """The command's name for its first route; for another, what tells it apart."""
    first = next(each for each in COMMAND_ROUTES if each.command == route.command)
    if route is first:
        return route.command
    return f"{route.command}By{'Id' if route.args else route.method.title()}"


def links_of(route: CommandRoute) -> dict[str, Any]:
    """To every query below the same collection whose path the command's request and answer fill; a new aggregate's
    also to the commands that it takes."""
    row = COMMANDS[route.command]
    known = {name: f"$request.path.{name}" for name in _parameters(route.path)}
    if row.creates:
        known[AGGREGATE] = f"$response.body#/{row.id_field}"
    fields = {field for field in row.answer.__struct_encode_fields__ if field.endswith("Id")}
    for field in sorted(fields - {row.id_field}):
        known.setdefault(field.removesuffix("Id"), f"$response.body#/{field}")
    targets = {each.query: each.path for each in QUERY_ROUTES}
    if row.creates:
        targets |= {operation_id(each): each.path for each in COMMAND_ROUTES}
    return {
        name: {"operationId": name, "parameters": {each: known[each] for each in _parameters(path)}}
        for name, path in targets.items()
        if _collection(path) == _collection(route.path) and AGGREGATE in _parameters(path)
        if set(_parameters(path)) <= known.keys()
    }


def _parameters(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def _collection(path: str) -> str:
    return path.partition("{")[0].rstrip("/")
