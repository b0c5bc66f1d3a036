"""Scalars. Numbers keep their source text from the query to the command's body: none passes through a binary float."""

from typing import Any

import msgspec
from ariadne import ScalarType
from graphql import FloatValueNode, IntValueNode, StringValueNode, ValueNode, value_from_ast_untyped

from ledger.api.wire import NumberText

decimal_scalar = ScalarType("Decimal")


@decimal_scalar.serializer
def decimal_text(value: Any) -> str:
    """`350.00`, also where it stands in an answer as raw JSON."""
    return bytes(value).decode() if isinstance(value, msgspec.Raw) else str(value)


@decimal_scalar.literal_parser
def decimal_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    """The source text; what is no number is handed on, for the command's own check to name."""
    if isinstance(node, FloatValueNode | IntValueNode | StringValueNode):
        return node.value
    return value_from_ast_untyped(node, variables)


@decimal_scalar.value_parser
def decimal_value(value: Any) -> Any:
    """As above, from a variable."""
    if isinstance(value, NumberText):
        return value.text
    return str(value) if type(value) is int else value
