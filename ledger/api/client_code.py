"""The client's operations and shapes, written from the OpenAPI document, so that none is ever missing."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ledger.api.client_shapes import (
    DOC_WIDTH,
    STANDARD,
    Schema,
    docstring,
    file_of,
    imports_of,
    kind_of,
    names_in,
    or_none,
    ref_of,
    shapes_file,
    snake,
)
from ledger.api.rest.openapi import openapi_document

CLIENT = Path(__file__).parents[1] / "client" / "api"
_PREFIX = "/api/v1"
GIVEN_WIDTH = 90
_METHODS = ("get", "post", "patch", "delete")
_NOT_FOR_CLIENTS = ("/webhooks/",)
GROUPS = {
    "wallets": "Wallets, and what they hold.",
    "transactions": "Money into wallets, out of them, held in them, and between them.",
    "payments": "Payments through gateways, and refunds.",
    "cards": "MedCards, their holders and their history.",
    "cover": "Who a MedCard covers, and up to how much.",
    "prescriptions": "Prescription claims and their reversals, eligibility and spend.",
    "insurance": "Insurance claims, from their filing to an appeal.",
    "pharmacies": "Pharmacies, their terminals, claims and totals.",
    "books": "The journal, the audit trail, what became of commands, batches of them, and whatever else there is.",
}
_MARKS = (
    ("/claims/insurance", "insurance"),
    ("/pharmacies", "pharmacies"),
    ("/claims/prescriptions", "prescriptions"),
    ("/eligibility", "prescriptions"),
    ("/spend", "prescriptions"),
    *((f"/{part}", "cover") for part in ("beneficiaries", "monthly-limit", "limit-requests", "copayment", "tier")),
    *((f"/{part}", "transactions") for part in ("credits", "debits", "holds", "transactions", "transfers")),
    ("/medcards", "cards"),
    ("/wallets", "wallets"),
    ("/payments", "payments"),
    ("", "books"),
)


def group_of(path: str) -> str:
    """Which class an operation's path belongs to: the first mark that is in it."""
    return next(group for mark, group in _MARKS if mark in path)


def client_code(document: Schema) -> Mapping[str, str]:
    """By file name: the classes of the operations, and their shapes."""
    schemas = document["components"]["schemas"]
    operations = list(_operations(document))
    users: dict[str, set[str]] = {}
    for group, _, _, operation in operations:
        for name in names_in(operation, schemas):
            users.setdefault(name, set()).add(group)
    homes = {name: next(iter(groups)) if len(groups) == 1 else "shared" for name, groups in users.items()}
    homes.pop("Problem", None)
    files = {}
    for group in (*GROUPS, "shared"):
        mine_here = sorted(name for name, home in homes.items() if home == group)
        files[f"{group}_shapes.py"] = shapes_file(group, mine_here, schemas, homes)
    for group, about in GROUPS.items():
        mine = [each[1:] for each in operations if each[0] == group]
        files[f"{group}.py"] = _operations_file(group, about, mine, schemas, homes)
    return files


def write_client_code() -> None:
    """Into the client's package, instead of what was there. Raises OSError."""
    files = client_code(openapi_document())
    for path in CLIENT.glob("*.py"):
        if path.name not in files and path.name != "__init__.py":
            path.unlink()
    for name, text in files.items():
        (CLIENT / name).write_text(text, encoding="utf-8")


