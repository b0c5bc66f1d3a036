"""How events change a MedCard, whose state stands in `card`."""

from dataclasses import replace
from functools import singledispatch
from sys import intern
from typing import Any

from ledger.domain.kinds import Erased, Event
from ledger.domain.medcard import insurance_events, terms_events
from ledger.domain.medcard.beneficiary_terms import PRIMARY
from ledger.domain.medcard.card import (
    Beneficiary,
    Claim,
    ClaimKey,
    ClaimState,
    InsuranceClaim,
    InsuranceStatus,
    LimitRequest,
    MedCard,
    Status,
    text_of_key,
)
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    BeneficiaryRemoved,
    BeneficiaryUpdated,
    HolderUpdated,
    Item,
    MedCardActivated,
    MedCardClosed,
    MedCardCreated,
    MedCardRenewed,
    MedCardSuspended,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReleased,
    PrescriptionClaimReserved,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)
from ledger.domain.persistent import PersistentMap

__all__ = ["Beneficiary", "Claim", "ClaimKey", "MedCard", "Status", "created", "evolve", "serials_of"]


def created(event: MedCardCreated) -> MedCard:
    """A new card; its primary holder is the first beneficiary, under the card's user id."""
    user_id = intern(event.user_id)
    return MedCard(
        origin=replace(event, user_id=user_id, plan_id=intern(event.plan_id), currency=intern(event.currency)),
        status=Status.PENDING,
        card_type=event.card_type,
        monthly_limit_minor=event.monthly_limit_minor,
        monthly_limit_of_tier=event.monthly_limit_of_tier,
        annual_limit_minor=event.annual_limit_minor,
        copayment_basis_points=event.copayment_basis_points,
        copayment_of_tier=event.copayment_of_tier,
        expiry_date=event.expiry_date,
        beneficiaries=PersistentMap({user_id: Beneficiary(user_id, PRIMARY, event.holder)}),
    )


def evolve(card: MedCard | None, event: Event) -> MedCard:
    """The card after an event that its decider gave; `card` is None before the first."""
    if isinstance(event, MedCardCreated):
        return created(event)
    assert card is not None, "a card's first event is MedCardCreated"
    return _evolve(event, card)


@singledispatch
def _evolve(event: Event, card: MedCard) -> MedCard:
    raise AssertionError(f"no MedCard knows {type(event).__name__}")


# --- the card and whom it covers -------------------------------------------------------------------------------------


@_evolve.register
def _(_event: MedCardActivated, card: MedCard) -> MedCard:
    return replace(card, status=Status.ACTIVE)


@_evolve.register
def _(_event: MedCardSuspended, card: MedCard) -> MedCard:
    return replace(card, status=Status.SUSPENDED)


@_evolve.register
def _(_event: MedCardClosed, card: MedCard) -> MedCard:
    return replace(card, status=Status.CLOSED)


@_evolve.register
def _(event: MedCardRenewed, card: MedCard) -> MedCard:
    return replace(card, expiry_date=event.expiry_date)


@_evolve.register
def _(event: HolderUpdated, card: MedCard) -> MedCard:
    holder = replace(card.holder, person=event.holder)
    return replace(card, beneficiaries=card.beneficiaries.insert(event.user_id, holder))


@_evolve.register(BeneficiaryAdded)
@_evolve.register(BeneficiaryUpdated)
def _(event: BeneficiaryAdded | BeneficiaryUpdated, card: MedCard) -> MedCard:
    who = Beneficiary(
        intern(event.beneficiary_id), intern(str(event.relation)), event.person, event.monthly_limit_minor
    )
    return replace(card, beneficiaries=card.beneficiaries.insert(who.beneficiary_id, who))


@_evolve.register
def _(event: BeneficiaryRemoved, card: MedCard) -> MedCard:
    # What this person used of the month stays counted: to leave and come back is no way round the limit.
    return replace(card, beneficiaries=card.beneficiaries.remove(event.beneficiary_id))


# --- its terms -------------------------------------------------------------------------------------------------------


@_evolve.register
def _(event: terms_events.MonthlyLimitChangeRequested, card: MedCard) -> MedCard:
    request = LimitRequest(event.request_id, event.monthly_limit_minor, event.requested_by, event.reason)
    return replace(card, limit_requests=card.limit_requests.insert(event.request_id, request))


@_evolve.register
def _(event: terms_events.MonthlyLimitChangeRejected, card: MedCard) -> MedCard:
    return replace(card, limit_requests=card.limit_requests.remove(event.request_id))


@_evolve.register
def _(event: terms_events.MonthlyLimitChanged, card: MedCard) -> MedCard:
    requests = card.limit_requests
    if event.request_id is not None:
        requests = requests.remove(event.request_id)
    limit_minor = event.monthly_limit_minor
    return replace(card, monthly_limit_minor=limit_minor, monthly_limit_of_tier=False, limit_requests=requests)


@_evolve.register
def _(event: terms_events.CopaymentChanged, card: MedCard) -> MedCard:
    return replace(card, copayment_basis_points=event.copayment_basis_points, copayment_of_tier=False)


@_evolve.register(terms_events.TierUpgraded)
@_evolve.register(terms_events.TierDowngraded)
def _(event: terms_events.TierUpgraded | terms_events.TierDowngraded, card: MedCard) -> MedCard:
    return replace(
        card,
        card_type=event.card_type,
        monthly_limit_minor=event.monthly_limit_minor,
        copayment_basis_points=event.copayment_basis_points,
    )


# --- prescription claims ---------------------------------------------------------------------------------------------


