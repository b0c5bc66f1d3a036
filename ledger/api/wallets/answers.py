"""What a wallet's commands answer."""

from enum import StrEnum

from ledger.api.answers import Answer, CurrencyMoney, Warning_


class WalletAnswer(Answer, frozen=True, kw_only=True):
    """The wallet after the command. `available`: the balance less the open holds; limits are null where it has none of
    its own, and so the regulation's."""

    wallet_id: str
    status: str
    currency: str
    balance: CurrencyMoney
    held: CurrencyMoney
    available: CurrencyMoney
    daily_limit: CurrencyMoney | None
    monthly_limit: CurrencyMoney | None
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int


class TransactionAnswer(Answer, frozen=True, kw_only=True):
    """A transaction, and the wallet after it. `reverses`: the transaction that a reversal turns round."""

    transaction_id: str
    wallet_id: str
    direction: str
    amount: CurrencyMoney
    currency: str
    reverses: str | None
    balance: CurrencyMoney
    held: CurrencyMoney
    available: CurrencyMoney
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int


class HoldAnswer(Answer, frozen=True, kw_only=True):
    """A hold, and the wallet after it. A capture is the transaction `transactionId`; the rest of it was released."""

    hold_id: str
    wallet_id: str
    status: str
    amount: CurrencyMoney
    captured: CurrencyMoney
    released: CurrencyMoney
    transaction_id: str | None
    currency: str
    balance: CurrencyMoney
    held: CurrencyMoney
    available: CurrencyMoney
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int


class TransferStatus(StrEnum):
    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class TransferAnswer(Answer, frozen=True, kw_only=True):
    """Money on its way from one wallet to another."""

    transfer_id: str
    from_wallet_id: str
    to_wallet_id: str
    status: TransferStatus
    amount: CurrencyMoney
    currency: str
    warnings: tuple[Warning_, ...] = ()
    position: str
    version: int
