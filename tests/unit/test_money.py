"""Money from its text and back, without a float in between."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.money import _BY_DECIMALS, AMOUNT_MINOR_MAX, DECIMALS, minor_of, share_half_up, text_of


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("350.00", 350_00),
        ("350", 350_00),
        ("1.1", 1_10),
        ("-0.01", -1),
        ("5e3", 5_000_00),
        ("1.50000", 1_50),
        ("0", 0),
        ("0e-999999", 0),
        ("5000.005", None),
        ("0.30000000000000004", None),
        ("5000." + "0" * 42 + "1", None),
        ("1e-999999", None),
        ("1e400", None),
        ("NaN", None),
        ("Infinity", None),
        ("999999999999.99", AMOUNT_MINOR_MAX),
        ("1000000000000.00", None),
    ],
)
def test_an_amount_is_read_exactly_or_not_at_all(text: str, minor: int | None) -> None:
    assert minor_of(Decimal(text)) == minor


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (0, "0.00"),
        (1, "0.01"),
        (-1, "-0.01"),
        (99, "0.99"),
        (-1_00, "-1.00"),
        (350_00, "350.00"),
        (12_345_67, "12345.67"),
    ],
)
def test_an_amount_is_written_with_all_its_decimals(minor: int, text: str) -> None:
    assert text_of(minor) == text


@given(st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX))
def test_every_amount_survives_its_text(minor: int) -> None:
    assert minor_of(Decimal(text_of(minor))) == minor


@pytest.mark.parametrize(("total", "share"), [(1, 1), (2, 1), (3, 2), (0, 0)])
def test_half_a_piastre_is_rounded_up(total: int, share: int) -> None:
    assert share_half_up(total, 50_00) == share


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("JPY", "350", 350),
        ("KWD", "-0.005", -5),
        ("KWD", "1.250", 1_250),
        ("CLF", "1.0001", 1_0001),
        ("USD", "0.30", 30),
    ],
)
def test_each_currency_has_its_own_decimals(currency: str, text: str, minor: int) -> None:
    assert minor_of(Decimal(text), currency) == minor
    assert Decimal(text_of(minor, currency)) == Decimal(text)
    assert len(text_of(minor, currency).partition(".")[2]) == DECIMALS[currency]


@pytest.mark.parametrize(("currency", "text"), [("JPY", "0.5"), ("KWD", "0.0001"), ("USD", "0.001")])
def test_no_currency_has_smaller_coins_than_its_smallest(currency: str, text: str) -> None:
    assert minor_of(Decimal(text), currency) is None


def test_currencies_are_three_letters_each_named_once() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in DECIMALS)
    assert len(DECIMALS) == sum(len(codes.split()) for codes in _BY_DECIMALS.values())
