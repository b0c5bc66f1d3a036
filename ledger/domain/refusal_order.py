"""What each command may be refused with, in the order in which it is checked: a part of the contract.

The doors' command table and the reference in `docs/API.md` take it from here; a test reads the deciders' code and finds
the same there. A claim on an existing card is never refused: `REJECTS` has the reasons for its REJECTED.
"""

from collections.abc import Mapping

from ledger.domain.kinds import Refusal
from ledger.domain.medcard import commands as card_commands
from ledger.domain.medcard import refusals as card
from ledger.domain.payment import commands as payment_commands
from ledger.domain.payment import refusals as payment
from ledger.domain.pharmacy import commands as pharmacy_commands
from ledger.domain.pharmacy import refusals as pharmacy
from ledger.domain.wallet import commands as wallet_commands
from ledger.domain.wallet import refusals as wallet

Refusals = tuple[type[Refusal], ...]

_SPENDING: Refusals = (
    wallet.WalletNotFound,
    wallet.WalletPending,
    wallet.WalletSuspended,
    wallet.WalletClosed,
    wallet.CurrencyMismatch,
    wallet.AmountNotPositive,
    wallet.DailyLimitExceeded,
    wallet.MonthlyLimitExceeded,
    wallet.InsufficientFunds,
)
_ENDING: Refusals = (wallet.WalletNotFound, wallet.HoldNotFound, wallet.HoldClosed, wallet.HoldOwnedByProcess)

_WALLET: Mapping[type, Refusals] = {
    wallet_commands.CreateWallet: (
        wallet.WalletAlreadyExists,
        wallet.LimitAboveRegulation,
        wallet.LimitNotPositive,
    ),
    wallet_commands.ActivateWallet: (wallet.WalletNotFound, wallet.WalletClosed, wallet.InvalidState),
    wallet_commands.SuspendWallet: (wallet.WalletNotFound, wallet.WalletClosed, wallet.InvalidState),
    wallet_commands.CloseWallet: (
        wallet.WalletNotFound,
        wallet.WalletClosed,
        wallet.HoldsOpen,
        wallet.BalanceNotZero,
    ),
    wallet_commands.CreditWallet: (
        wallet.WalletNotFound,
        wallet.WalletPending,
        wallet.WalletClosed,
        wallet.CurrencyMismatch,
        wallet.AmountNotPositive,
        wallet.BalanceCapExceeded,
        wallet.TransactionAlreadyExists,
    ),
    wallet_commands.DebitWallet: (*_SPENDING, wallet.TransactionAlreadyExists),
    wallet_commands.PlaceHold: (*_SPENDING, wallet.HoldAlreadyExists),
    wallet_commands.CaptureHold: (
        *_ENDING,
        wallet.CaptureExceedsHold,
        wallet.AmountNotPositive,
        wallet.TransactionAlreadyExists,
    ),
    wallet_commands.ReleaseHold: _ENDING,
    wallet_commands.ExpireHold: (*_ENDING, wallet.HoldNotDue),
    wallet_commands.ChangeWalletLimits: (
        wallet.WalletNotFound,
        wallet.WalletClosed,
        wallet.LimitAboveRegulation,
        wallet.LimitNotPositive,
    ),
    wallet_commands.ReverseTransaction: (
        wallet.WalletNotFound,
        wallet.TransactionNotFound,
        wallet.AlreadyReversed,
        wallet.HoldOwnedByProcess,
        wallet.TransactionOwnedByProcess,
        wallet.InsufficientFunds,
        wallet.WalletClosed,
        wallet.TransactionAlreadyExists,
    ),
}

_PAYMENT: Mapping[type, Refusals] = {
    payment_commands.InitiatePayment: (
        payment.PaymentAlreadyExists,
        payment.AmountNotPositive,
        payment.GatewayNotConfigured,
        payment.MethodNotSupported,
    ),
    payment_commands.RecordGatewayAccepted: (payment.PaymentNotFound, payment.InvalidState),
    payment_commands.RecordGatewayOutcome: (payment.PaymentNotFound,),
    payment_commands.CancelPayment: (payment.PaymentNotFound, payment.PaymentFinal),
    payment_commands.RequestRefund: (
        payment.PaymentNotFound,
        payment.PaymentNotCompleted,
        payment.RefundAlreadyExists,
        payment.AmountNotPositive,
        payment.RefundExceedsCapture,
    ),
    payment_commands.RecordRefundOutcome: (payment.RefundNotFound,),
}

_OPEN: Refusals = (card.CardNotFound, card.CardClosed)
_INSURANCE: Refusals = (card.CardNotFound, card.ClaimNotFound, card.InvalidState)

