"""What queries can be asked with. Both doors decode into these, so that their errors are the same."""

from datetime import date as Day
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from ledger.api.inputs import Input
from ledger.api.wire import WITHOUT_NUL, Id, Name
from ledger.domain.medcard.card import InsuranceStatus
from ledger.domain.medcard.state import Status
from ledger.domain.pharmacy.state import Status as ContractStatus

LIMIT_MAX = 100
Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX)]
Cursor = Annotated[str, Meta(max_length=1_024, pattern=r"^[A-Za-z0-9_-]*$(?!\n)", description="As `next` had it.")]
Month = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$(?!\n)", description="As in 2026-11.")]


class PrescriptionStatus(StrEnum):
    PAID = "PAID"
    PENDING = "PENDING"
    REJECTED = "REJECTED"
    VOIDED = "VOIDED"
    REVERSED = "REVERSED"


class ListInput(Input, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a list; the cursor of `next` carries the filters."""

    limit: Limit = 50
    cursor: Cursor | None = None


class CardsInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which cards."""

    user_id: Id | None = None
    plan_id: Id | None = None
    status: Status | None = None


class ClaimsInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which claims of a card."""

    pharmacy_id: Id | None = None
    beneficiary_id: Id | None = None
    status: PrescriptionStatus | None = None
    month: Month | None = None


class AuditInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which records of the audit trail."""

    who: Annotated[str, Meta(max_length=128, extra_json_schema=WITHOUT_NUL)] | None = None
    what: Annotated[str, Meta(max_length=64, extra_json_schema=WITHOUT_NUL)] | None = None
    outcome: Annotated[str, Meta(max_length=64, extra_json_schema=WITHOUT_NUL)] | None = None


class SpendInput(Input, frozen=True, kw_only=True, omit_defaults=True):
    """Which month; the current one in Cairo by default."""

    month: Month | None = None


class PharmaciesInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which pharmacies."""

    status: ContractStatus | None = None
    governorate: Name | None = None


class TerminalsInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which terminals of a pharmacy."""


class TerminalsOfPharmacy(Input, frozen=True, kw_only=True, omit_defaults=True):
    """Which terminals are shown within a pharmacy: the first by their ids, behind one of them."""

    limit: Limit = LIMIT_MAX
    after: Id | None = None


class PharmacyClaimsInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which claims of a pharmacy."""

    status: PrescriptionStatus | None = None
    month: Month | None = None


class RejectionsInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which rejected claims of a pharmacy."""

    month: Month | None = None


class TotalsInput(Input, frozen=True, kw_only=True, omit_defaults=True):
    """Which day in Cairo, today by default; and which terminal, all by default."""

    date: Day | None = None
    terminal: Id | None = None


class InsuranceClaimsInput(ListInput, frozen=True, kw_only=True, omit_defaults=True):
    """Which insurance claims."""

    provider_id: Id | None = None
    plan_id: Id | None = None
    beneficiary_id: Id | None = None
    status: InsuranceStatus | None = None


class EligibilityInput(Input, frozen=True, kw_only=True, omit_defaults=True):
    """Whose cover."""

    beneficiary: Id
