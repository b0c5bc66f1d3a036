"""Payments with their refunds."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ledger.api.answers import Answer, CurrencyMoney, money
from ledger.api.edge import Edge, may_ask
from ledger.api.errors import Problem
from ledger.api.queries.boxes import opened
from ledger.api.queries.money_inputs import PaymentsInput
from ledger.api.queries.paging import cursor_at, page_of, part_of
from ledger.api.rights import bound_user
from ledger.api.wire import is_aggregate_id
from ledger.messages.commands import Caller
from ledger.reads.payments import PaymentFilter, PaymentRow, RefundRow


class CustomerView(Answer, frozen=True, kw_only=True):
    """Who pays; null as a whole once it was erased."""

    name: str
    phone_number: str
    email: str | None = None


class RefundView(Answer, frozen=True, kw_only=True):
    """A refund, REQUESTED, COMPLETED or FAILED; `source`: where its money lies."""

    refund_id: str
    amount: CurrencyMoney
    source: str
    status: str
    reason: str
    gateway_refund_id: str | None
    requested_at: datetime
    ended_at: datetime | None


class PaymentView(Answer, frozen=True, kw_only=True):
    """A payment. `disputed`: a gateway said something of it that our record does not bear out."""

    id: str
    payment_id: str
    wallet_id: str
    user_id: str
    amount: CurrencyMoney
    currency: str
    gateway: str
    method: str
    customer: CustomerView | None
    status: str
    disputed: bool
    reference: str | None
    checkout_url: str | None
    expires_at: datetime | None
    gateway_transaction_id: str | None
    captured: CurrencyMoney
    refunded: CurrencyMoney
    fees: CurrencyMoney
    refunds: tuple[RefundView, ...]
    created_at: datetime
    updated_at: datetime
    version: int


class PaymentPage(Answer, frozen=True, kw_only=True):
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[PaymentView, ...]
    next: str | None


_customer = msgspec.json.Decoder(CustomerView)


async def payment(edge: Edge, caller: Caller, payment_id: str) -> PaymentView:
    """One payment. Raises `payment_not_found` also where the caller may not know that it exists, and `Problem`."""
    may_ask("payment", caller)
    row = await edge.reads.payments.payment(payment_id) if is_aggregate_id(payment_id) else None
    if row is None or bound_user(caller) not in (None, row.user_id):
        raise Problem("payment_not_found")
    [view] = await _views(edge, [row])
    return view


async def payments(edge: Edge, caller: Caller, given: PaymentsInput) -> PaymentPage:
    """A part of the payments that the caller may see. Raises `Problem`."""
    may_ask("payments", caller)
    given, page = page_of("payments", given)
    user = bound_user(caller)
    nothing = user is not None and given.user_id not in (None, user)
    where = PaymentFilter(
        wallet_id=given.wallet_id,
        user_id=user or given.user_id,
        status=None if given.status is None else given.status.value,
        gateway=None if given.gateway is None else given.gateway.value,
    )
    rows = [] if nothing else await edge.reads.payments.payments(where, page)
    shown, following = part_of("payments", given, rows, lambda row: (row.created_at, row.payment_id))
    return PaymentPage(items=tuple(await _views(edge, shown)), next=following)


def cursor_of(given: PaymentsInput, view: PaymentView) -> str:
    """The cursor behind one payment of a list, for connections."""
    return cursor_at("payments", given, view.created_at, view.payment_id)


async def _views(edge: Edge, rows: Sequence[PaymentRow]) -> list[PaymentView]:
    """With one question for all of their refunds, and one for all keys."""
    refunds: dict[str, list[RefundRow]] = {row.payment_id: [] for row in rows}
    for refund in await edge.reads.payments.refunds(refunds) if rows else ():
        refunds[refund.payment_id].append(refund)
    clear = await opened(edge.keys, [(row.payment_id, "customer", row.customer) for row in rows])
    return [
        _view(row, None if customer is None else _customer.decode(customer), refunds[row.payment_id])
        for row, customer in zip(rows, clear, strict=True)
    ]


def _view(row: PaymentRow, customer: CustomerView | None, refunds: Sequence[RefundRow]) -> PaymentView:
    return PaymentView(
        id=row.payment_id,
        payment_id=row.payment_id,
        wallet_id=row.wallet_id,
        user_id=row.user_id,
        amount=money(row.amount_minor, row.currency),
        currency=row.currency,
        gateway=row.gateway,
        method=row.method,
        customer=customer,
        status=row.status,
        disputed=row.disputed,
        reference=row.reference,
        checkout_url=row.checkout_url,
        expires_at=row.expires_at,
        gateway_transaction_id=row.gateway_transaction_id,
        captured=money(row.captured_minor, row.currency),
        refunded=money(row.refunded_minor, row.currency),
        fees=money(row.fees_minor, row.currency),
        refunds=tuple(map(_refund, refunds)),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def _refund(row: RefundRow) -> RefundView:
    return RefundView(
        refund_id=row.refund_id,
        amount=money(row.amount_minor, row.currency),
        source=row.source,
        status=row.status,
        reason=row.reason,
        gateway_refund_id=row.gateway_refund_id,
        requested_at=row.requested_at,
        ended_at=row.ended_at,
    )
