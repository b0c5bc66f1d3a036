"""Between JSON and dataclasses: camelCase and snake_case, exact amounts, dates."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Shape = TypeVar("Shape")


def camel(name: str) -> str:
    """`total_amount` -> `totalAmount`; a trailing underscore only keeps a name apart from Python's words."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(each.capitalize() for each in rest)


def read(shape: type[Shape], value: Mapping[str, Any]) -> Shape:
    """The dataclass from its JSON. Members that it does not know are left out: the API only grows.

    Raises KeyError where one is missing that must be there.
    """
    told: dict[str, Any] = {}
    for name, wire_name, kind, needed in _plan(shape):
        if wire_name in value:
            told[name] = _read(kind, value[wire_name])
        elif needed:
            raise KeyError(f"{shape.__name__}.{wire_name}")
    return shape(**told)


def write(value: Any) -> Any:
    """JSON of a dataclass and what is in it, without the members that are None; amounts become strings."""
    if is_dataclass(value) and not isinstance(value, type):
        told = {camel(each.name): write(getattr(value, each.name)) for each in fields(value)}
        return {name: each for name, each in told.items() if each is not None}
    if isinstance(value, Mapping):
        return {name: write(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [write(each) for each in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        raise TypeError("a binary float is no amount: give a Decimal, a string or an int")
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


_Plan = tuple[tuple[str, str, Any, bool], ...]
_plans: dict[type, _Plan] = {}


def _plan(shape: type) -> _Plan:
    if shape not in _plans:
        assert is_dataclass(shape), shape
        kinds = get_type_hints(shape)
        _plans[shape] = tuple(
            (each.name, camel(each.name), kinds[each.name], each.default is MISSING and each.default_factory is MISSING)
            for each in fields(shape)
        )
    return _plans[shape]


def _read(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        options = [each for each in get_args(kind) if each is not type(None)]
        return None if value is None else _read(options[0], value)
    if origin is tuple:
        return tuple(_read(get_args(kind)[0], each) for each in value)
    if origin is dict:
        return {name: _read(get_args(kind)[1], each) for name, each in value.items()}
    if kind is Decimal:
        return Decimal(value)
    if kind is date:
        return date.fromisoformat(value)
    return read(kind, value) if isinstance(kind, type) and is_dataclass(kind) else value
