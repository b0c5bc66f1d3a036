"""Tiers of MedCards: the limits and copayments that hold by default, as dated configuration."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class CardType(StrEnum):
    """A card's tier, lowest first."""

    BRONZE = "BRONZE"
    SILVER = "SILVER"
    GOLD = "GOLD"
    PLATINUM = "PLATINUM"


@dataclass(frozen=True, slots=True)
class TierTerms:
    monthly_limit_minor: int
    copayment_basis_points: int


# A change of terms is a new row with its first day; cards keep the terms that their own events recorded.
_TERMS: tuple[tuple[date, dict[CardType, TierTerms]], ...] = (
    (
        date(2020, 1, 1),
        {
            CardType.BRONZE: TierTerms(1_000_00, 40_00),
            CardType.SILVER: TierTerms(2_500_00, 30_00),
            CardType.GOLD: TierTerms(5_000_00, 20_00),
            CardType.PLATINUM: TierTerms(10_000_00, 10_00),
        },
    ),
)


def terms_on(day: date, card_type: CardType) -> TierTerms:
    """The default terms of a tier on a Cairo day."""
    return next(terms for first_day, terms in reversed(_TERMS) if first_day <= day)[card_type]
