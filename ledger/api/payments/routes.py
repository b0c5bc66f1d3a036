"""Payments in REST."""

from ledger.api.inputs import NoInput
from ledger.api.queries.money_inputs import PaymentsInput
from ledger.api.queries.payments import PaymentPage, PaymentView, payment, payments
from ledger.api.rest.routes import CommandRoute, QueryRoute

_PAYMENTS = "/api/v1/payments"
_PAYMENT = f"{_PAYMENTS}/{{id}}"

PAYMENT_COMMAND_ROUTES = (
    CommandRoute("POST", _PAYMENTS, "initiatePayment"),
    CommandRoute("POST", f"{_PAYMENT}/cancel", "cancelPayment"),
    CommandRoute("POST", f"{_PAYMENT}/refunds", "refundPayment"),
)

PAYMENT_QUERY_ROUTES = (
    QueryRoute(
        _PAYMENT,
        "payment",
        NoInput,
        PaymentView,
        lambda edge, who, of, _: payment(edge, who, of.args["id"]),
        ("payment_not_found",),
    ),
    QueryRoute(
        _PAYMENTS, "payments", PaymentsInput, PaymentPage, lambda edge, who, _, given: payments(edge, who, given), ()
    ),
)
