"""The bodies that the OpenAPI document shows are bodies that the doors take."""

import json

from ledger.api.commands import COMMANDS
from ledger.api.decoding import decode
from ledger.api.rest.batch import BatchInput
from ledger.api.rest.links import operation_id
from ledger.api.rest.openapi import openapi_document
from ledger.api.rest.table import COMMAND_ROUTES
from ledger.runtime.family import Malformed


def test_every_example_is_taken() -> None:
    operations = [
        each for path in openapi_document()["paths"].values() for each in path.values() if "operationId" in each
    ]
    contents = {each["operationId"]: each.get("requestBody", {}).get("content", {}) for each in operations}
    examples = {
        name: shown["example"] for name, each in contents.items() for shown in each.values() if "example" in shown
    }
    assert {"createMedCard", "claimPrescription", "createWallet", "creditWallet", "placeHold"} <= set(examples)
    of_routes = {operation_id(each): COMMANDS[each.command].shape_for(dict(each.args)).input for each in COMMAND_ROUTES}
    shapes = {"batch": BatchInput, **of_routes}
    for name, example in examples.items():
        found = decode(shapes[name], json.dumps(example).encode())
        assert not isinstance(found, Malformed), (name, found)
