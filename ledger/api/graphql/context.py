"""What one GraphQL request carries with it, and lookups gathered over all of its fields."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, TypeVar

from ledger.api.answers import Money
from ledger.api.edge import Edge
from ledger.api.queries.beneficiaries import BeneficiaryView, beneficiaries_of
from ledger.api.queries.medcards import CardView
from ledger.api.queries.spend import SpendView, spend_of
from ledger.api.queries.wallets import BalanceView, WalletView, balances_of
from ledger.api.rest.exchange import Exchange
from ledger.domain.money import minor_of
from ledger.messages.commands import Caller

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class Batch(Generic[Key, Found]):
    """Asks once for all keys that are wanted in one turn of the loop. `load` answers every key."""

    def __init__(self, load: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Found]]]) -> None:
        self._load = load
        self._wanted: dict[Key, asyncio.Future[Found]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: Key) -> Found:
        if not self._wanted:
            self._task = asyncio.create_task(self._answer())
        future = self._wanted.get(key)
        if future is None:
            future = self._wanted[key] = asyncio.get_running_loop().create_future()
        return await future

    async def _answer(self) -> None:
        # A task starts after all that is ready now: by then the other fields of this level have said what they want.
        wanted, self._wanted = self._wanted, {}
        try:
            found = await self._load(list(wanted))
            answers = {key: found[key] for key in wanted}
        except Exception as failure:
            for future in _waiting(wanted):
                future.set_exception(failure)
            return
        for key, future in wanted.items():
            if not future.done():
                future.set_result(answers[key])


def _waiting(wanted: Mapping[Any, asyncio.Future[Found]]) -> list[asyncio.Future[Found]]:
    """Not those whose request was cancelled meanwhile."""
    return [future for future in wanted.values() if not future.done()]


@dataclass(slots=True)
class Context:
    """The caller, the edge, and this request's lookups."""

    edge: Edge
    caller: Caller
    exchange: Exchange
    _beneficiaries: Batch[str, tuple[BeneficiaryView, ...]] | None = None
    _balances: Batch[str, BalanceView] | None = None
    _spend: dict[str, Batch[tuple[str, str, int], SpendView]] = field(default_factory=dict)
    _batches: dict[Hashable, Batch[Any, Any]] = field(default_factory=dict)

    def batch(
        self, name: Hashable, load: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Found]]]
    ) -> Batch[Key, Found]:
        """This request's lookups of one kind, whatever asks for them."""
        return self._batches.setdefault(name, Batch(load))

    async def beneficiaries(self, card: CardView) -> Sequence[BeneficiaryView]:
        if self._beneficiaries is None:
            self._beneficiaries = Batch(lambda ids: beneficiaries_of(self.edge, ids))
        return await self._beneficiaries.get(card.med_card_id)

    async def balance(self, wallet: WalletView) -> BalanceView:
        if self._balances is None:
            self._balances = Batch(lambda ids: balances_of(self.edge, ids))
        return await self._balances.get(wallet.wallet_id)

    async def spend(self, card: CardView, month: str) -> SpendView:
        batch = self._spend.get(month)
        if batch is None:
            batch = self._spend[month] = Batch(lambda cards: self._spend_in(month, cards))
        return await batch.get((card.med_card_id, card.currency, _minor(card.monthly_limit)))

    async def _spend_in(
        self, month: str, cards: Sequence[tuple[str, str, int]]
    ) -> Mapping[tuple[str, str, int], SpendView]:
        found = await spend_of(self.edge, {card: (currency, limit) for card, currency, limit in cards}, month)
        return {key: found[key[0]] for key in cards}


def _minor(amount: Money) -> int:
    minor = minor_of(Decimal(bytes(amount).decode()))
    assert minor is not None, "our own amounts are well-formed"
    return minor
