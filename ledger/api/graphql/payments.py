"""Payments in GraphQL."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType

from ledger.api.graphql.resolving import Info, connection, given, list_values, mutation, shown
from ledger.api.payments.rows import PAYMENT_ROWS
from ledger.api.queries.money_inputs import PaymentsInput
from ledger.api.queries.payments import cursor_of, payment, payments

_query = QueryType()
_mutation = MutationType()
_payloads = tuple(ObjectType(name) for name in ("PaymentPayload", "RefundPayload"))
PAYMENT_BINDABLES = (_query, _mutation, *_payloads)


@_query.field("payment")
async def _one(_: Any, info: Info, *, id: str) -> Any:
    return await payment(info.context.edge, info.context.caller, id)


@_query.field("payments")
async def _many(_: Any, info: Info, **arguments: Any) -> Any:
    asked = given(PaymentsInput, list_values(arguments))
    page = await payments(info.context.edge, info.context.caller, asked)
    return connection(page, lambda view: cursor_of(asked, view))


async def _changed_payment(payload: dict[str, Any], info: Info) -> Any:
    if not payload["success"]:
        return None
    edge, caller, payment_id = info.context.edge, info.context.caller, payload["paymentId"]
    return await shown(info, payload, "payment", payment_id, lambda: payment(edge, caller, payment_id))


for _row in PAYMENT_ROWS:
    _mutation.set_field(_row.name, mutation(_row))
for _payload in _payloads:
    _payload.set_field("payment", _changed_payment)
