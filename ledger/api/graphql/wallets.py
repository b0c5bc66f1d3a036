"""Wallets in GraphQL."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType

from ledger.api.edge import caught_up
from ledger.api.graphql.resolving import Info, connection, given, list_values, must_show, mutation
from ledger.api.queries.money_inputs import BalanceInput, TransactionsInput, WalletsInput
from ledger.api.queries.transactions import cursor_of as transaction_cursor
from ledger.api.queries.transactions import transactions
from ledger.api.queries.wallets import WalletView, wallet, wallet_balance, wallets
from ledger.api.queries.wallets import cursor_of as wallet_cursor
from ledger.api.wallets.rows import WALLET_ROWS

_query = QueryType()
_mutation = MutationType()
_wallet = ObjectType("Wallet")
_payloads = tuple(ObjectType(name) for name in ("WalletPayload", "TransactionPayload", "HoldPayload"))
WALLET_BINDABLES = (_query, _mutation, _wallet, *_payloads)


@_query.field("wallet")
async def _one(_: Any, info: Info, *, id: str) -> Any:
    return await wallet(info.context.edge, info.context.caller, id)


@_query.field("wallets")
async def _many(_: Any, info: Info, **arguments: Any) -> Any:
    asked = given(WalletsInput, list_values(arguments))
    page = await wallets(info.context.edge, info.context.caller, asked)
    return connection(page, lambda view: wallet_cursor(asked, view))


@_query.field("walletBalance")
async def _balance(_: Any, info: Info, *, walletId: str, at: str | None = None) -> Any:
    return await wallet_balance(info.context.edge, info.context.caller, walletId, given(BalanceInput, {"at": at}))


@_query.field("transactions")
async def _transactions(_: Any, info: Info, *, walletId: str, **arguments: Any) -> Any:
    asked = given(TransactionsInput, list_values(arguments))
    page = await transactions(info.context.edge, info.context.caller, walletId, asked)
    return connection(page, lambda view: transaction_cursor(asked, view))


@_wallet.field("balance")
async def _balance_of_wallet(view: WalletView, info: Info) -> Any:
    must_show(info, "walletBalance", view.wallet_id)
    return await info.context.balance(view)


async def _changed_wallet(payload: dict[str, Any], info: Info) -> Any:
    if not payload["success"]:
        return None
    await caught_up(info.context.edge, payload["position"])
    return await wallet(info.context.edge, info.context.caller, payload["walletId"])


for _row in WALLET_ROWS:
    _mutation.set_field(_row.name, mutation(_row))
for _payload in _payloads:
    _payload.set_field("wallet", _changed_wallet)
