"""The client's shapes, written from the schemas of the OpenAPI document."""

import re
import textwrap
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

DOC_WIDTH = 110
STANDARD = (("datetime", "date"), ("decimal", "Decimal"), ("typing", "Any"))
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    return _WORD.sub("_", name).lower()


def names_in(value: Any, schemas: Schema) -> set[str]:
    """Of all schemas that something speaks of, also by way of others."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            name = ref_of(each)
            if name is not None and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    return found


def ref_of(schema: Schema) -> str | None:
    ref = schema.get("$ref")
    return ref.rsplit("/", 1)[1] if isinstance(ref, str) and "/schemas/" in ref else None


def shapes_file(group: str, names: list[str], schemas: Schema, homes: Mapping[str, str]) -> str:
    about = "What several of them take and answer." if group == "shared" else f"What {group} take and answer."
    classes = [_class(name, schemas[name], schemas) for name in _in_order(names, schemas)]
    wanted = {each for name in names for each in names_in(schemas[name], schemas) if homes.get(each) == "shared"}
    body = "\n\n\n".join(classes)
    imports = ["from dataclasses import dataclass"] if classes else []
    imports += [f"from {module} import {name}" for module, name in STANDARD if re.search(rf"\b{name}\b", body)]
    ours = ["from ledger.client.money import Amount"] if "Amount" in body else []
    if group != "shared":
        used = [name for name in wanted if "enum" not in schemas[name] and re.search(rf"\b{name}\b", body)]
        ours = [*imports_of("shared", used), *ours]
    return file_of(about, [imports, ours], body)


def _in_order(names: list[str], schemas: Schema) -> list[str]:
    """Without enumerations; every class after those that it is made of."""
    done: list[str] = []

    def visit(name: str) -> None:
        if name in names and name not in done and "enum" not in schemas[name]:
            for other in sorted(names_in(schemas[name], schemas) - {name}):
                visit(other)
            done.append(name)

    for name in names:
        visit(name)
    return done


def _class(name: str, schema: Schema, schemas: Schema) -> str:
    """Those that clients send take amounts in any exact form; what has a default stands last."""
    needed, optional = [], []
    sent = name.endswith("Input") or name == "BatchMember"
    for wire_name, member in schema.get("properties", {}).items():
        kind = kind_of(member, schemas, sent)
        if wire_name in schema.get("required", ()):
            needed.append(f"    {snake(wire_name)}: {kind}")
        elif kind.startswith("tuple[") and not sent:
            optional.append(f"    {snake(wire_name)}: {kind} = ()")
        else:
            optional.append(f"    {snake(wire_name)}: {or_none(kind)} = None")
    about = docstring(schema.get("description") or name, 4)
    lines = [*needed, *optional]
    return f"@dataclass(frozen=True, kw_only=True)\nclass {name}:\n{about}" + (
        "\n\n" + "\n".join(lines) if lines else ""
    )


def kind_of(schema: Schema, schemas: Schema, sent: bool) -> str:
    """The Python type. Enumerations are strings, so that a client outlives a new member."""
    name = ref_of(schema)
    if name is not None:
        return "str" if "enum" in schemas[name] else name
    if "anyOf" in schema:
        kinds = [kind_of(each, schemas, sent) for each in schema["anyOf"] if each.get("type") != "null"]
        return or_none(" | ".join(dict.fromkeys(kinds)))
    match schema.get("type"):
        case "array":
            return f"tuple[{kind_of(schema['items'], schemas, sent)}, ...]"
        case "object":
            values = schema.get("additionalProperties")
            return f"dict[str, {kind_of(values, schemas, sent) if isinstance(values, Mapping) else 'Any'}]"
        case "string":
            return "date" if schema.get("format") == "date" else "str"
        case "number" | ["number", "string"]:
            return "Amount" if sent else "Decimal"
        case "integer":
            return "int"
        case "boolean":
            return "bool"
        case _:
            return "str" if "enum" in schema else "Any"


def or_none(kind: str) -> str:
    return kind if kind == "Any" or kind.endswith("| None") else f"{kind} | None"


def imports_of(group: str, names: list[str]) -> list[str]:
    if not names:
        return []
    listed = "".join(f"    {name},\n" for name in sorted(names, key=str.casefold))
    return [f"from ledger.client.api.{group}_shapes import (\n{listed})"]


def docstring(text: str, indent: int) -> str:
    """A docstring, wrapped."""
    lines = textwrap.wrap(" ".join(text.split()), DOC_WIDTH - indent) or [""]
    pad = " " * indent
    if len(lines) == 1:
        return f'{pad}"""{lines[0]}"""'
    return f'{pad}"""' + f"\n{pad}".join(lines) + f'\n{pad}"""'


def file_of(about: str, imports: list[list[str]], body: str) -> str:
    head = f'"""{about}\n\nWritten by `ledger docs` from the OpenAPI document.\n"""'
    parts = ["\n".join(lines) for lines in imports if lines]
    return "\n\n".join([head, *parts]) + f"\n\n\n{body}\n"
