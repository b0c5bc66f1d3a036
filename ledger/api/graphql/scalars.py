"""Scalars. Numbers keep their source text from the query to the command's body: none passes through a binary float."""

from typing import Any

import msgspec
from ariadne import ScalarType
from graphql import FloatValueNode, IntValueNode, StringValueNode, ValueNode

from ledger.api.wire import NumberText

decimal_scalar = ScalarType("Decimal")
date_scalar, date_time_scalar = ScalarType("Date"), ScalarType("DateTime")
_NOTHING_FIT = "no fit value"
"""Stands for a list, an object or a boolean: the command's own check then names the place, however deep the value."""


@decimal_scalar.serializer
def decimal_text(value: Any) -> str:
    """`350.00`, also where it stands in an answer as raw JSON."""
    return bytes(value).decode() if isinstance(value, msgspec.Raw) else str(value)


@date_time_scalar.literal_parser
@date_scalar.literal_parser
@decimal_scalar.literal_parser
def source_text(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    """Of a literal; whether it is a fit number, or a day, is for the command's own check to say."""
    del variables
    if isinstance(node, FloatValueNode | IntValueNode | StringValueNode):
        return node.value
    return _NOTHING_FIT


@decimal_scalar.value_parser
def decimal_value(value: Any) -> Any:
    """As above, from a variable."""
    if isinstance(value, NumberText):
        return value.text
    if type(value) in (int, str):
        return str(value)
    return _NOTHING_FIT
