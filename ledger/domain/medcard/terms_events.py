"""Events of a MedCard's terms: its limit, copayment and tier. Class and field names are the stored format."""

from dataclasses import dataclass

from ledger.domain.kinds import Event
from ledger.domain.tiers import CardType


@dataclass(frozen=True, slots=True)
class MonthlyLimitChanged(Event):
    """In force from here on; the card's own value from now on. `request_id`: whose approval it is, if it needed one."""

    monthly_limit_minor: int
    reason: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class MonthlyLimitChangeRequested(Event):
    """Above the tier's default: waits for another pair of eyes than those of `requested_by`, a principal."""

    request_id: str
    monthly_limit_minor: int
    requested_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class MonthlyLimitChangeRejected(Event):
    request_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CopaymentChanged(Event):
    """In force from here on; the card's own value from now on."""

    copayment_basis_points: int
    reason: str


@dataclass(frozen=True, slots=True)
class TierUpgraded(Event):
    """The limit and copayment are those in force after it: the card's own, or the new tier's on that day."""

    card_type: CardType
    previous_card_type: CardType
    monthly_limit_minor: int
    copayment_basis_points: int
    reason: str


@dataclass(frozen=True, slots=True)
class TierDowngraded(Event):
    """As `TierUpgraded`, to a lower tier."""

    card_type: CardType
    previous_card_type: CardType
    monthly_limit_minor: int
    copayment_basis_points: int
    reason: str


EVENTS: tuple[type[Event], ...] = (
    MonthlyLimitChanged,
    MonthlyLimitChangeRequested,
    MonthlyLimitChangeRejected,
    CopaymentChanged,
    TierUpgraded,
    TierDowngraded,
)
