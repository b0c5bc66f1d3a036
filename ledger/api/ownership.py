"""Whose wallet a command names that is no wallet's own: the read models know, its host does not."""

from ledger.api.decoding import decode
from ledger.api.errors import Problem
from ledger.api.rights import bound_user
from ledger.api.table import Row
from ledger.messages.commands import CommandRequest
from ledger.reads.wallets import WalletReads
from ledger.runtime.family import Malformed, NotYours


async def check_wallet(wallets: WalletReads, row: Row, request: CommandRequest) -> None:
    """Raises `wallet_not_found` where whoever is bound to a user names a wallet that is not that user's, and
    `StoreUnavailable`. A body that its host refuses anyway, as malformed or as speaking for somebody else, passes."""
    user = bound_user(request.caller)
    if user is None or row.own_wallet is None:
        return
    given = decode(row.shape.input, request.body)
    if isinstance(given, Malformed) or isinstance(row.shape.to_command(given, request), NotYours):
        return
    found = await wallets.wallet(getattr(given, row.own_wallet))
    if found is None or found.user_id != user:
        raise Problem("wallet_not_found")
