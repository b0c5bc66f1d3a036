"""The documents of the doors: kept up to date, and never less than what the last release promised."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, find_breaking_changes

from ledger.api.documents import OPENAPI, RELEASES, SCHEMA, documents
from tests.support.openapi_changes import breaking_changes

DOCS = Path(__file__).resolve().parents[2] / "docs"


def last_release() -> Path:
    releases = [path for path in (DOCS / RELEASES).iterdir() if path.is_dir()]
    return max(releases, key=lambda path: tuple(map(int, path.name.split("."))))


def graphql_changes(old: str, new: str) -> list[str]:
    return [change.description for change in find_breaking_changes(build_schema(old), build_schema(new))]


@pytest.fixture(scope="module")
def kept() -> Any:
    return json.loads((last_release() / OPENAPI).read_text(encoding="utf-8"))


def test_the_documents_are_up_to_date() -> None:
    stale = [name for name, text in documents().items() if (DOCS / name).read_text(encoding="utf-8") != text]
    assert not stale, "run: .venv/bin/ledger docs"


def test_every_reference_of_the_openapi_document_leads_somewhere() -> None:
    text = documents()[OPENAPI]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert named <= set(json.loads(text)["components"]["schemas"])


def test_rest_only_grows_since_the_last_release(kept: Any) -> None:
    assert not breaking_changes(kept, json.loads(documents()[OPENAPI]))


def test_graphql_only_grows_since_the_last_release() -> None:
    assert not graphql_changes((last_release() / SCHEMA).read_text(encoding="utf-8"), documents()[SCHEMA])


# That these can fail.

CARDS = "/api/v1/medcards"
CARD_INPUT = ("components", "schemas", "CreateMedCardInput")


def _at(document: Any, *way: str) -> Any:
    for step in way:
        document = document[step]
    return document


CHANGES = {
    f"GET {CARDS}: removed": lambda new: new["paths"][CARDS].pop("get"),
    f"POST {CARDS}: removed": lambda new: new["paths"].pop(CARDS),
    f"GET {CARDS}: the parameter planId was removed": lambda new: _drop_parameter(new, "planId"),
    f"GET {CARDS}: the parameter cursor is now required": lambda new: _parameter(new, "cursor").update(required=True),
    f"POST {CARDS}: body/planId was removed": lambda new: _at(new, *CARD_INPUT)["properties"].pop("planId"),
    f"POST {CARDS}: body/planId is now required": lambda new: _at(new, *CARD_INPUT)["required"].append("planId"),
    f"POST {CARDS}: body/userId changed its type from ['string'] to ['integer']": lambda new: _at(
        new, *CARD_INPUT, "properties", "userId"
    ).update(type="integer"),
    f"POST {CARDS}: body/cardType lost the values ['GOLD']": lambda new: _at(
        new, "components", "schemas", "CardType", "enum"
    ).remove("GOLD"),
    f"POST {CARDS}: body/primaryHolder/name now has the maxLength 3": lambda new: _at(
        new, "components", "schemas", "PersonInput", "properties", "name"
    ).update(maxLength=3),
    f"POST {CARDS}: body now has the minProperties 7": lambda new: _at(new, *CARD_INPUT).update(minProperties=7),
    f"POST {CARDS}: body must now keep to more than the types of its fields": lambda new: _at(new, *CARD_INPUT).update(
        allOf=[{"required": ["planId"]}]
    ),
    f"POST {CARDS}: answer 201/position was removed": lambda new: _at(
        new, "components", "schemas", "CardAnswer", "properties"
    ).pop("position"),
    f"POST {CARDS}: answer 201/version may now be missing": lambda new: _at(
        new, "components", "schemas", "CardAnswer", "required"
    ).remove("version"),
    f"POST {CARDS}: no longer answers 201": lambda new: new["paths"][CARDS]["post"]["responses"].pop("201"),
}


def _parameter(document: Any, name: str) -> Any:
    return next(each for each in document["paths"][CARDS]["get"]["parameters"] if each["name"] == name)


def _drop_parameter(document: Any, name: str) -> None:
    document["paths"][CARDS]["get"]["parameters"].remove(_parameter(document, name))


@pytest.mark.parametrize("named", CHANGES)
def test_what_breaks_a_client_of_rest_is_refused_by_name(kept: Any, named: str) -> None:
    changed = copy.deepcopy(kept)
    CHANGES[named](changed)
    assert named in breaking_changes(kept, changed)


def test_what_only_adds_to_rest_breaks_nobody(kept: Any) -> None:
    grown = copy.deepcopy(kept)
    grown["paths"]["/api/v1/new"] = grown["paths"][CARDS]
    shape = _at(grown, *CARD_INPUT)
    shape["properties"]["colour"] = {"type": "string"}
    shape["required"].remove("expiryDate")
    grown["components"]["schemas"]["CardType"]["enum"].append("DIAMOND")
    grown["components"]["schemas"]["CardAnswer"]["properties"]["colour"] = {"type": "string"}
    assert not breaking_changes(kept, grown)


@pytest.mark.parametrize(
    ("pattern", "replacement", "named"),
    [
        (r"  medCard\(id: ID!\): MedCard\n", "", "medCard"),
        (r"(input CreateMedCardInput {(?:\n.*)*?)planId: ID\n", r"\1planId: ID!\n", "planId"),
        (r"\n  PLATINUM\b", "", "PLATINUM"),
    ],
)
def test_what_breaks_a_client_of_graphql_is_refused_by_name(pattern: str, replacement: str, named: str) -> None:
    text = (last_release() / SCHEMA).read_text(encoding="utf-8")
    changed = re.sub(pattern, replacement, text, count=1)
    assert changed != text
    assert any(named in change for change in graphql_changes(text, changed))
