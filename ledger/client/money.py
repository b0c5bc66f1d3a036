"""Amounts of money: exact decimal numbers, never binary floats."""

from decimal import Decimal, InvalidOperation

Amount = Decimal | str | int
"""What a caller may give: `Decimal("350.00")`, `"350.00"` or `350`."""


def amount_of(given: Amount) -> Decimal:
    """Raises TypeError for a float, whose cents are not what was meant, and ValueError for what is no finite number."""
    if isinstance(given, bool) or not isinstance(given, Decimal | str | int):
        raise TypeError(f"an amount is a Decimal, a string or an int, not {type(given).__name__}")
    try:
        amount = Decimal(given)
    except InvalidOperation:
        raise ValueError(f"not an amount: {given!r}") from None
    if not amount.is_finite():
        raise ValueError(f"not an amount: {given!r}")
    return amount


def amount_text(given: Amount) -> str:
    """As it goes over the wire: all its digits, no exponent."""
    return format(amount_of(given), "f")
