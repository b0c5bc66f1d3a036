"""What cards take and answer.

Written by `ledger docs` from the OpenAPI document.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ledger.client.api.shared_shapes import (
    PersonInput,
    PersonView,
)
from ledger.client.money import Amount


@dataclass(frozen=True, kw_only=True)
class CoveredPerson:
    """Whom a card covered; `person` is null once it was erased."""

    beneficiary_id: str
    relation: str
    person: PersonView | None
    monthly_limit: Decimal | None


@dataclass(frozen=True, kw_only=True)
class LimitRequestView:
    """A change of the monthly limit that waits for a second pair of eyes, which are not its requester's."""

    request_id: str
    monthly_limit: Decimal
    requested_by: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CardAtView:
    """A card as its events made it up to a moment. `coveredByMonth`: what its plan had covered, by month;
    `limitRequests`: the changes of its limit that waited for an answer.
    """

    med_card_id: str
    at: str
    status: str
    user_id: str
    plan_id: str
    card_type: str
    currency: str
    monthly_limit: Decimal
    annual_limit: Decimal | None
    copayment_percentage: Decimal
    expiry_date: date
    beneficiaries: tuple[CoveredPerson, ...]
    covered_by_month: dict[str, Decimal]
    limit_requests: tuple[LimitRequestView, ...]
    claims: int
    version: int


@dataclass(frozen=True, kw_only=True)
class CardView:
    """A card. `expired`: its expiry date has passed; `holder` is null once it was erased. Every object shows its
    own id as `id` too, so that generic clients can keep it.
    """

    id: str
    med_card_id: str
    user_id: str
    plan_id: str
    card_type: str
    status: str
    expired: bool
    currency: str
    monthly_limit: Decimal
    annual_limit: Decimal | None
    copayment_percentage: Decimal
    expiry_date: date
    holder: PersonView | None
    created_at: str
    updated_at: str
    version: int


@dataclass(frozen=True, kw_only=True)
class CardPage:
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[CardView, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class CreateMedCardInput:
    """A new card; limits and copayment that are not given are those of its tier."""

    user_id: str
    card_type: str
    primary_holder: PersonInput
    expiry_date: date
    id: str | None = None
    plan_id: str | None = None
    monthly_limit: Amount | None = None
    annual_limit: Amount | None = None
    copayment_percentage: Amount | None = None


@dataclass(frozen=True, kw_only=True)
class EventView:
    """An event as it stands in the log; personal fields are opened, or null once they were erased."""

    position: str
    version: int
    type: str
    schema_version: int
    occurred_at: str
    recorded_at: str | None
    epoch: int
    digest: str
    data: dict[str, Any]
    metadata: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class EventPage:
    """Oldest first. `next`: the version to go on after, null at the end."""

    items: tuple[EventView, ...]
    next: int | None


@dataclass(frozen=True, kw_only=True)
class RenewMedCardInput:
    """The new last day of cover."""

    expiry_date: date


@dataclass(frozen=True, kw_only=True)
class UpdateMedCardInput:
    """The primary holder's contact; what is not given stays."""

    phone_number: str | None = None
    name: str | None = None
