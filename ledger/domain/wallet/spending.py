"""What stands against money coming in and going out, in the order of the contract."""

from datetime import date

from ledger.domain.kinds import Refusal
from ledger.domain.wallet import refusals
from ledger.domain.wallet.events import Owner
from ledger.domain.wallet.state import Status, Wallet, counts


def against_credit(wallet: Wallet, amount_minor: int, currency: str, day: date) -> Refusal | None:
    """Why a wallet does not take an amount; a suspended one takes it."""
    if wallet.status is Status.PENDING:
        return refusals.WalletPending()
    if wallet.status is Status.CLOSED:
        return refusals.WalletClosed()
    if currency != wallet.currency:
        return refusals.CurrencyMismatch(wallet.currency)
    if amount_minor <= 0:
        return refusals.AmountNotPositive()
    cap_minor = wallet.regulation(day).balance_cap_minor
    if cap_minor is not None and wallet.balance_minor + amount_minor > cap_minor:
        return refusals.BalanceCapExceeded(cap_minor, max(0, cap_minor - wallet.balance_minor))
    return None


def against_spending(
    wallet: Wallet, amount_minor: int, currency: str, day: date, owner: Owner = Owner.PUBLIC
) -> Refusal | None:
    """Why a wallet does not give, or set aside, an amount. A refund's hold minds neither suspension nor limits."""
    refusal = _against_state(wallet, owner)
    if refusal is not None:
        return refusal
    if currency != wallet.currency:
        return refusals.CurrencyMismatch(wallet.currency)
    if amount_minor <= 0:
        return refusals.AmountNotPositive()
    if counts(owner):
        refusal = _above_limits(wallet, amount_minor, day)
        if refusal is not None:
            return refusal
    if amount_minor > wallet.available_minor:
        return refusals.InsufficientFunds(wallet.available_minor)
    return None


def _against_state(wallet: Wallet, owner: Owner) -> Refusal | None:
    if wallet.status is Status.PENDING:
        return refusals.WalletPending()
    if wallet.status is Status.SUSPENDED and owner is not Owner.REFUND:
        return refusals.WalletSuspended()
    if wallet.status is Status.CLOSED:
        return refusals.WalletClosed()
    return None


def _above_limits(wallet: Wallet, amount_minor: int, day: date) -> Refusal | None:
    daily_minor, monthly_minor = wallet.daily_remaining_minor(day), wallet.monthly_remaining_minor(day)
    if daily_minor is not None and amount_minor > daily_minor:
        return refusals.DailyLimitExceeded(daily_minor)
    if monthly_minor is not None and amount_minor > monthly_minor:
        return refusals.MonthlyLimitExceeded(monthly_minor)
    return None
