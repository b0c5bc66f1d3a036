"""The Egyptian national ID: 14 digits are required; its structure and its disputed check digit only warn."""

from datetime import date

_CENTURIES = {"2": 1900, "3": 2000}
_WEIGHTS = (2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_GOVERNORATES = frozenset("01 02 03 04 11 12 13 14 15 16 17 18 19 21 22 23 24 25 26 27 28 29 31 32 33 34 35 88".split())


def warnings_of(national_id: str) -> tuple[str, ...]:
    """Codes of what looks wrong with 14 digits: `national_id_structure`, or else `national_id_check_digit`."""
    if not _well_structured(national_id):
        return ("national_id_structure",)
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, national_id, strict=False))
    return () if (11 - total % 11) % 10 == int(national_id[13]) else ("national_id_check_digit",)


def _well_structured(national_id: str) -> bool:
    century = _CENTURIES.get(national_id[0])
    if century is None or national_id[7:9] not in _GOVERNORATES:
        return False
    try:
        date(century + int(national_id[1:3]), int(national_id[3:5]), int(national_id[5:7]))
    except ValueError:
        return False
    return True
