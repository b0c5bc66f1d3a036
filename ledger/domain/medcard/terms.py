"""A card's terms after it was made: how long it runs, its monthly limit under four eyes, its copayment, its tier.

A limit or copayment that somebody set is the card's own and outlives any change of tier. One that nobody ever set is
the tier's default, and follows.
"""

from ledger.domain.calendar import cairo_date
from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal
from ledger.domain.medcard.card import LimitRequest, MedCard
from ledger.domain.medcard.commands import (
    ApproveLimitChange,
    ChangeCopayment,
    ChangeTier,
    RejectLimitChange,
    RenewMedCard,
    RequestLimitChange,
)
from ledger.domain.medcard.events import MedCardRenewed
from ledger.domain.medcard.refusals import (
    ApproverIsRequester,
    CopaymentOutOfRange,
    ExpiryNotLater,
    LimitNotPositive,
    RequestNotFound,
    TierUnchanged,
)
from ledger.domain.medcard.terms_events import (
    CopaymentChanged,
    MonthlyLimitChanged,
    MonthlyLimitChangeRejected,
    MonthlyLimitChangeRequested,
    TierDowngraded,
    TierUpgraded,
)
from ledger.domain.money import BASIS_POINTS
from ledger.domain.tiers import CardType, terms_on

_TIERS = tuple(CardType)
"""Lowest first."""


def renew(command: RenewMedCard, card: MedCard, _context: Context) -> Event | Refusal:
    """Moves the last day of cover, also on a card that has expired; claims in between stay as they were answered."""
    if command.expiry_date <= card.expiry_date:
        return ExpiryNotLater(card.expiry_date)
    return MedCardRenewed(command.expiry_date)


def request_limit_change(command: RequestLimitChange, card: MedCard, context: Context) -> Event | Refusal:
    """At once up to the default of the card's tier today; above it as a request, whoever asks.

    Each request waits and is answered by itself, under an id that its answer and its event name.
    """
    if command.monthly_limit_minor <= 0:
        return LimitNotPositive()
    terms = terms_on(cairo_date(context.at), card.card_type)
    if command.monthly_limit_minor <= terms.monthly_limit_minor:
        return MonthlyLimitChanged(command.monthly_limit_minor, command.reason, request_id=None)
    return MonthlyLimitChangeRequested(
        request_id=f"lim_{context.command_id}",
        monthly_limit_minor=command.monthly_limit_minor,
        requested_by=context.principal,
        reason=command.reason,
    )


def approve_limit_change(command: ApproveLimitChange, card: MedCard, context: Context) -> Event | Refusal:
    request = _seen_by_others(card, command.request_id, context)
    if isinstance(request, Refusal):
        return request
    return MonthlyLimitChanged(request.monthly_limit_minor, request.reason, request.request_id)


def reject_limit_change(command: RejectLimitChange, card: MedCard, context: Context) -> Event | Refusal:
    request = _seen_by_others(card, command.request_id, context)
    if isinstance(request, Refusal):
        return request
    return MonthlyLimitChangeRejected(request.request_id, command.reason)


def _seen_by_others(card: MedCard, request_id: str, context: Context) -> LimitRequest | Refusal:
    """The open request, if it is not the caller's own."""
    request = card.limit_requests.get(request_id)
    if request is None:
        return RequestNotFound()
    if request.requested_by == context.principal:
        return ApproverIsRequester()
    return request


def change_copayment(command: ChangeCopayment, _card: MedCard, _context: Context) -> Event | Refusal:
    if not 0 <= command.copayment_basis_points <= BASIS_POINTS:
        return CopaymentOutOfRange()
    return CopaymentChanged(command.copayment_basis_points, command.reason)


def change_tier(command: ChangeTier, card: MedCard, context: Context) -> Event | Refusal:
    """The card's own values stay, also a limit above the new tier's; what was the old tier's becomes the new one's."""
    if command.card_type is card.card_type:
        return TierUnchanged()
    terms = terms_on(cairo_date(context.at), command.card_type)
    upgrade = _TIERS.index(command.card_type) > _TIERS.index(card.card_type)
    changed = TierUpgraded if upgrade else TierDowngraded
    return changed(
        card_type=command.card_type,
        previous_card_type=card.card_type,
        monthly_limit_minor=terms.monthly_limit_minor if card.monthly_limit_of_tier else card.monthly_limit_minor,
        copayment_basis_points=(
            terms.copayment_basis_points if card.copayment_of_tier else card.copayment_basis_points
        ),
        reason=command.reason,
    )
