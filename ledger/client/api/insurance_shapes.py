"""What insurance take and answer.

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
class AppealInsuranceClaimInput:
    """Why the provider wants another decision."""

    reason: str
    documents: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class DecideInsuranceClaimInput:
    """What is approved: nothing is a rejection, all of it an approval in full."""

    approved_amount: Amount
    reason_codes: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class LineInput:
    """One service."""

    code: str
    description: str
    amount: Amount


@dataclass(frozen=True, kw_only=True)
class FileInsuranceClaimInput:
    """What a provider asks a plan to pay for; `documents` are references to papers that stand elsewhere."""

    provider_id: str
    beneficiary_id: str
    service_date: date
    amount: Amount
    diagnosis_codes: tuple[str, ...] | None = None
    lines: tuple[LineInput, ...] | None = None
    documents: tuple[str, ...] | None = None
    claim_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class InsuranceClaimAnswer:
    """An insurance claim after the command. `approved` is what its newest decision approved."""

    claim_id: str
    med_card_id: str
    status: str
    currency: str
    claimed: Decimal
    approved: Decimal
    paid: Decimal
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LineView:
    """One service of an insurance claim."""

    code: str
    description: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class InsuranceClaimView:
    """An insurance claim. What is health data is null once it was erased; so is an appeal's reason before an
    appeal.
    """

    id: str
    claim_id: str
    med_card_id: str
    provider_id: str
    plan_id: str
    beneficiary_id: str
    service_date: date
    currency: str
    status: str
    claimed: Decimal
    approved: Decimal
    paid: Decimal
    reason_codes: tuple[str, ...]
    payment_reference: str | None
    documents: tuple[str, ...]
    diagnosis_codes: tuple[str, ...] | None
    lines: tuple[LineView, ...] | None
    appeal_reason: str | None
    filed_at: str
    updated_at: str
    position: str


@dataclass(frozen=True, kw_only=True)
class InsuranceClaimPage:
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[InsuranceClaimView, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class PayInsuranceClaimInput:
    """What the plan has paid the provider; the reference names the payment."""

    amount: Amount
    reference: str
    reason_codes: tuple[str, ...] | None = None
