"""What a MedCard answers to its commands. Checks stand in the order in which they are made, which is the contract."""

from dataclasses import replace
from functools import singledispatch

from ledger.domain.calendar import cairo_date
from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.medcard import beneficiaries, claims, commands, insurance, terms, wallet_copay
from ledger.domain.medcard.card import MedCard, Status
from ledger.domain.medcard.commands import (
    ActivateMedCard,
    ClaimPrescription,
    CloseMedCard,
    Command,
    CreateMedCard,
    NeedsOpenCard,
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
from ledger.domain.money import BASIS_POINTS, EGP
from ledger.domain.tiers import terms_on

Decision = Event | Refusal | Unchanged


def decide(card: MedCard | None, command: Command, context: Context) -> Decision:
    """The one event that the command brings about, or the refusal or known fact that answers it."""
    if isinstance(command, CreateMedCard):
        return _create(card, command, context)
    if card is None:
        return CardNotFound()
    if isinstance(command, NeedsOpenCard) and card.status is Status.CLOSED:
        return CardClosed()
    return _decide(command, card, context)


def _create(card: MedCard | None, command: CreateMedCard, context: Context) -> Decision:
    today = cairo_date(context.at)
    defaults = terms_on(today, command.card_type)
    limit_minor, copayment = command.monthly_limit_minor, command.copayment_basis_points
    wanted = MedCardCreated(
        user_id=command.user_id,
        card_type=command.card_type,
        plan_id=command.plan_id,
        currency=EGP,
        monthly_limit_minor=defaults.monthly_limit_minor if limit_minor is None else limit_minor,
        annual_limit_minor=command.annual_limit_minor,
        copayment_basis_points=defaults.copayment_basis_points if copayment is None else copayment,
        expiry_date=command.expiry_date,
        holder=command.holder,
        monthly_limit_of_tier=limit_minor is None,
        copayment_of_tier=copayment is None,
    )
    if card is not None:
        return CardCreatedBefore() if _same_content(card.origin, wanted) else CardAlreadyExists()
    if wanted.expiry_date < today:
        return ExpiryInPast(today)
    if wanted.monthly_limit_minor <= 0 or (wanted.annual_limit_minor is not None and wanted.annual_limit_minor <= 0):
        return LimitNotPositive()
    if not 0 <= wanted.copayment_basis_points <= BASIS_POINTS:
        return CopaymentOutOfRange()
    if wanted.monthly_limit_minor > defaults.monthly_limit_minor and context.role != "ADMIN":
        return LimitNeedsApproval(defaults.monthly_limit_minor)
    return wanted


def _same_content(origin: MedCardCreated, wanted: MedCardCreated) -> bool:
    """Whose value a limit is does not count: older events do not tell it."""
    return origin == replace(
        wanted, monthly_limit_of_tier=origin.monthly_limit_of_tier, copayment_of_tier=origin.copayment_of_tier
    )


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


_decide.register(commands.RenewMedCard)(terms.renew)
_decide.register(commands.RequestLimitChange)(terms.request_limit_change)
_decide.register(commands.ApproveLimitChange)(terms.approve_limit_change)
_decide.register(commands.RejectLimitChange)(terms.reject_limit_change)
_decide.register(commands.ChangeCopayment)(terms.change_copayment)
_decide.register(commands.ChangeTier)(terms.change_tier)
_decide.register(commands.UpdateHolder)(beneficiaries.update_holder)
_decide.register(commands.AddBeneficiary)(beneficiaries.add)
_decide.register(commands.UpdateBeneficiary)(beneficiaries.update)
_decide.register(commands.RemoveBeneficiary)(beneficiaries.remove)
_decide.register(commands.ConfirmClaim)(wallet_copay.confirm)
_decide.register(commands.ReleaseClaim)(wallet_copay.release)
_decide.register(commands.FileInsuranceClaim)(insurance.file)
_decide.register(commands.StartReview)(insurance.start_review)
_decide.register(commands.DecideInsuranceClaim)(insurance.decide_claim)
_decide.register(commands.RecordInsurancePayment)(insurance.record_payment)
_decide.register(commands.AppealInsuranceClaim)(insurance.appeal)
