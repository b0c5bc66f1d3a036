"""From the inputs of a payment's commands to the commands of its domain."""

from ledger.api.decoding import malformed
from ledger.api.inputs import ReasonInput
from ledger.api.payments.inputs import InitiatePaymentInput, RefundPaymentInput
from ledger.api.pricing import unfit
from ledger.api.rights import bound_user
from ledger.domain.payment.commands import CancelPayment
from ledger.messages.commands import CommandRequest
from ledger.runtime.family import Malformed, NotYours


def initiate_of(given: InitiatePaymentInput, request: CommandRequest) -> Malformed | NotYours:
    """A member pays for itself."""
    caller = request.caller
    if bound_user(caller) not in (None, given.user_id):
        return NotYours("the payer is somebody else")
    wrong = unfit(given.currency, {"amount_minor": given.amount.value})
    return wrong or malformed("", "there is no gateway yet that could take a payment", "not_available")


def cancel_of(given: ReasonInput, _request: CommandRequest) -> CancelPayment:
    return CancelPayment(given.reason)


def refund_of(_given: RefundPaymentInput, _request: CommandRequest) -> Malformed:
    return malformed("", "there is no gateway yet that could give a payment back", "not_available")
