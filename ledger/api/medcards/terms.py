"""A card's terms at the doors: how long it runs, its monthly limit under four eyes, its copayment, its tier."""

from datetime import date

from ledger.api.inputs import Input, NoInput, ReasonInput
from ledger.api.medcards.answers import CardAnswer, LimitAnswer
from ledger.api.medcards.row import medcard_row
from ledger.api.table import Shape
from ledger.api.wire import Amount, Percentage, Reason
from ledger.domain.medcard.commands import (
    ApproveLimitChange,
    ChangeCopayment,
    ChangeTier,
    RejectLimitChange,
    RenewMedCard,
    RequestLimitChange,
)
from ledger.domain.medcard.refusals import RequestNotFound
from ledger.domain.tiers import CardType
from ledger.messages.commands import CommandRequest

REQUEST_ID = "requestId"


class RenewMedCardInput(Input, frozen=True, kw_only=True):
    """The new last day of cover."""

    expiry_date: date


class ChangeLimitInput(Input, frozen=True, kw_only=True):
    """The monthly limit that is wanted; above the tier's default it waits for a second pair of eyes."""

    monthly_limit: Amount
    reason: Reason = ""


class ChangeCopaymentInput(Input, frozen=True, kw_only=True):
    """The patient's share in percent."""

    copayment_percentage: Percentage
    reason: Reason = ""


class ChangeTierInput(Input, frozen=True, kw_only=True):
    """The new tier; what the card has of its own outlives it."""

    card_type: CardType
    reason: Reason = ""


def renew_of(given: RenewMedCardInput, _request: CommandRequest) -> RenewMedCard:
    return RenewMedCard(given.expiry_date)


def limit_of(given: ChangeLimitInput, _request: CommandRequest) -> RequestLimitChange:
    return RequestLimitChange(given.monthly_limit.minor, given.reason)


def approve_of(_given: NoInput, request: CommandRequest) -> ApproveLimitChange:
    return ApproveLimitChange(request.args[REQUEST_ID])


def reject_of(given: ReasonInput, request: CommandRequest) -> RejectLimitChange:
    return RejectLimitChange(request.args[REQUEST_ID], given.reason)


def copayment_of(given: ChangeCopaymentInput, _request: CommandRequest) -> ChangeCopayment:
    return ChangeCopayment(given.copayment_percentage.basis_points, given.reason)


def tier_of(given: ChangeTierInput, _request: CommandRequest) -> ChangeTier:
    return ChangeTier(given.card_type, given.reason)


TERM_ROWS = (
    medcard_row("renewMedCard", Shape(RenewMedCardInput, renew_of), CardAnswer, RenewMedCard),
    medcard_row("requestLimitChange", Shape(ChangeLimitInput, limit_of), LimitAnswer, RequestLimitChange),
    medcard_row(
        "approveLimitChange",
        Shape(NoInput, approve_of),
        LimitAnswer,
        ApproveLimitChange,
        args={REQUEST_ID: RequestNotFound},
    ),
    medcard_row(
        "rejectLimitChange",
        Shape(ReasonInput, reject_of),
        LimitAnswer,
        RejectLimitChange,
        args={REQUEST_ID: RequestNotFound},
    ),
    medcard_row("changeCopayment", Shape(ChangeCopaymentInput, copayment_of), CardAnswer, ChangeCopayment),
    medcard_row("changeTier", Shape(ChangeTierInput, tier_of), CardAnswer, ChangeTier),
)
