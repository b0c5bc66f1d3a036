"""What prescriptions take and answer.

Written by `ledger docs` from the OpenAPI document.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.client.api.shared_shapes import (
    Warning_,
)
from ledger.client.money import Amount


@dataclass(frozen=True, kw_only=True)
class ClaimAnswer:
    """An adjudicated claim. DUPLICATE and a repeated PENDING give the first claim's id and amounts."""

    claim_id: str
    med_card_id: str
    prescription_id: str
    status: str
    currency: str
    total: Decimal
    covered: Decimal
    copay: Decimal
    patient_pays: Decimal
    remaining_monthly_limit: Decimal
    month: str
    position: str
    version: int
    reject_codes: tuple[str, ...] = ()
    ncpdp_codes: tuple[str, ...] = ()
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ItemInput:
    """One line of a prescription."""

    drug_code: str
    drug_name: str
    quantity: int
    unit_price: Amount
    total_price: Amount
    gtin: str | None = None
    serial: str | None = None
    batch: str | None = None
    expiry: date | None = None


@dataclass(frozen=True, kw_only=True)
class ClaimPrescriptionInput:
    """A prescription to adjudicate; the service date that is not given is today in Cairo, and the pharmacy that
    is not given is the one that the token speaks for.
    """

    prescription_id: str
    pharmacy_id: str
    beneficiary_id: str
    total_amount: Amount
    items: tuple[ItemInput, ...] | None = None
    fill_number: int | None = None
    service_date: date | None = None
    copay_source: str | None = None


@dataclass(frozen=True, kw_only=True)
class EligibilityView:
    """What a claim would meet, in the words of a claim's answer. `remaining` is the least that any of the card's
    limits leaves, 0 where nothing is covered; another claim may take it first.
    """

    med_card_id: str
    beneficiary_id: str
    eligible: bool
    reject_codes: tuple[str, ...]
    ncpdp_codes: tuple[str, ...]
    card_type: str
    copayment_percentage: Decimal
    currency: str
    month: str
    remaining: Decimal
    expiry_date: date


@dataclass(frozen=True, kw_only=True)
class ReversalAnswer:
    """A claim taken back; `restored` is what the limit of the claim's month got back."""

    claim_id: str | None
    med_card_id: str
    status: str
    restored: Decimal
    month: str | None
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReversePrescriptionInput:
    """Which prescription's claim to take back, also one that has not come yet."""

    pharmacy_id: str
    prescription_id: str
    fill_number: int | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class SpendView:
    """One card in one month; reversed claims are taken off."""

    med_card_id: str
    month: str
    currency: str
    covered: Decimal
    total: Decimal
    claims: int
    monthly_limit: Decimal
    remaining: Decimal
