"""Whom a card may cover: relations, and how many persons, as dated configuration."""

from datetime import date
from enum import StrEnum

PRIMARY = "PRIMARY"
"""The relation of the primary holder, which no command gives or takes."""


class Relation(StrEnum):
    """What a beneficiary is to the primary holder."""

    SPOUSE = "SPOUSE"
    CHILD = "CHILD"
    PARENT = "PARENT"
    SIBLING = "SIBLING"
    OTHER = "OTHER"


# A change is a new row with its first day. The primary holder counts.
_BENEFICIARIES_MAX: tuple[tuple[date, int], ...] = ((date(2020, 1, 1), 10),)


def beneficiaries_max_on(day: date) -> int:
    """How many persons a card may cover on a Cairo day, its primary holder among them.

    A card that covers more already keeps them.
    """
    return next(count for first_day, count in reversed(_BENEFICIARIES_MAX) if first_day <= day)