_MEDCARD: Mapping[type, Refusals] = {
    card_commands.CreateMedCard: (
        card.CardAlreadyExists,
        card.ExpiryInPast,
        card.LimitNotPositive,
        card.CopaymentOutOfRange,
        card.LimitNeedsApproval,
    ),
    card_commands.ActivateMedCard: (*_OPEN, card.InvalidState),
    card_commands.SuspendMedCard: (*_OPEN, card.InvalidState),
    card_commands.CloseMedCard: _OPEN,
    card_commands.RenewMedCard: (*_OPEN, card.ExpiryNotLater),
    card_commands.UpdateHolder: _OPEN,
    card_commands.AddBeneficiary: (
        *_OPEN,
        card.BeneficiaryAlreadyCovered,
        card.BeneficiariesMax,
        card.LimitNotPositive,
    ),
    card_commands.UpdateBeneficiary: (
        *_OPEN,
        card.BeneficiaryNotFound,
        card.PrimaryHolderStays,
        card.LimitNotPositive,
    ),
    card_commands.RemoveBeneficiary: (*_OPEN, card.BeneficiaryNotFound, card.PrimaryHolderStays),
    card_commands.RequestLimitChange: (*_OPEN, card.LimitNotPositive),
    card_commands.ApproveLimitChange: (*_OPEN, card.RequestNotFound, card.ApproverIsRequester),
    card_commands.RejectLimitChange: (*_OPEN, card.RequestNotFound, card.ApproverIsRequester),
    card_commands.ChangeCopayment: (*_OPEN, card.CopaymentOutOfRange),
    card_commands.ChangeTier: (*_OPEN, card.TierUnchanged),
    card_commands.ClaimPrescription: (card.CardNotFound,),
    card_commands.ConfirmClaim: (card.CardNotFound, card.ClaimNotFound),
    card_commands.ReleaseClaim: (card.CardNotFound, card.ClaimNotFound, card.InvalidState),
    card_commands.ReverseClaim: (card.CardNotFound, card.ClaimNotFound),
    card_commands.ReversePrescription: (card.CardNotFound,),
    card_commands.FileInsuranceClaim: (
        *_OPEN,
        card.BeneficiaryNotCovered,
        card.ClaimAlreadyExists,
        card.LinesExceedAmount,
    ),
    card_commands.StartReview: _INSURANCE,
    card_commands.DecideInsuranceClaim: (*_INSURANCE, card.ApprovedExceedsClaimed, card.AnnualLimitExceeded),
    card_commands.RecordInsurancePayment: (*_INSURANCE, card.PaidExceedsApproved),
    card_commands.AppealInsuranceClaim: _INSURANCE,
}

_PHARMACY: Mapping[type, Refusals] = {
    pharmacy_commands.RegisterPharmacy: (pharmacy.PharmacyAlreadyExists,),
    pharmacy_commands.ContractPharmacy: (pharmacy.PharmacyNotFound, pharmacy.InvalidState),
    pharmacy_commands.SuspendPharmacy: (pharmacy.PharmacyNotFound, pharmacy.InvalidState),
    pharmacy_commands.RegisterTerminal: (pharmacy.PharmacyNotFound, pharmacy.TerminalAlreadyExists),
    pharmacy_commands.RevokeTerminal: (pharmacy.PharmacyNotFound, pharmacy.TerminalNotFound),
    pharmacy_commands.OpenOfflineBatch: (
        pharmacy.TerminalNotFound,
        pharmacy.TerminalRevoked,
        pharmacy.SequenceGap,
        pharmacy.OfflineCapExceeded,
        pharmacy.OfflineBatchAlreadyExists,
    ),
    pharmacy_commands.CloseOfflineBatch: (
        pharmacy.TerminalNotFound,
        pharmacy.TerminalRevoked,
        pharmacy.OfflineBatchNotFound,
    ),
    pharmacy_commands.RecordRemittance: (
        pharmacy.PharmacyNotFound,
        pharmacy.RemittanceAlreadyExists,
        pharmacy.AmountNotPositive,
        pharmacy.RemittanceExceedsPayable,
    ),
}

BY_AGGREGATE: Mapping[str, Mapping[type, Refusals]] = {
    "wallet": _WALLET,
    "payment": _PAYMENT,
    "medcard": _MEDCARD,
    "pharmacy": _PHARMACY,
}
"""Aggregate type -> command -> its refusals."""

REFUSALS: Mapping[type, Refusals] = {
    command: refusals for commands in BY_AGGREGATE.values() for command, refusals in commands.items()
}
"""Command -> its refusals."""