@_evolve.register
def _(event: PrescriptionClaimed, card: MedCard) -> MedCard:
    if event.claim_id not in card.reserved:
        return _taken(card, event, ClaimState.PAID)
    paid = replace(card.claims[event.claim_id], state=ClaimState.PAID)
    return replace(card, claims=card.claims.insert(event.claim_id, paid), reserved=card.reserved.remove(event.claim_id))


@_evolve.register
def _(event: PrescriptionClaimReserved, card: MedCard) -> MedCard:
    return _taken(card, event, ClaimState.RESERVED, reserved=card.reserved.insert(event.claim_id, event))


def _taken(
    card: MedCard, event: PrescriptionClaimed | PrescriptionClaimReserved, state: ClaimState, **changes: Any
) -> MedCard:
    key = (event.pharmacy_id, event.prescription_id, event.fill_number)
    # Interned: every event brings strings of its own, and most of them say what others said before.
    beneficiary_id, month = intern(event.beneficiary_id), intern(event.month)
    claim = Claim(
        claim_id=event.claim_id,
        key=key,
        beneficiary_id=beneficiary_id,
        month=month,
        total_minor=event.total_minor,
        covered_minor=event.covered_minor,
        copay_minor=event.copay_minor,
        plan_id=event.plan_id,
        wallet_id=event.wallet_id,
        wallet_minor=event.wallet_minor,
        state=state,
        serials=serials_of(event.items),
    )
    return card.covering(
        beneficiary_id,
        month,
        event.covered_minor,
        claims=card.claims.insert(event.claim_id, claim),
        latest_claims=card.latest_claims.insert(text_of_key(key), event.claim_id),
        serials=card.serials.update(claim.serials),
        **changes,
    )


@_evolve.register
def _(event: PrescriptionClaimReleased, card: MedCard) -> MedCard:
    return _given_back(card, event.claim_id, ClaimState.RELEASED, reserved=card.reserved.remove(event.claim_id))


@_evolve.register
def _(event: PrescriptionClaimReversed, card: MedCard) -> MedCard:
    return _given_back(card, event.claim_id, ClaimState.REVERSED)


def _given_back(card: MedCard, claim_id: str, state: ClaimState, **changes: Any) -> MedCard:
    claim = card.claims[claim_id]
    serials = card.serials
    for serial in claim.serials:
        serials = serials.discard(serial)
    claims = card.claims.insert(claim_id, replace(claim, state=state))
    return card.covering(
        claim.beneficiary_id, claim.month, -claim.covered_minor, claims=claims, serials=serials, **changes
    )


@_evolve.register
def _(_event: PrescriptionClaimRejected, card: MedCard) -> MedCard:
    return card


@_evolve.register
def _(event: PrescriptionClaimVoided, card: MedCard) -> MedCard:
    key = (event.pharmacy_id, event.prescription_id, event.fill_number)
    return replace(card, voids_pending=card.voids_pending.discard(key))


@_evolve.register
def _(event: PrescriptionVoidPending, card: MedCard) -> MedCard:
    key = (event.pharmacy_id, event.prescription_id, event.fill_number)
    return replace(card, voids_pending=card.voids_pending.insert(key, event.expires_at))


def serials_of(items: tuple[Item, ...] | Erased) -> tuple[str, ...]:
    """The serial numbers of packs; none are known once the items were erased."""
    return () if isinstance(items, Erased) else tuple(item.serial for item in items if item.serial is not None)


# --- insurance claims ------------------------------------------------------------------------------------------------


@_evolve.register
def _(event: insurance_events.InsuranceClaimFiled, card: MedCard) -> MedCard:
    return _with_insurance(
        card,
        InsuranceClaim(event.claim_id, event.provider_id, event.beneficiary_id, event.year, event.claimed_minor),
    )


@_evolve.register
def _(event: insurance_events.InsuranceClaimReviewStarted, card: MedCard) -> MedCard:
    claim = card.insurance_claims[event.claim_id]
    return _with_insurance(card, replace(claim, status=InsuranceStatus.UNDER_REVIEW))


@_evolve.register
def _(event: insurance_events.InsuranceClaimApproved, card: MedCard) -> MedCard:
    in_full = event.approved_minor == event.claimed_minor
    status = InsuranceStatus.APPROVED if in_full else InsuranceStatus.PARTIALLY_APPROVED
    return _decided(card, event.claim_id, event.approved_minor, status)


@_evolve.register
def _(event: insurance_events.InsuranceClaimRejected, card: MedCard) -> MedCard:
    return _decided(card, event.claim_id, 0, InsuranceStatus.REJECTED)


def _decided(card: MedCard, claim_id: str, approved_minor: int, status: InsuranceStatus) -> MedCard:
    """A decision takes the place of the one before it, also in what it draws on the annual limit."""
    claim = card.insurance_claims[claim_id]
    card = card.with_drawn(claim.year, approved_minor - claim.approved_minor)
    return _with_insurance(card, replace(claim, approved_minor=approved_minor, status=status))


@_evolve.register
def _(event: insurance_events.InsuranceClaimPaid, card: MedCard) -> MedCard:
    return _with_insurance(card, replace(card.insurance_claims[event.claim_id], status=InsuranceStatus.PAID))


@_evolve.register
def _(event: insurance_events.InsuranceClaimAppealed, card: MedCard) -> MedCard:
    return _with_insurance(card, replace(card.insurance_claims[event.claim_id], status=InsuranceStatus.APPEALED))


def _with_insurance(card: MedCard, claim: InsuranceClaim) -> MedCard:
    return replace(card, insurance_claims=card.insurance_claims.insert(claim.claim_id, claim))
