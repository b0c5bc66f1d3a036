"""Refusals of a MedCard's commands, and the outcomes that change nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ledger.domain.kinds import Refusal, Unchanged


@dataclass(frozen=True, slots=True)
class CardAlreadyExists(Refusal):
    """The id is taken by a card of other content, or by something that is no card."""


@dataclass(frozen=True, slots=True)
class ExpiryInPast(Refusal):
    """The last day of cover is before today in Cairo."""

    today: date


@dataclass(frozen=True, slots=True)
class LimitNotPositive(Refusal):
    """A limit is zero or less."""


@dataclass(frozen=True, slots=True)
class CopaymentOutOfRange(Refusal):
    """A copayment is between 0 and 100 percent."""


@dataclass(frozen=True, slots=True)
class LimitNeedsApproval(Refusal):
    """The monthly limit is above the tier's default, which only an ADMIN may set at once."""

    tier_limit_minor: int


@dataclass(frozen=True, slots=True)
class CardNotFound(Refusal):
    """There is no such card."""


@dataclass(frozen=True, slots=True)
class CardClosed(Refusal):
    """The card is closed, for good."""


@dataclass(frozen=True, slots=True)
class InvalidState(Refusal):
    """The card, or the claim, is not in a state in which this can be done to it."""

    status: str


@dataclass(frozen=True, slots=True)
class ExpiryNotLater(Refusal):
    """The new last day of cover is not after the present one."""

    expiry_date: date


@dataclass(frozen=True, slots=True)
class BeneficiaryAlreadyCovered(Refusal):
    """The card covers this person already."""


@dataclass(frozen=True, slots=True)
class BeneficiaryNotFound(Refusal):
    """The card does not cover this person."""


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
    """The card is of this tier already."""


@dataclass(frozen=True, slots=True)
class BeneficiaryNotCovered(Refusal):
    """The card does not cover the person whom the claim is for."""


@dataclass(frozen=True, slots=True)
class ClaimAlreadyExists(Refusal):
    """The card has used the claim's id before."""


@dataclass(frozen=True, slots=True)
class LinesExceedAmount(Refusal):
    """The claim's lines add up to more than its amount."""

    lines_minor: int


@dataclass(frozen=True, slots=True)
class ClaimNotFound(Refusal):
    """The card has no such claim, or it is another pharmacy's, provider's or plan's."""


@dataclass(frozen=True, slots=True)
class ApprovedExceedsClaimed(Refusal):
    """More is approved than was claimed."""

    claimed_minor: int


@dataclass(frozen=True, slots=True)
class AnnualLimitExceeded(Refusal):
    """More is approved than the year leaves; what remains includes what an appealed decision had approved."""

    remaining_minor: int


@dataclass(frozen=True, slots=True)
class PaidExceedsApproved(Refusal):
    """More is paid than was approved."""

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


@dataclass(frozen=True, slots=True)
class Reject:
    """Why a claim is REJECTED, and the code that NCPDP gives the same reason (None: it has none of its own)."""

    ncpdp: str | None
    meaning: str


# In the order in which they are checked, but for the last, which comes from the wallet.
REJECTS: Mapping[str, Reject] = {
    "card_pending": Reject("67", "The card has not been activated yet."),
    "card_suspended": Reject("69", "The card is suspended."),
    "card_closed": Reject("69", "The card is closed."),
    "card_expired": Reject("68", "The service date is after the card's last day of cover."),
    "beneficiary_not_covered": Reject("65", "The card does not cover this person."),
    "pharmacy_not_contracted": Reject("40", "The network is closed, and the pharmacy has no contract."),
    "line_total_mismatch": Reject(None, "A line's quantity times its unit price is not its total."),
    "items_exceed_total": Reject(None, "The lines add up to more than the claim's total."),
    "serial_already_dispensed": Reject(None, "A pack's serial number was claimed on this card before, or twice here."),
    "limit_exhausted": Reject("76", "Nothing remains of the month's, the beneficiary's or the annual limit."),
    "copay_not_funded": Reject(None, "The wallet did not give the patient's share."),
}
NCPDP_CODES: Mapping[str, str | None] = {code: reject.ncpdp for code, reject in REJECTS.items()}
NCPDP_DUPLICATE = "83"
