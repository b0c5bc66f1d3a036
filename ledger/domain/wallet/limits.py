"""What the regulator lets a wallet spend in a day and a month, and hold at the most, as dated configuration."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ledger.domain.money import EGP


class OwnerClass(StrEnum):
    """Whose wallet it is, in the regulator's classes."""

    INDIVIDUAL = "INDIVIDUAL"
    LICENSED_MICRO_ENTERPRISE = "LICENSED_MICRO_ENTERPRISE"
    UNLICENSED_MICRO_ENTERPRISE = "UNLICENSED_MICRO_ENTERPRISE"


@dataclass(frozen=True, slots=True)
class Regulation:
    """Limits in minor units; None where nothing is regulated."""

    daily_limit_minor: int | None = None
    monthly_limit_minor: int | None = None
    balance_cap_minor: int | None = None


Row = tuple[date, dict[tuple[OwnerClass, str], Regulation]]

# A change of law is a new row with its first day: it binds every wallet from that day on, and no earlier event.
# The first row also stands for all days before it.
ROWS: tuple[Row, ...] = (
    (
        # Circular of the Central Bank of Egypt. The cap of the balance it leaves to each bank: none until one is named.
        date(2023, 11, 15),
        {
            (OwnerClass.INDIVIDUAL, EGP): Regulation(60_000_00, 200_000_00),
            (OwnerClass.LICENSED_MICRO_ENTERPRISE, EGP): Regulation(80_000_00, 400_000_00),
            (OwnerClass.UNLICENSED_MICRO_ENTERPRISE, EGP): Regulation(60_000_00, 200_000_00),
        },
    ),
)
_UNREGULATED = Regulation()


def regulation_on(day: date, owner_class: OwnerClass, currency: str) -> Regulation:
    """What binds a wallet on a Cairo day. The circular speaks of EGP alone: other currencies are unregulated."""
    rows = next((rows for first_day, rows in reversed(ROWS) if first_day <= day), ROWS[0][1])
    return rows.get((owner_class, currency), _UNREGULATED)


def lower(limit_minor: int | None, other_minor: int | None) -> int | None:
    """The stricter of two limits, of which None is no limit."""
    if limit_minor is None or other_minor is None:
        return other_minor if limit_minor is None else limit_minor
    return min(limit_minor, other_minor)


def is_above(limit_minor: int | None, bound_minor: int | None) -> bool:
    """Whether a limit of one's own exceeds a bound; without either of them nothing is exceeded."""
    return limit_minor is not None and bound_minor is not None and limit_minor > bound_minor
