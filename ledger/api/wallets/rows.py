"""The rows of a wallet's commands."""

from typing import Any

import msgspec

from ledger.api.inputs import NoInput, ReasonInput
from ledger.api.table import NotAvailable, Row, Shape
from ledger.api.wallets.answers import HoldAnswer, TransactionAnswer, TransferAnswer, WalletAnswer
from ledger.api.wallets.inputs import (
    CaptureHoldInput,
    ChangeWalletLimitsInput,
    CreateWalletInput,
    CreditWalletInput,
    DebitWalletInput,
    PlaceHoldInput,
    TransferInput,
)
from ledger.api.wallets.to_domain import (
    HOLD_ID,
    TRANSACTION_ID,
    activate_of,
    capture_of,
    close_of,
    create_of,
    credit_of,
    debit_of,
    hold_of,
    is_own_wallet,
    limits_of,
    release_of,
    reversal_of,
    suspend_of,
    transfer_of,
)
from ledger.domain.refusal_order import REFUSALS
from ledger.domain.wallet import commands as domain
from ledger.domain.wallet.refusals import HoldNotFound, TransactionNotFound, WalletNotFound

TOPIC = "wallet"
AGGREGATE_TYPE = "wallet"


def _wallet(name: str, shape: Shape, answer: type[msgspec.Struct], command: type, **more: Any) -> Row:
    return Row(name, TOPIC, AGGREGATE_TYPE, "walletId", shape, answer, WalletNotFound, REFUSALS[command], **more)


_OF_THE_WALLET = (
    _wallet(
        "createWallet",
        Shape(CreateWalletInput, create_of),
        WalletAnswer,
        domain.CreateWallet,
        own=is_own_wallet,
        new_id_prefix="wal_",
    ),
    _wallet("activateWallet", Shape(NoInput, activate_of), WalletAnswer, domain.ActivateWallet),
    _wallet("suspendWallet", Shape(ReasonInput, suspend_of), WalletAnswer, domain.SuspendWallet),
    _wallet("closeWallet", Shape(ReasonInput, close_of), WalletAnswer, domain.CloseWallet),
    _wallet("changeWalletLimits", Shape(ChangeWalletLimitsInput, limits_of), WalletAnswer, domain.ChangeWalletLimits),
)

_OF_ITS_MONEY = (
    _wallet("creditWallet", Shape(CreditWalletInput, credit_of), TransactionAnswer, domain.CreditWallet),
    _wallet("debitWallet", Shape(DebitWalletInput, debit_of), TransactionAnswer, domain.DebitWallet),
    _wallet("placeHold", Shape(PlaceHoldInput, hold_of), HoldAnswer, domain.PlaceHold),
    _wallet(
        "captureHold",
        Shape(CaptureHoldInput, capture_of),
        HoldAnswer,
        domain.CaptureHold,
        args={HOLD_ID: HoldNotFound},
    ),
    _wallet("releaseHold", Shape(NoInput, release_of), HoldAnswer, domain.ReleaseHold, args={HOLD_ID: HoldNotFound}),
    _wallet(
        "reverseTransaction",
        Shape(ReasonInput, reversal_of),
        TransactionAnswer,
        domain.ReverseTransaction,
        args={TRANSACTION_ID: TransactionNotFound},
    ),
)

_BETWEEN_WALLETS = Row(
    "transfer",
    TOPIC,
    AGGREGATE_TYPE,
    "transferId",
    Shape(TransferInput, transfer_of),
    TransferAnswer,
    WalletNotFound,
    (NotAvailable,),
    new_id_prefix="trf_",
    own_wallet="from_wallet_id",
)

WALLET_ROWS = (*_OF_THE_WALLET, *_OF_ITS_MONEY, _BETWEEN_WALLETS)
