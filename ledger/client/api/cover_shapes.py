"""What cover take and answer.

Written by `ledger docs` from the OpenAPI document.
"""

from dataclasses import dataclass
from decimal import Decimal

from ledger.client.api.shared_shapes import (
    PersonInput,
    PersonView,
    Warning_,
)
from ledger.client.money import Amount


@dataclass(frozen=True, kw_only=True)
class AddBeneficiaryInput:
    """One more person; without a monthly limit of its own the person shares the card's."""

    beneficiary_id: str
    relation: str
    person: PersonInput
    monthly_limit: Amount | None = None


@dataclass(frozen=True, kw_only=True)
class BeneficiaryView:
    """A person whom a card covers; `person` is null once it was erased."""

    med_card_id: str
    beneficiary_id: str
    relation: str
    person: PersonView | None
    monthly_limit: Decimal | None
    since: str


@dataclass(frozen=True, kw_only=True)
class Beneficiaries:
    """All beneficiaries of a card, the longest covered first."""

    items: tuple[BeneficiaryView, ...]


@dataclass(frozen=True, kw_only=True)
class BeneficiaryAnswer:
    """Who was added, changed or removed."""

    med_card_id: str
    beneficiary_id: str
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChangeCopaymentInput:
    """The patient's share in percent."""

    copayment_percentage: Amount
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeLimitInput:
    """The monthly limit that is wanted; above the tier's default it waits for a second pair of eyes."""

    monthly_limit: Amount
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeTierInput:
    """The new tier; what the card has of its own outlives it."""

    card_type: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class LimitAnswer:
    """What became of a wish for another monthly limit. `monthly_limit` is the one in force now; a request waits
    under its `request_id`.
    """

    med_card_id: str
    status: str
    monthly_limit: Decimal
    request_id: str | None
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UpdateBeneficiaryInput:
    """What is not given stays; `withoutMonthlyLimit` takes the person's own limit away."""

    relation: str | None = None
    person: PersonInput | None = None
    monthly_limit: Amount | None = None
    without_monthly_limit: bool | None = None
