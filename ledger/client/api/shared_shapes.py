"""What several of them take and answer.

Written by `ledger docs` from the OpenAPI document.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Warning_:
    """Something that looks wrong and was accepted."""

    code: str
    path: str


@dataclass(frozen=True, kw_only=True)
class CardAnswer:
    """The card after the command."""

    med_card_id: str
    status: str
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ItemView:
    """One line of a prescription."""

    drug_code: str
    drug_name: str
    quantity: int
    unit_price: Decimal
    total_price: Decimal
    gtin: str | None = None
    serial: str | None = None
    batch: str | None = None
    expiry: date | None = None


@dataclass(frozen=True, kw_only=True)
class ClaimView:
    """A claim; `items` is null once it was erased, and for a voided claim, which keeps none."""

    id: str
    claim_id: str
    med_card_id: str
    prescription_id: str
    fill_number: int
    pharmacy_id: str
    terminal_id: str | None
    beneficiary_id: str
    service_date: date
    month: str
    currency: str
    status: str
    total: Decimal
    covered: Decimal
    copay: Decimal
    patient_pays: Decimal
    reject_codes: tuple[str, ...]
    items: tuple[ItemView, ...] | None
    claimed_at: str
    reversed_at: str | None
    position: str


@dataclass(frozen=True, kw_only=True)
class ClaimPage:
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[ClaimView, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class NoInput:
    """No fields."""


@dataclass(frozen=True, kw_only=True)
class PersonInput:
    """Who a card belongs to."""

    national_id: str
    name: str
    date_of_birth: date
    phone_number: str


@dataclass(frozen=True, kw_only=True)
class PersonView:
    """Personal data; null as a whole once it was erased."""

    national_id: str
    name: str
    date_of_birth: date
    phone_number: str


@dataclass(frozen=True, kw_only=True)
class ReasonInput:
    """Why it is done."""

    reason: str | None = None
