"""Types of single fields on the wire, with their bounds."""

import re
from datetime import MINYEAR, UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta

from ledger.domain.money import AMOUNT_MINOR_MAX, DECIMALS, DECIMALS_MAX, EGP, minor_of, text_of

_NUMBER = re.compile(r"-?\d{1,24}(\.\d{1,24})?([eE][+-]?\d{1,3})?", re.ASCII)
_USUAL = re.compile(r"\d{1,12}\.\d\d", re.ASCII)
# `$` alone would let a final line feed through; the look-ahead means the same in Python and in ECMAScript.
_END = r"$(?!\n)"
_NOT_NOTHING = "(?=.*[1-9])"
_DIGITS_MAX = 28
"""Decimal's own precision: a longer number would be rounded before it is judged."""
_BASIS_POINTS_MAX = 1_000_000


class NumberText:
    """A JSON number with a fraction or an exponent, as its source text: it never becomes a binary float."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Amount:
    """An amount of EGP in minor units, read exactly from a JSON number or string."""

    __slots__ = ("minor",)

    def __init__(self, minor: int) -> None:
        self.minor = minor


class PositiveAmount(Amount):
    """An amount above zero."""

    __slots__ = ()


class ZeroOrMore(Amount):
    """An amount of zero or more."""

    __slots__ = ()


class CurrencyAmount:
    """An amount of a currency that is not known yet: how many decimals it may have is said later."""

    __slots__ = ("value",)

    def __init__(self, value: Decimal) -> None:
        self.value = value


class Percentage:
    """A percentage in basis points, 20.0 -> 2000; its range is the domain's business."""

    __slots__ = ("basis_points",)

    def __init__(self, basis_points: int) -> None:
        self.basis_points = basis_points


NUMERIC = (Amount, PositiveAmount, ZeroOrMore, CurrencyAmount, Percentage)
"""Types whose errors are `invalid_amount`."""


def from_wire(kind: type, value: Any) -> Any:
    """msgspec's hook for the types above. Raises ValueError, whose text the client sees."""
    if kind is CurrencyAmount:
        return CurrencyAmount(_value_of(value))
    minor = _minor_of(value)
    if kind is Percentage:
        if minor is None or abs(minor) > _BASIS_POINTS_MAX:
            raise ValueError("Expected a percentage with at most 2 decimals")
        return Percentage(minor)
    if minor is None:
        raise ValueError(f"Expected an amount with at most 2 decimals, up to {text_of(AMOUNT_MINOR_MAX)}")
    if kind is PositiveAmount and minor <= 0:
        raise ValueError("Expected an amount above zero")
    if kind is ZeroOrMore and minor < 0:
        raise ValueError("Expected an amount of zero or more")
    return kind(minor)


def _minor_of(value: Any) -> int | None:
    if type(value) is int:
        return minor_of(Decimal(value))
    text = value.text if type(value) is NumberText else value
    if type(text) is str and _USUAL.fullmatch(text) is not None:
        return int(text.replace(".", ""))  # `350.00`, as nearly all come: a third of the way through Decimal
    if type(text) is not str or len(text) > _DIGITS_MAX or _NUMBER.fullmatch(text) is None:
        raise ValueError("Expected a decimal number")
    return minor_of(Decimal(text))


def _value_of(value: Any) -> Decimal:
    """The number itself, the same for all its spellings."""
    text = value.text if type(value) is NumberText else str(value) if type(value) is int else value
    if type(text) is not str or len(text) > _DIGITS_MAX or _NUMBER.fullmatch(text) is None:
        raise ValueError("Expected a decimal number")
    number = Decimal(text).normalize()
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "a finite number has an exponent"
    if exponent < -DECIMALS_MAX or abs(number) > AMOUNT_MINOR_MAX:
        raise ValueError(f"Expected an amount with the decimals of its currency, up to {AMOUNT_MINOR_MAX}")
    return number


def json_schema_of(kind: type) -> dict[str, Any]:
    """The JSON schema of the types above. A pattern speaks of strings alone, and bounds of numbers alone.

    All but a `ZeroOrMore` and a percentage are above zero: where decoding lets another pass, the domain refuses it.
    """
    if kind is CurrencyAmount:
        return amount_schema(DECIMALS_MAX, AMOUNT_MINOR_MAX)
    if kind is Percentage:
        text = rf"^([0-9]{{1,2}}(\.[0-9]{{1,2}})?|100(\.0{{1,2}})?){_END}"
        return {"type": ["number", "string"], "multipleOf": 0.01, "minimum": 0, "maximum": 100, "pattern": text}
    schema = amount_schema(DECIMALS[EGP])
    if kind is ZeroOrMore:
        del schema["exclusiveMinimum"]
        schema["minimum"] = 0
        schema["pattern"] = schema["pattern"].replace(_NOT_NOTHING, "")
    return schema


def amount_schema(decimals: int, most: int | None = None) -> dict[str, Any]:
    """Of an amount above zero in a currency of so many decimals. `most`: where it is not that of the decimals."""
    highest = (AMOUNT_MINOR_MAX + 1) // 10**decimals - 1 if most is None else most
    fraction = rf"(\.[0-9]{{1,{decimals}}})?" if decimals else ""
    return {
        "type": ["number", "string"],
        "exclusiveMinimum": 0,
        "maximum": highest,
        "multipleOf": round(10.0**-decimals, decimals) if decimals else 1,
        "pattern": rf"^{_NOT_NOTHING}[0-9]{{1,{len(str(highest)) - bool(most)}}}{fraction}{_END}",
    }


NewId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}" + _END, description="An id of the client's choice.")]
"""The id of an aggregate."""

Id = Annotated[str, Meta(pattern=r"^[!-~]{1,64}" + _END, description="1 to 64 printable ASCII characters.")]
"""An id that another system gave: a user, a pharmacy, a prescription."""

CurrencyCode = Annotated[str, Meta(pattern=r"^[A-Z]{3}" + _END, description="A currency, by its code of ISO 4217.")]
WITHOUT_NUL = {"pattern": r"^[^\u0000]*$"}
"""Said of every text; `decode` looks for it in the whole body at once."""

Reference = Annotated[str, Meta(max_length=128, extra_json_schema=WITHOUT_NUL)]
Name = Annotated[str, Meta(min_length=1, max_length=200, extra_json_schema=WITHOUT_NUL)]
Code = Annotated[str, Meta(min_length=1, max_length=64, extra_json_schema=WITHOUT_NUL)]
Reason = Annotated[str, Meta(max_length=500, extra_json_schema=WITHOUT_NUL)]
NationalId = Annotated[str, Meta(pattern=r"^[0-9]{14}" + _END)]
Phone = Annotated[str, Meta(pattern=r"^\+?[0-9]{6,15}" + _END)]
Gtin = Annotated[str, Meta(pattern=r"^[0-9]{8,14}" + _END)]
FillNumber = Annotated[int, Meta(ge=0, le=999)]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]


def utc_of(moment: datetime) -> datetime:
    """The same moment for all its spellings; one that no calendar of UTC has is the calendar's first or last."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        return first if moment.year == MINYEAR else last


_ID = re.compile(r"[!-~]{1,64}")
_AGGREGATE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def is_aggregate_id(text: str) -> bool:
    """Whether an aggregate, or a claim, could have this id."""
    return _AGGREGATE_ID.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Whether another system could have given this id."""
    return _ID.fullmatch(text) is not None
