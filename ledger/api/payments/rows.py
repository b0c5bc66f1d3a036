"""The rows of a payment's commands."""

from typing import Any

import msgspec

from ledger.api.inputs import ReasonInput
from ledger.api.payments.answers import PaymentAnswer, RefundAnswer
from ledger.api.payments.inputs import InitiatePaymentInput, RefundPaymentInput
from ledger.api.payments.to_domain import cancel_of, initiate_of, refund_of
from ledger.api.table import NotAvailable, Row, Shape
from ledger.domain.kinds import Refusal
from ledger.domain.payment.commands import CancelPayment
from ledger.domain.payment.refusals import PaymentNotFound
from ledger.domain.refusal_order import REFUSALS
from ledger.domain.wallet.refusals import WalletNotFound

TOPIC = "payment"
AGGREGATE_TYPE = "payment"


def _payment(name: str, shape: Shape, answer: type[msgspec.Struct], *refusals: type[Refusal], **more: Any) -> Row:
    return Row(name, TOPIC, AGGREGATE_TYPE, "paymentId", shape, answer, PaymentNotFound, refusals, **more)


PAYMENT_ROWS = (
    _payment(
        "initiatePayment",
        Shape(InitiatePaymentInput, initiate_of),
        PaymentAnswer,
        NotAvailable,
        new_id_prefix="pay_",
        own_wallet="wallet_id",
        beside=(WalletNotFound,),
    ),
    _payment("cancelPayment", Shape(ReasonInput, cancel_of), PaymentAnswer, *REFUSALS[CancelPayment]),
    _payment("refundPayment", Shape(RefundPaymentInput, refund_of), RefundAnswer, NotAvailable),
)
