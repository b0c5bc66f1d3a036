"""What a new OpenAPI document takes away from clients of an old one, or newly demands of them.

A request's schema may grow and loosen: what was accepted must be accepted still. An answer's may grow: what was
promised must be there still, and of the same type. Texts, examples and codes of problems may change.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")
_LEAST = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")
_MOST = ("maxLength", "maxItems", "maximum")
_EXACT = ("pattern", "format", "multipleOf")


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Each named by its operation and place; none where the new document serves every client of the old."""
    return list(dict.fromkeys(_of_documents(old, new)))


def _of_documents(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for path, operations in old["paths"].items():
        after = new["paths"].get(path, {})
        for method in _METHODS:
            if method not in operations:
                continue
            where = f"{method.upper()} {path}"
            if method not in after:
                yield f"{where}: removed"
            else:
                yield from _Comparison(old, new, where).of_operations(operations[method], after[method])


class _Comparison:
    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> None:
        self._old, self._new, self._where = old, new, where
        self._seen: set[tuple[str, str, bool]] = set()

    def of_operations(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
        yield from self._parameters(old, new)
        yield from self._bodies(old.get("requestBody", {}), new.get("requestBody", {}))
        for status, answer in old["responses"].items():
            if not status.startswith("2"):
                continue
            if status not in new["responses"]:
                yield f"{self._where}: no longer answers {status}"
                continue
            was, now = _schema_of(answer), _schema_of(new["responses"][status])
            yield from self._schemas(was, now, f"answer {status}", sent=False)

    def _parameters(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
        before = {(each["in"], each["name"]): each for each in old.get("parameters", ())}
        after = {(each["in"], each["name"]): each for each in new.get("parameters", ())}
        for key, parameter in before.items():
            if key not in after:
                yield f"{self._where}: the parameter {key[1]} was removed"
                continue
            yield from self._schemas(parameter["schema"], after[key]["schema"], f"parameter {key[1]}", sent=True)
        for key, parameter in after.items():
            if parameter.get("required") and not before.get(key, {}).get("required"):
                yield f"{self._where}: the parameter {key[1]} is now required"

    def _bodies(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
        if new.get("required") and not old.get("required"):
            yield f"{self._where}: a body is now required"
        for kind in old.get("content", {}):
            if kind not in new.get("content", {}):
                yield f"{self._where}: no longer takes {kind}"
            else:
                yield from self._schemas(_schema_of(old, kind), _schema_of(new, kind), "body", sent=True)

    def _schemas(self, old: Any, new: Any, at: str, *, sent: bool) -> Iterator[str]:
        """`sent`: what clients send; else what they get."""
        key = (repr(old), repr(new), sent)
        if key in self._seen:
            return
        self._seen.add(key)
        old, new = _resolved(old, self._old), _resolved(new, self._new)
        where = f"{self._where}: {at}"
        kinds_before, kinds_after = _kinds(old, self._old), _kinds(new, self._new)
        lost, gained = kinds_before - kinds_after, kinds_after - kinds_before
        if (lost if sent else gained) and kinds_before and kinds_after:
            yield f"{where} changed its type from {sorted(kinds_before)} to {sorted(kinds_after)}"
        gone = set(map(str, _enum(old, self._old))) - set(map(str, _enum(new, self._new)))
        if gone and _enum(new, self._new):
            yield f"{where} lost the values {sorted(gone)}"
        if sent:
            yield from (f"{where} {tighter}" for tighter in _tighter(old, new))
        yield from self._members(old, new, at, sent=sent)
        for was, now in _pairs(old, new, self._old, self._new):
            yield from self._schemas(was, now, at, sent=sent)

    def _members(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str, *, sent: bool) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name not in after:
                yield f"{self._where}: {at}/{name} was removed"
            else:
                yield from self._schemas(schema, after[name], f"{at}/{name}", sent=sent)
        was, now = set(old.get("required", ())), set(new.get("required", ()))
        if sent:
            yield from (f"{self._where}: {at}/{name} is now required" for name in sorted(now - was))
        else:
            yield from (f"{self._where}: {at}/{name} may now be missing" for name in sorted((was - now) & set(after)))
        if "items" in old and "items" in new:
            yield from self._schemas(old["items"], new["items"], f"{at}[]", sent=sent)


def _schema_of(part: Mapping[str, Any], kind: str = "application/json") -> Any:
    return part.get("content", {}).get(kind, {}).get("schema", {})


def _resolved(schema: Any, document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found: Mapping[str, Any] = schema
    return found


def _branches(schema: Mapping[str, Any], document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [_resolved(each, document) for each in schema.get("anyOf", ())] or [schema]


def _kinds(schema: Mapping[str, Any], document: Mapping[str, Any]) -> set[str]:
    named = [branch.get("type", ()) for branch in _branches(schema, document)]
    return {kind for each in named for kind in ([each] if isinstance(each, str) else each)}


def _enum(schema: Mapping[str, Any], document: Mapping[str, Any]) -> list[Any]:
    return [value for branch in _branches(schema, document) for value in branch.get("enum", ())]


def _pairs(
    old: Mapping[str, Any], new: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[Any, Any]]:
    """The branches of two alternatives that stand for the same: of the same name, or else of the same type."""
    if "anyOf" not in old and "anyOf" not in new:
        return
    for was in old.get("anyOf", [old]):
        for now in new.get("anyOf", [new]):
            if "$ref" in was and "$ref" in now:
                alike = was["$ref"] == now["$ref"]
            else:
                alike = _resolved(was, before).get("type") == _resolved(now, after).get("type")
            if alike:
                yield was, now


def _tighter(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in _LEAST:
        if name in new and new[name] > old.get(name, float("-inf")):
            yield f"now has the {name} {new[name]}"
    for name in _MOST:
        if name in new and new[name] < old.get(name, float("inf")):
            yield f"now has the {name} {new[name]}"
    for name in _EXACT:
        if name in new and new[name] != old.get(name):
            yield f"now has the {name} {new[name]}"
    if "allOf" in new and "allOf" not in old:
        yield "must now keep to more than the types of its fields"
    if old.get("additionalProperties") is not False and new.get("additionalProperties") is False:
        yield "no longer takes other fields"
