"""The JSON Schema of the protocol, made from the structs that messages are decoded into."""

from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from ledger.api.queries.command_status import CommandStatusView
from ledger.api.queries.eligibility import EligibilityView
from ledger.api.queries.inputs import EligibilityInput
from ledger.api.terminal.messages import (
    SUBPROTOCOL,
    ClaimPrescription,
    CloseOfflineBatch,
    CommandStatus,
    Eligibility,
    OpenOfflineBatch,
    Pong,
    Result,
    ReverseClaim,
    Said,
    Told,
    Trouble,
)
from ledger.api.terminal.orders import CLAIM, CLOSE_BATCH, OPEN_BATCH, REVERSAL, CommandStatusBody, ReverseClaimInput
from ledger.api.wire import json_schema_of

_REF = "#/$defs/{name}"

_BODIES: Mapping[type, tuple[type[msgspec.Struct], ...]] = {
    ClaimPrescription: (CLAIM.shape.input,),
    ReverseClaim: (ReverseClaimInput, REVERSAL.shape.input),
    Eligibility: (EligibilityInput,),
    CommandStatus: (CommandStatusBody,),
    OpenOfflineBatch: (OPEN_BATCH.shape.input,),
    CloseOfflineBatch: (CLOSE_BATCH.shape.input,),
    Result: (CLAIM.answer, REVERSAL.answer, OPEN_BATCH.answer, EligibilityView, CommandStatusView, Pong, Trouble),
}
"""What stands in the body of a message."""


def terminal_schema() -> dict[str, Any]:
    """`Frame` is what either side may send; `Said` is one message of a terminal, `Told` one of the server."""
    said, told = get_args(Said), get_args(Told)
    bodies = {body for each in _BODIES.values() for body in each}
    kinds = sorted({*said, *told, *bodies}, key=lambda kind: kind.__name__)
    _, definitions = msgspec.json.schema_components(kinds, schema_hook=json_schema_of, ref_template=_REF)
    for message, shapes in _BODIES.items():
        refs = [_ref(shape) for shape in shapes]
        body = refs[0] if len(refs) == 1 else {"anyOf": refs}
        definitions[message.__name__]["properties"]["body"] = body
    definitions["Said"] = {"oneOf": [_ref(each) for each in said]}
    definitions["Told"] = {"oneOf": [_ref(each) for each in told]}
    one = {"anyOf": [{"$ref": "#/$defs/Said"}, {"$ref": "#/$defs/Told"}]}
    definitions["Frame"] = {"anyOf": [*one["anyOf"], {"type": "array", "items": one, "minItems": 1}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SUBPROTOCOL,
        "description": "The text frames of the websocket /ws/terminal.",
        "$ref": "#/$defs/Frame",
        "$defs": dict(sorted(definitions.items())),
    }


def _ref(kind: type) -> dict[str, str]:
    return {"$ref": _REF.format(name=kind.__name__)}
