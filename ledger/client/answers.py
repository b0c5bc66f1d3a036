"""What a terminal is answered."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Warning_:
    """Something to know of what was done all the same."""

    code: str
    message: str = ""


@dataclass(frozen=True)
class ClaimAnswer:
    """An adjudicated claim. `status`: PAID, REJECTED, DUPLICATE (with
    the first one's id and amounts), VOIDED, PENDING.
    """

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

    @property
    def paid(self) -> bool:
        return self.status == "PAID"


@dataclass(frozen=True)
class ReversalAnswer:
    """A claim taken back. `status`: REVERSED, or VOID_PENDING where the claim has not come yet and will
    be cancelled.
    """

    claim_id: str | None
    med_card_id: str
    status: str
    restored: Decimal
    month: str | None
    position: str
    version: int
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True)
class EligibilityAnswer:
    """What a claim would meet now; another claim may take what `remaining` says first."""

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


@dataclass(frozen=True)
class CommandStatus:
    """What the server keeps under an id; `answer` is JSON: what was answered, or the refusal's `code` and `facts`."""

    key: str
    topic: str
    aggregate_id: str
    status: str
    position: str
    answer: dict[str, Any]


@dataclass(frozen=True)
class Captured:
    """A claim that was taken without the server. It is adjudicated when its batch is replayed, and may be rejected."""

    id: str
    batch: str
    seq: int
    captured_at: datetime


@dataclass(frozen=True)
class BatchReport:
    """What became of a batch of offline claims.

    `state`: capturing, replaying, closed, or refused with the server's `code`.
    `rejected`: claims that were not paid. `amount` is that of all claims, the rejected ones included.
    """

    batch: str
    state: str
    claims: int
    answered: int
    rejected: int
    amount: Decimal
    code: str | None = None
