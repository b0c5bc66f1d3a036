"""What a payment's commands answer."""

from ledger.api.answers import Answer, CurrencyMoney, Warning_


class PaymentAnswer(Answer, frozen=True, kw_only=True):
    """The payment after the command. `disputed`: a gateway said something of it that our record does not bear out."""

    payment_id: str
    wallet_id: str
    status: str
    disputed: bool
    amount: CurrencyMoney
    refunded: CurrencyMoney
    currency: str
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int


class RefundAnswer(Answer, frozen=True, kw_only=True):
    """A refund that was asked for."""

    refund_id: str
    payment_id: str
    status: str
    amount: CurrencyMoney
    currency: str
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int
