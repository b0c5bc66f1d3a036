"""The patient's share from a wallet: a reserved claim is confirmed once the share is held, or released.

Both commands come from the copay process only, which may repeat them at will. Whichever of confirmation, release and
the pharmacy's reversal commits first decides, and the process reads from the answer what to do with its hold.
"""

from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.medcard.card import ClaimState, MedCard
from ledger.domain.medcard.claims import fields_of, released
from ledger.domain.medcard.commands import ConfirmClaim, ReleaseClaim
from ledger.domain.medcard.events import PrescriptionClaimed
from ledger.domain.medcard.refusals import ClaimConfirmedBefore, ClaimNotFound, ClaimReleasedBefore, InvalidState

COPAY_NOT_FUNDED = "copay_not_funded"


def confirm(command: ConfirmClaim, card: MedCard, _context: Context) -> Event | Refusal | Unchanged:
    """Pays a reserved claim with the amounts of its reservation, whatever the card's limits have become since.

    `ClaimReleasedBefore` tells the process to release its hold; otherwise the hold is captured.
    """
    claim = card.claims.get(command.claim_id)
    if claim is None:
        return ClaimNotFound()
    if claim.state is ClaimState.RELEASED:
        return ClaimReleasedBefore(claim.claim_id)
    if claim.state is not ClaimState.RESERVED:
        return ClaimConfirmedBefore(claim.claim_id)
    return PrescriptionClaimed(**fields_of(card.reserved[claim.claim_id]))


def release(command: ReleaseClaim, card: MedCard, _context: Context) -> Event | Refusal | Unchanged:
    """Gives the cover of a reserved claim back. A claim that was paid is no longer the process's to release."""
    claim = card.claims.get(command.claim_id)
    if claim is None:
        return ClaimNotFound()
    if claim.state is ClaimState.RELEASED:
        return ClaimReleasedBefore(claim.claim_id)
    if claim.state is not ClaimState.RESERVED:
        return InvalidState(claim.state)
    return released(claim, (COPAY_NOT_FUNDED,), command.reason)
