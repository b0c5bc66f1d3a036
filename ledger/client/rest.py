"""The REST API for back ends.

async with Ledger("http://127.0.0.1:3000", token) as ledger:
    wallet = await ledger.wallets.create_wallet(user_id="user-1")
        await ledger.wallets.activate_wallet(wallet.wallet_id)
    await ledger.transactions.credit_wallet(wallet.wallet_id, amount="350.00", source="cash")
    async for each in ledger.transactions.all_transactions(wallet.wallet_id):
        print(each.kind, each.amount)
"""

from types import TracebackType
from typing import Self

import httpx

from ledger.client.api.books import Books
from ledger.client.api.cards import Cards
from ledger.client.api.cover import Cover
from ledger.client.api.insurance import Insurance
from ledger.client.api.payments import Payments
from ledger.client.api.pharmacies import Pharmacies
from ledger.client.api.prescriptions import Prescriptions
from ledger.client.api.transactions import Transactions
from ledger.client.api.wallets import Wallets
from ledger.client.calls import Calls, RestOptions
from ledger.client.line import Token


class Ledger:
    """Every operation of the API, by what it is about.

    Commands take `key`, an idempotency key of the caller's own, and `if_match`, the version that the aggregate must
    have; a key that is not given is made before the first try. Where the server has no time, or the connection is lost,
    a call is tried again under the same key; what still fails is raised as `Unavailable`, and may be given again with
    its key. Refusals are raised by name, all of them `ProblemError`. Queries see what this client has written.

    `token`: a JWT, or a function (also an async one) that gives one; it is asked again when the server takes the last
    one no more.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        options: RestOptions | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._calls = Calls(base_url, token, options or RestOptions(), transport)
        self.wallets = Wallets(self._calls)
        self.transactions = Transactions(self._calls)
        self.payments = Payments(self._calls)
        self.cards = Cards(self._calls)
        self.cover = Cover(self._calls)
        self.prescriptions = Prescriptions(self._calls)
        self.insurance = Insurance(self._calls)
        self.pharmacies = Pharmacies(self._calls)
        self.books = Books(self._calls)

    @property
    def positions(self) -> str:
        """What this client has written, to be handed to another one's `seen`."""
        return self._calls.positions

    def seen(self, positions: str) -> None:
        """Queries from here on reflect these positions, too."""
        self._calls.seen(positions)

    async def close(self) -> None:
        await self._calls.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
