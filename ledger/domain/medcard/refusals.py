"""Refusals of a MedCard's commands, and the outcomes that change nothing."""

from dataclasses import dataclass
from datetime import date

from ledger.domain.kinds import Refusal, Unchanged


@dataclass(frozen=True, slots=True)
class CardAlreadyExists(Refusal):
    """The id is taken by a card of other content, or by something that is no card."""


@dataclass(frozen=True, slots=True)
class ExpiryInPast(Refusal):
    today: date


@dataclass(frozen=True, slots=True)
class LimitNotPositive(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class CopaymentOutOfRange(Refusal):
    """A copayment is between 0 and 100 percent."""


@dataclass(frozen=True, slots=True)
class LimitNeedsApproval(Refusal):
    """The monthly limit is above the tier's default, which only an ADMIN may set at once."""

    tier_limit_minor: int


@dataclass(frozen=True, slots=True)
class CardNotFound(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class CardClosed(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class InvalidState(Refusal):
    status: str


@dataclass(frozen=True, slots=True)
class ExpiryNotLater(Refusal):
    expiry_date: date


@dataclass(frozen=True, slots=True)
class BeneficiaryAlreadyCovered(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class BeneficiaryNotFound(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class PrimaryHolderStays(Refusal):
    """The primary holder cannot be removed, nor become another person or relation; `UpdateHolder` changes its data."""


@dataclass(frozen=True, slots=True)
class BeneficiariesMax(Refusal):
    """The card covers as many persons as it may, its primary holder among them."""

    beneficiaries_max: int


@dataclass(frozen=True, slots=True)
class RequestNotFound(Refusal):
    """No such request waits: it was never made, or has been answered."""


@dataclass(frozen=True, slots=True)
class ApproverIsRequester(Refusal):
    """Four eyes: who asked for a limit neither approves nor rejects it."""


@dataclass(frozen=True, slots=True)
class TierUnchanged(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class BeneficiaryNotCovered(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class ClaimAlreadyExists(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class LinesExceedAmount(Refusal):
    lines_minor: int


@dataclass(frozen=True, slots=True)
class ClaimNotFound(Refusal):
    pass


@dataclass(frozen=True, slots=True)
class ApprovedExceedsClaimed(Refusal):
    claimed_minor: int


@dataclass(frozen=True, slots=True)
class AnnualLimitExceeded(Refusal):
    """`remaining_minor`: the most that could be approved, what an appealed decision had approved included."""

    remaining_minor: int


@dataclass(frozen=True, slots=True)
class PaidExceedsApproved(Refusal):
    approved_minor: int


@dataclass(frozen=True, slots=True)
class CardCreatedBefore(Unchanged):
    """The same card was created under this id before."""


@dataclass(frozen=True, slots=True)
class ClaimDuplicate(Unchanged):
    """The prescription and fill are paid already, by this claim."""

    claim_id: str


@dataclass(frozen=True, slots=True)
class ClaimPending(Unchanged):
    """The prescription and fill are reserved already, by this claim; the patient's share is on its way."""

    claim_id: str


@dataclass(frozen=True, slots=True)
class ClaimConfirmedBefore(Unchanged):
    """The reserved claim was paid already, and may even have been reversed since: the wallet's share is due."""

    claim_id: str


@dataclass(frozen=True, slots=True)
class ClaimReleasedBefore(Unchanged):
    """The reserved claim was released already: nothing is due from the wallet."""

    claim_id: str


@dataclass(frozen=True, slots=True)
class ClaimReversedBefore(Unchanged):
    """The claim was reversed already, or released before it was ever paid."""

    claim_id: str


@dataclass(frozen=True, slots=True)
class VoidPendingBefore(Unchanged):
    """The reversal already waits for its claim."""


# Why a claim is REJECTED, with the code that NCPDP gives the same reason (None: it has none of its own).
NCPDP_CODES: dict[str, str | None] = {
    "card_pending": "67",
    "card_suspended": "69",
    "card_closed": "69",
    "card_expired": "68",
    "beneficiary_not_covered": "65",
    "pharmacy_not_contracted": "40",
    "line_total_mismatch": None,
    "items_exceed_total": None,
    "serial_already_dispensed": None,
    "limit_exhausted": "76",
    "copay_not_funded": None,
}
NCPDP_DUPLICATE = "83"
