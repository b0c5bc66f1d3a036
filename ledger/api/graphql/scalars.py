"""Scalars. Numbers keep their source text from the query to the command's body: none passes through a binary float."""

from typing import Any

import msgspec
from ariadne import ScalarType
from graphql import FloatValueNode, IntValueNode, StringValueNode, ValueNode

from ledger.api.wire import NumberText

decimal_scalar = ScalarType("Decimal")
_NO_DECIMAL = "no number"
"""Stands for a list, an object or a boolean: the command's own check then names the amount, however deep the value."""


@decimal_scalar.serializer
def decimal_text(value: Any) -> str:
    """`350.00`, also where it stands in an answer as raw JSON."""
    return bytes(value).decode() if isinstance(value, msgspec.Raw) else str(value)


@decimal_scalar.literal_parser
def decimal_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    """The source text; whether it is a fit number is for the command's own check to say."""
    del variables
    if isinstance(node, FloatValueNode | IntValueNode | StringValueNode):
        return node.value
    return _NO_DECIMAL


@decimal_scalar.value_parser
def decimal_value(value: Any) -> Any:
    """As above, from a variable."""
    if isinstance(value, NumberText):
        return value.text
    if type(value) in (int, str):
        return str(value)
    return _NO_DECIMAL
