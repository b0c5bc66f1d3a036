"""Wallets in REST."""

from ledger.api.inputs import NoInput
from ledger.api.queries.money_inputs import BalanceInput, TransactionsInput, WalletsInput
from ledger.api.queries.transactions import TransactionPage, transactions
from ledger.api.queries.wallets import BalanceView, WalletPage, WalletView, wallet, wallet_balance, wallets
from ledger.api.rest.routes import CommandRoute, QueryRoute
from ledger.api.wallets.to_domain import HOLD_ID, TRANSACTION_ID

_WALLETS = "/api/v1/wallets"
_WALLET = f"{_WALLETS}/{{id}}"
_HOLD = f"{_WALLET}/holds/{{hold}}"
_CODES = ("wallet_not_found",)

WALLET_COMMAND_ROUTES = (
    CommandRoute("POST", _WALLETS, "createWallet"),
    CommandRoute("POST", f"{_WALLET}/activate", "activateWallet"),
    CommandRoute("POST", f"{_WALLET}/suspend", "suspendWallet"),
    CommandRoute("POST", f"{_WALLET}/close", "closeWallet"),
    CommandRoute("POST", f"{_WALLET}/credits", "creditWallet"),
    CommandRoute("POST", f"{_WALLET}/debits", "debitWallet"),
    CommandRoute("POST", f"{_WALLET}/holds", "placeHold"),
    CommandRoute("POST", f"{_HOLD}/capture", "captureHold", ((HOLD_ID, "hold"),)),
    CommandRoute("POST", f"{_HOLD}/release", "releaseHold", ((HOLD_ID, "hold"),)),
    CommandRoute("PATCH", f"{_WALLET}/limits", "changeWalletLimits"),
    CommandRoute(
        "POST",
        f"{_WALLET}/transactions/{{transaction}}/reversal",
        "reverseTransaction",
        ((TRANSACTION_ID, "transaction"),),
    ),
    CommandRoute("POST", "/api/v1/transfers", "transfer"),
)

WALLET_QUERY_ROUTES = (
    QueryRoute(
        _WALLET, "wallet", NoInput, WalletView, lambda edge, who, of, _: wallet(edge, who, of.args["id"]), _CODES
    ),
    QueryRoute(
        _WALLETS, "wallets", WalletsInput, WalletPage, lambda edge, who, _, given: wallets(edge, who, given), ()
    ),
    QueryRoute(
        f"{_WALLET}/balance",
        "walletBalance",
        BalanceInput,
        BalanceView,
        lambda edge, who, of, given: wallet_balance(edge, who, of.args["id"], given),
        _CODES,
    ),
    QueryRoute(
        f"{_WALLET}/transactions",
        "transactions",
        TransactionsInput,
        TransactionPage,
        lambda edge, who, of, given: transactions(edge, who, of.args["id"], given),
        _CODES,
    ),
)
