"""The bodies of a MedCard's commands."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from ledger.api.inputs import Input
from ledger.api.wire import (
    Amount,
    Code,
    FillNumber,
    Gtin,
    Id,
    Name,
    NationalId,
    NewId,
    Percentage,
    Phone,
    PositiveAmount,
    Quantity,
    Reason,
)
from ledger.domain.tiers import CardType

ITEMS_MAX = 200


class PersonInput(Input, frozen=True, kw_only=True):
    """Who a card belongs to."""

    national_id: NationalId
    name: Name
    date_of_birth: date
    phone_number: Phone


class CreateMedCardInput(Input, frozen=True, kw_only=True):
    """A new card; limits and copayment that are not given are those of its tier."""

    user_id: Id
    card_type: CardType
    primary_holder: PersonInput
    expiry_date: date
    id: NewId | None = None
    plan_id: Id = "default"
    monthly_limit: Amount | None = None
    annual_limit: Amount | None = None
    copayment_percentage: Percentage | None = None


class CopaySource(StrEnum):
    CASH = "CASH"
    WALLET = "WALLET"


class ItemInput(Input, frozen=True, kw_only=True):
    """One line of a prescription."""

    drug_code: Code
    drug_name: Name
    quantity: Quantity
    unit_price: PositiveAmount
    total_price: PositiveAmount
    gtin: Gtin | None = None
    serial: Code | None = None
    batch: Code | None = None
    expiry: date | None = None


class ClaimPrescriptionInput(Input, frozen=True, kw_only=True):
    """A prescription to adjudicate; the service date that is not given is today in Cairo, and the pharmacy that is not
    given is the one that the token speaks for."""

    prescription_id: Id
    pharmacy_id: Id | None = None
    beneficiary_id: Id
    total_amount: PositiveAmount
    items: Annotated[tuple[ItemInput, ...], Meta(max_length=ITEMS_MAX)] = ()
    fill_number: FillNumber = 0
    service_date: date | None = None
    copay_source: CopaySource = CopaySource.CASH


class ClaimOfflineInput(ClaimPrescriptionInput, frozen=True, kw_only=True):
    """A claim that a terminal took while it was offline: when, and the number that it gave it."""

    captured_at: Annotated[datetime, Meta(tz=True)]
    sequence: Annotated[int, Meta(ge=1, le=2**53)]


class ReversePrescriptionInput(Input, frozen=True, kw_only=True):
    """Which prescription's claim to take back, also one that has not come yet."""

    pharmacy_id: Id | None = None
    prescription_id: Id
    fill_number: FillNumber = 0
    reason: Reason = ""
