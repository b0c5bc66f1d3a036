"""From the inputs of a wallet's commands to the commands of its domain."""

from ledger.api.decoding import malformed
from ledger.api.inputs import NoInput, ReasonInput
from ledger.api.pricing import Unpriced, priced_or_not, unfit
from ledger.api.rights import bound_user
from ledger.api.wallets.inputs import (
    CaptureHoldInput,
    ChangeWalletLimitsInput,
    CreateWalletInput,
    CreditWalletInput,
    DebitWalletInput,
    PlaceHoldInput,
    TransferInput,
)
from ledger.api.wire import utc_of
from ledger.domain.wallet.commands import (
    ActivateWallet,
    CaptureHold,
    ChangeWalletLimits,
    CloseWallet,
    CreateWallet,
    CreditWallet,
    DebitWallet,
    PlaceHold,
    ReleaseHold,
    ReverseTransaction,
    SuspendWallet,
)
from ledger.domain.wallet.limits import OwnerClass
from ledger.messages.commands import Caller, CommandRequest
from ledger.runtime.family import Malformed

HOLD_ID, TRANSACTION_ID = "holdId", "transactionId"
_LATER = 0
"""Stands for an amount until its currency is known."""


def create_of(given: CreateWalletInput, _request: CommandRequest) -> CreateWallet | Unpriced | Malformed:
    return priced_or_not(
        CreateWallet(given.user_id, given.currency, given.owner_class),
        given.currency,
        daily_limit_minor=given.daily_limit,
        monthly_limit_minor=given.monthly_limit,
    )


def activate_of(_given: NoInput, _request: CommandRequest) -> ActivateWallet:
    return ActivateWallet()


def suspend_of(given: ReasonInput, _request: CommandRequest) -> SuspendWallet:
    return SuspendWallet(given.reason)


def close_of(given: ReasonInput, _request: CommandRequest) -> CloseWallet:
    return CloseWallet(given.reason)


def credit_of(given: CreditWalletInput, _request: CommandRequest) -> CreditWallet | Unpriced | Malformed:
    command = CreditWallet(_LATER, "", given.source, given.reference, given.transaction_id)
    return priced_or_not(command, given.currency, amount_minor=given.amount)


def debit_of(given: DebitWalletInput, _request: CommandRequest) -> DebitWallet | Unpriced | Malformed:
    command = DebitWallet(_LATER, "", given.purpose, given.reference, given.transaction_id)
    return priced_or_not(command, given.currency, amount_minor=given.amount)


def hold_of(given: PlaceHoldInput, _request: CommandRequest) -> PlaceHold | Unpriced | Malformed:
    expires_at = None if given.expires_at is None else utc_of(given.expires_at)
    command = PlaceHold(given.hold_id, _LATER, "", expires_at, purpose=given.purpose, reference=given.reference)
    return priced_or_not(command, given.currency, amount_minor=given.amount)


def capture_of(given: CaptureHoldInput, request: CommandRequest) -> CaptureHold | Unpriced | Malformed:
    command = CaptureHold(request.args[HOLD_ID])
    return command if given.amount is None else priced_or_not(command, None, amount_minor=given.amount)


def release_of(_given: NoInput, request: CommandRequest) -> ReleaseHold:
    return ReleaseHold(request.args[HOLD_ID])


def limits_of(given: ChangeWalletLimitsInput, _request: CommandRequest) -> ChangeWalletLimits | Unpriced | Malformed:
    return priced_or_not(
        ChangeWalletLimits(), None, daily_limit_minor=given.daily_limit, monthly_limit_minor=given.monthly_limit
    )


def reversal_of(given: ReasonInput, request: CommandRequest) -> ReverseTransaction:
    return ReverseTransaction(request.args[TRANSACTION_ID], given.reason)


def transfer_of(given: TransferInput, _request: CommandRequest) -> Malformed:
    wrong = None if given.currency is None else unfit(given.currency, {"amount_minor": given.amount.value})
    return wrong or malformed("", "there are no transfers yet", "not_available")


def is_own_wallet(caller: Caller, command: CreateWallet) -> bool:
    """A member opens a wallet for itself, with the limits that the regulation gives a person."""
    user = bound_user(caller)
    if user is None:
        return True
    plain = command.daily_limit_minor is None and command.monthly_limit_minor is None
    return command.user_id == user and plain and command.owner_class is OwnerClass.INDIVIDUAL