def _operations(document: Schema) -> Iterable[tuple[str, str, str, Schema]]:
    """Group, method, path, operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in _METHODS and path.startswith(_PREFIX) and not any(part in path for part in _NOT_FOR_CLIENTS):
                yield group_of(path), method.upper(), path.removeprefix(_PREFIX), operation


def _operations_file(
    group: str, about: str, operations: list[tuple[str, str, Schema]], schemas: Schema, homes: Mapping[str, str]
) -> str:
    methods = [
        _command(method, path, operation, schemas) if method != "GET" else _query(path, operation, schemas)
        for method, path, operation in operations
    ]
    body = (
        f"class {group.capitalize()}:\n{docstring(about, 4)}\n\n"
        "    def __init__(self, calls: Calls) -> None:\n        self._calls = calls\n\n" + "\n\n".join(methods)
    )
    named = [name for name in homes if "enum" not in schemas[name] and re.search(rf"\b{name}\b", body)]
    imports = ["from collections.abc import AsyncIterator"] if "AsyncIterator" in body else []
    imports += [f"from {module} import {name}" for module, name in STANDARD if re.search(rf"\b{name}\b", body)]
    ours = [
        *imports_of(group, [name for name in named if homes[name] == group]),
        *imports_of("shared", [name for name in named if homes[name] == "shared"]),
        f"from ledger.client.calls import Calls{', quoted' if 'quoted(' in body else ''}",
        *(["from ledger.client.money import Amount"] if re.search(r"\bAmount\b", body) else []),
    ]
    return file_of(about, [imports, sorted(ours, key=lambda line: line.split(" ")[1])], body)


def _command(method: str, path: str, operation: Schema, schemas: Schema) -> str:
    ref = ref_of(operation["requestBody"]["content"]["application/json"]["schema"])
    assert ref is not None, "bodies have names"
    body, keyed = schemas[ref], any(each.get("name") == "Idempotency-Key" for each in operation.get("parameters", ()))
    needed, optional, told = [], [], []
    for wire_name, member in body.get("properties", {}).items():
        name, kind = snake(wire_name), kind_of(member, schemas, True)
        told.append(f'                "{wire_name}": {name},')
        if wire_name in body.get("required", ()):
            needed.append(f"{name}: {kind}")
        else:
            optional.append(f"{name}: {or_none(kind)} = None")
    keys = ["key: str | None = None", "if_match: int | None = None"] if keyed else []
    answer = _answers(operation)[0]
    given = "{\n" + "\n".join(told) + "\n            }" if told else "{}"
    last = ["            key,", "            if_match,"] if keyed else []
    head = _head(operation, _arguments(path), [*needed, *optional, *keys], answer, is_async=True)
    call = ["        return await self._calls.command(", f'            "{method}",', f"            {_path(path)},"]
    call += [f"            {answer},", f"            {given},", *last, "        )"]
    return "\n".join([*head, f'        """{_about(operation, body)}"""', *call])


def _query(path: str, operation: Schema, schemas: Schema) -> str:
    params = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    needed = [f"{snake(p['name'])}: {kind_of(p['schema'], schemas, False)}" for p in params if p.get("required")]
    optional = [
        f"{snake(p['name'])}: {or_none(kind_of(p['schema'], schemas, False))} = None"
        for p in params
        if not p.get("required")
    ]
    answers = _answers(operation)
    given = _given(params)
    head = _head(operation, _arguments(path), [*needed, *optional], " | ".join(answers), is_async=True)
    call = ["        return await self._calls.query(", f"            {_path(path)},"]
    call += [f"            ({', '.join(answers)},)," if len(answers) == 1 else f"            ({', '.join(answers)}),"]
    text = "\n".join([*head, f'        """{_about(operation)}"""', *call, f"            {given},", "        )"])
    by = next((p["name"] for p in params if p["name"] in ("cursor", "after")), None)
    pages = schemas[answers[0]].get("properties", {})
    if by is None or "next" not in pages or "items" not in pages:
        return text
    return text + "\n\n" + _pages(path, operation, answers[0], pages, by, params, needed, optional, schemas)


def _pages(
    path: str,
    operation: Schema,
    page: str,
    members: Schema,
    by: str,
    params: list[Schema],
    needed: list[str],
    optional: list[str],
    schemas: Schema,
) -> str:
    """An iterator over all pages. What makes it another answer, or names a page, is no argument of it."""
    item = kind_of(members["items"]["items"], schemas, False)
    kept = [each for each in optional if each.split(":")[0] not in (by, "at")]
    head = _head(operation, _arguments(path), [*needed, *kept], f"AsyncIterator[{item}]", is_async=False, name="all_")
    told = _given([each for each in params if each["name"] not in (by, "at")])
    call = ["        return self._calls.pages(", *(f"            {each}," for each in (_path(path), page, told))]
    text = f'        """{operation["summary"]}: all of them, a page at a time."""'
    return "\n".join([*head, text, *call, f'            "{by}",', "        )"])


def _given(params: list[Schema]) -> str:
    line = "{" + ", ".join(f'"{each["name"]}": {snake(each["name"])}' for each in params) + "}"
    if len(line) <= GIVEN_WIDTH:
        return line
    members = (f'                "{each["name"]}": {snake(each["name"])},\n' for each in params)
    return "{\n" + "".join(members) + "            }"


def _head(
    operation: Schema, path_args: list[str], named: list[str], answer: str, *, is_async: bool, name: str = ""
) -> list[str]:
    lines = [f"    {'async ' if is_async else ''}def {name}{snake(operation['operationId'])}(", "        self,"]
    lines += [f"        {each}: str," for each in path_args]
    if named:
        lines += ["        *,", *(f"        {each}," for each in named)]
    return [*lines, f"    ) -> {answer}:"]


def _answers(operation: Schema) -> list[str]:
    [content] = [each["content"] for status, each in operation["responses"].items() if status.startswith("2")]
    schema = content["application/json"]["schema"]
    names = [ref_of(each) for each in schema.get("anyOf", [schema])]
    return [name for name in names if name is not None]


def _arguments(path: str) -> list[str]:
    return [snake(name) for name in re.findall(r"{(\w+)}", path)]


def _path(path: str) -> str:
    names = re.sub(r"{(\w+)}", lambda found: f"{{quoted({snake(found[1])})}}", path)
    return f'f"{names}"' if "{" in path else f'"{path}"'


def _about(operation: Schema, body: Schema | None = None) -> str:
    text = " ".join((body or {}).get("description", "").split())
    about = f"{operation['summary']}. {text}".strip() if text else f"{operation['summary']}."
    return about if len(about) <= DOC_WIDTH - 8 else f"{operation['summary']}."
