"""Wallets as the runtime's family: what a host needs to know of them, from a body's bytes to an answer's."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ledger.api.answers import Answer, money, money_or_none
from ledger.api.commands import COMMANDS
from ledger.api.family import TableFamily
from ledger.api.pricing import Unpriced
from ledger.api.rights import bound_user
from ledger.api.wallets.answers import HoldAnswer, TransactionAnswer, WalletAnswer
from ledger.api.wallets.rows import AGGREGATE_TYPE, TOPIC
from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.wallet.commands import Command, CreateWallet
from ledger.domain.wallet.decide import decide
from ledger.domain.wallet.events import (
    HoldCaptured,
    HoldPlaced,
    HoldReleased,
    TransactionReversed,
    WalletCredited,
    WalletDebited,
)
from ledger.domain.wallet.refusals import WalletAlreadyExists, WalletNotFound
from ledger.domain.wallet.state import HoldStatus, Wallet, evolve
from ledger.messages.commands import CommandRequest
from ledger.runtime.family import Answered, Malformed, Moment, NotYours

_encode = msgspec.json.Encoder().encode


class WalletFamily(TableFamily):
    """Wallets."""

    def __init__(self) -> None:
        super().__init__(TOPIC, AGGREGATE_TYPE)

    def parse(self, request: CommandRequest) -> Any | Malformed | NotYours:
        if bound_user(request.caller) is not None and not COMMANDS[request.name].creates:
            return NotYours("who is bound to one user opens wallets and moves money between them, and no more")
        return super().parse(request)

    def decide(self, state: Wallet | None, command: Command | Unpriced, moment: Moment) -> Event | Refusal | Unchanged:
        wanted: Any = command
        if isinstance(command, Unpriced):
            wanted = WalletNotFound() if state is None else command.priced(state.currency)
        if isinstance(wanted, Refusal):
            return wanted
        caller = moment.request.caller
        return decide(state, wanted, Context(moment.at, caller.principal, caller.role, moment.command_id))

    def evolve(self, state: Wallet | None, event: Event) -> Wallet:
        return evolve(state, event)

    def refuse_foreign(self, command: Command | Unpriced) -> Refusal:
        return WalletAlreadyExists() if isinstance(command, CreateWallet) else WalletNotFound()

    def facts(self, state: Wallet | None, command: Command | Unpriced, refusal: Refusal) -> Mapping[str, Any]:
        """Amounts say of which currency they are."""
        found = dict(super().facts(state, command, refusal))
        if any(name.endswith("_minor") for name in found):
            if state is not None:
                found["currency"] = state.currency
            elif isinstance(command, CreateWallet):
                found["currency"] = command.currency
        return found

    def reply(self, state: Wallet, command: Any, outcome: Event | Unchanged, answered: Answered) -> bytes:
        return _encode(_answer_of(state, outcome, answered))


def _answer_of(wallet: Wallet, outcome: Event | Unchanged, answered: Answered) -> Answer:
    after: dict[str, Any] = {
        "wallet_id": answered.aggregate_id,
        "currency": wallet.currency,
        "balance": money(wallet.balance_minor, wallet.currency),
        "held": money(wallet.held_minor, wallet.currency),
        "available": money(wallet.available_minor, wallet.currency),
        "position": answered.position,
        "version": answered.version,
    }
    match outcome:
        case WalletCredited() | WalletDebited() | TransactionReversed():
            return TransactionAnswer(
                transaction_id=outcome.transaction_id,
                direction=wallet.transactions[outcome.transaction_id].direction,
                amount=money(outcome.amount_minor, wallet.currency),
                reverses=outcome.reverses if isinstance(outcome, TransactionReversed) else None,
                **after,
            )
        case HoldPlaced() | HoldCaptured() | HoldReleased():
            return _hold(wallet, outcome, after)
        case _:
            # A wallet created before answers as it stands now.
            return WalletAnswer(
                status=wallet.status,
                daily_limit=money_or_none(wallet.daily_limit_minor, wallet.currency),
                monthly_limit=money_or_none(wallet.monthly_limit_minor, wallet.currency),
                **after,
            )


def _hold(wallet: Wallet, event: HoldPlaced | HoldCaptured | HoldReleased, after: Any) -> HoldAnswer:
    hold = wallet.holds[event.hold_id]
    captured_minor = event.amount_minor if isinstance(event, HoldCaptured) else 0
    released_minor = 0 if hold.status is HoldStatus.OPEN else hold.amount_minor - captured_minor
    return HoldAnswer(
        hold_id=event.hold_id,
        status=hold.status,
        amount=money(hold.amount_minor, wallet.currency),
        captured=money(captured_minor, wallet.currency),
        released=money(released_minor, wallet.currency),
        transaction_id=event.transaction_id if isinstance(event, HoldCaptured) else None,
        **after,
    )
