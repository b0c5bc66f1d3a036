"""The bodies of a payment's commands."""

from typing import Annotated

from msgspec import Meta

from ledger.api.inputs import Input
from ledger.api.wire import CurrencyAmount, CurrencyCode, Id, Name, NewId, Phone, Reason
from ledger.domain.money import EGP
from ledger.domain.payment.events import Gateway

Method = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]{0,31}$(?!\n)", description="As in CARD or MWALLET.")]
_BLANKS = r"\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What every dialect of patterns takes for a blank or a control character, named one by one: no two agree on blanks."""
Email = Annotated[str, Meta(pattern=rf"^[^@{_BLANKS}]{{1,64}}@[^@{_BLANKS}]{{1,190}}$(?!\n)")]


class CustomerInput(Input, frozen=True, kw_only=True):
    """Who pays, as the gateway asks for it."""

    name: Name
    phone_number: Phone
    email: Email | None = None


class InitiatePaymentInput(Input, frozen=True, kw_only=True):
    """Money to bring into a wallet through a gateway."""

    wallet_id: NewId
    user_id: Id
    amount: CurrencyAmount
    gateway: Gateway
    method: Method
    customer: CustomerInput
    id: NewId | None = None
    currency: CurrencyCode = EGP


class RefundPaymentInput(Input, frozen=True, kw_only=True):
    """How much of a payment to give back through its gateway."""

    amount: CurrencyAmount
    reason: Reason = ""
    refund_id: NewId | None = None
