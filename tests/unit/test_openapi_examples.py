"""The bodies that the OpenAPI document shows are bodies that the doors take."""

import json

from ledger.api.commands import COMMANDS
from ledger.api.decoding import decode
from ledger.api.rest.batch import BatchInput
from ledger.api.rest.openapi import openapi_document
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
    shapes = {"batch": BatchInput, **{name: row.shape.input for name, row in COMMANDS.items()}}
    for name, example in examples.items():
        found = decode(shapes[name], json.dumps(example).encode())
        assert not isinstance(found, Malformed), (name, found)
