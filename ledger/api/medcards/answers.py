"""What a MedCard's commands answer."""

from enum import StrEnum

from ledger.api.answers import Answer, Money, Warning_


class CardAnswer(Answer, frozen=True, kw_only=True):
    """The card after the command."""

    med_card_id: str
    status: str
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int


class ClaimStatus(StrEnum):
    PAID = "PAID"
    REJECTED = "REJECTED"
    DUPLICATE = "DUPLICATE"
    VOIDED = "VOIDED"
    PENDING = "PENDING"


class ClaimAnswer(Answer, frozen=True, kw_only=True):
    """An adjudicated claim. DUPLICATE and a repeated PENDING give the first claim's id and amounts."""

    claim_id: str
    med_card_id: str
    prescription_id: str
    status: ClaimStatus
    currency: str
    total: Money
    covered: Money
    copay: Money
    patient_pays: Money
    remaining_monthly_limit: Money
    month: str
    reject_codes: tuple[str, ...] = ()
    ncpdp_codes: tuple[str, ...] = ()
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int


class ReversalStatus(StrEnum):
    REVERSED = "REVERSED"
    VOID_PENDING = "VOID_PENDING"


class ReversalAnswer(Answer, frozen=True, kw_only=True):
    """A claim taken back; `restored` is what the limit of the claim's month got back."""

    claim_id: str | None
    med_card_id: str
    status: ReversalStatus
    restored: Money
    month: str | None
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int


class BeneficiaryAnswer(Answer, frozen=True, kw_only=True):
    """Who was added, changed or removed."""

    med_card_id: str
    beneficiary_id: str
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int


class LimitStatus(StrEnum):
    CHANGED = "CHANGED"
    REQUESTED = "REQUESTED"
    REJECTED = "REJECTED"


class LimitAnswer(Answer, frozen=True, kw_only=True):
    """What became of a wish for another monthly limit. `monthly_limit` is the one in force now; a request waits under
    its `request_id`."""

    med_card_id: str
    status: LimitStatus
    monthly_limit: Money
    request_id: str | None
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int


class InsuranceClaimAnswer(Answer, frozen=True, kw_only=True):
    """An insurance claim after the command. `approved` is what its newest decision approved."""

    claim_id: str
    med_card_id: str
    status: str
    currency: str
    claimed: Money
    approved: Money
    paid: Money
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int
