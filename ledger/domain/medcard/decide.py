"""What a MedCard answers to its commands. Checks stand in the order in which they are made, which is the contract."""

from functools import singledispatch

from ledger.domain.calendar import cairo_date
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.medcard import claims
from ledger.domain.medcard.commands import (
    ActivateMedCard,
    ClaimPrescription,
    CloseMedCard,
    Command,
    Context,
    CreateMedCard,
    ReverseClaim,
    ReversePrescription,
    SuspendMedCard,
)
from ledger.domain.medcard.events import MedCardActivated, MedCardClosed, MedCardCreated, MedCardSuspended
from ledger.domain.medcard.refusals import (
    CardAlreadyExists,
    CardClosed,
    CardCreatedBefore,
    CardNotFound,
    CopaymentOutOfRange,
    ExpiryInPast,
    InvalidState,
    LimitNeedsApproval,
    LimitNotPositive,
)
from ledger.domain.medcard.state import MedCard, Status
from ledger.domain.money import BASIS_POINTS, EGP
from ledger.domain.tiers import terms_on

Decision = Event | Refusal | Unchanged


def decide(card: MedCard | None, command: Command, context: Context) -> Decision:
    """The one event that the command brings about, or the refusal or known fact that answers it."""
    if isinstance(command, CreateMedCard):
        return _create(card, command, context)
    if card is None:
        return CardNotFound()
    return _decide(command, card, context)


def _create(card: MedCard | None, command: CreateMedCard, context: Context) -> Decision:
    today = cairo_date(context.at)
    terms = terms_on(today, command.card_type)
    limit_minor, copayment = command.monthly_limit_minor, command.copayment_basis_points
    wanted = MedCardCreated(
        user_id=command.user_id,
        card_type=command.card_type,
        plan_id=command.plan_id,
        currency=EGP,
        monthly_limit_minor=terms.monthly_limit_minor if limit_minor is None else limit_minor,
        annual_limit_minor=command.annual_limit_minor,
        copayment_basis_points=terms.copayment_basis_points if copayment is None else copayment,
        expiry_date=command.expiry_date,
        holder=command.holder,
    )
    if card is not None:
        return CardCreatedBefore() if card.origin == wanted else CardAlreadyExists()
    if wanted.expiry_date < today:
        return ExpiryInPast(today)
    if wanted.monthly_limit_minor <= 0 or (wanted.annual_limit_minor is not None and wanted.annual_limit_minor <= 0):
        return LimitNotPositive()
    if not 0 <= wanted.copayment_basis_points <= BASIS_POINTS:
        return CopaymentOutOfRange()
    if wanted.monthly_limit_minor > terms.monthly_limit_minor and context.role != "ADMIN":
        return LimitNeedsApproval(terms.monthly_limit_minor)
    return wanted


@singledispatch
def _decide(command: Command, _card: MedCard, _context: Context) -> Decision:
    raise AssertionError(f"no MedCard decides {type(command).__name__}")


@_decide.register
def _(_command: ActivateMedCard, card: MedCard, _context: Context) -> Decision:
    if card.status is Status.CLOSED:
        return CardClosed()
    if card.status not in (Status.PENDING, Status.SUSPENDED):
        return InvalidState(card.status)
    return MedCardActivated()


@_decide.register
def _(command: SuspendMedCard, card: MedCard, _context: Context) -> Decision:
    if card.status is Status.CLOSED:
        return CardClosed()
    if card.status is not Status.ACTIVE:
        return InvalidState(card.status)
    return MedCardSuspended(command.reason)


@_decide.register
def _(command: CloseMedCard, card: MedCard, _context: Context) -> Decision:
    if card.status is Status.CLOSED:
        return CardClosed()
    return MedCardClosed(command.reason)


@_decide.register
def _(command: ClaimPrescription, card: MedCard, context: Context) -> Decision:
    return claims.adjudicate(card, command, context)


@_decide.register
def _(command: ReverseClaim, card: MedCard, _context: Context) -> Decision:
    return claims.reverse_claim(card, command)


@_decide.register
def _(command: ReversePrescription, card: MedCard, context: Context) -> Decision:
    return claims.reverse_prescription(card, command, context)
