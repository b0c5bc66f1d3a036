"""The Egyptian national ID: what looks wrong with 14 digits is a warning."""

import pytest

from ledger.domain.national_id import _GOVERNORATES, warnings_of

STRUCTURE, CHECK_DIGIT = ("national_id_structure",), ("national_id_check_digit",)


@pytest.mark.parametrize(
    "national_id",
    [
        "29001011234564",  # 1 January 1990; the sum leaves 7, and 11 - 7 is 4
        "30501011234562",
        "28802290134565",  # 29 February of a leap year
        "29602290134560",
        "39912318834560",  # born abroad; what is left is 1, and 11 - 1 is written 0
        "29001011234009",
    ],
)
def test_a_sound_number_has_no_warnings(national_id: str) -> None:
    assert warnings_of(national_id) == ()


@pytest.mark.parametrize("last", [digit for digit in "0123456789" if digit != "4"])
def test_another_check_digit_is_warned_of(last: str) -> None:
    assert warnings_of("2900101123456" + last) == CHECK_DIGIT


@pytest.mark.parametrize(("position", "weight"), [*enumerate((2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2))])
def test_each_digit_has_its_weight_in_the_check_digit(position: int, weight: int) -> None:
    """One more of a digit is its weight more in the sum, which is 150 here: 7 above a multiple of eleven."""
    digits = [int(digit) for digit in "2900101123456"]
    digits[position] += 1 if digits[position] < 9 else -1
    rest = (7 + weight * (digits[position] - int("2900101123456"[position]))) % 11
    number = "".join(map(str, digits)) + str((11 - rest) % 10)
    assert warnings_of(number) == ()


@pytest.mark.parametrize(
    "national_id",
    [
        "19001011234564",  # no such century
        "49001011234564",
        "29013011234564",  # month 13
        "29000011234564",
        "29001321234564",  # day 32
        "29002291234564",  # 29 February of no leap year
        "29001010034564",  # no such governorate
        "29001018934564",
        "29001010534564",
    ],
)
def test_what_cannot_be_is_warned_of_and_the_check_digit_is_not_looked_at(national_id: str) -> None:
    assert warnings_of(national_id) == STRUCTURE


def test_every_governorate_is_known() -> None:
    assert len(_GOVERNORATES) == 28
    for governorate in _GOVERNORATES:
        assert warnings_of(f"2900101{governorate}34564") != STRUCTURE


def test_the_century_counts_in_the_date() -> None:
    """1900 was no leap year, 2000 was."""
    assert warnings_of("20002291234564") == STRUCTURE
    assert warnings_of("30002291234564") != STRUCTURE
