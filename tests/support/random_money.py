"""Long stories of wallets and payments: whatever their deciders answer to commands drawn at random from a seed."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ledger.domain.context import Context
from ledger.domain.kinds import Event
from ledger.domain.payment import commands as pay
from ledger.domain.payment.decide import decide as decide_payment
from ledger.domain.payment.events import OutcomeStatus, RefundOutcomeStatus
from ledger.domain.payment.state import evolve as evolve_payment
from ledger.domain.wallet import commands as wal
from ledger.domain.wallet.decide import decide as decide_wallet
from ledger.domain.wallet.events import Owner
from ledger.domain.wallet.state import evolve as evolve_wallet
from tests.support.payments import ACCEPTED, INITIATE, METHODS, OUTCOME
from tests.support.wallets import NOW

Told = tuple[str, Event, Any]
"""(aggregate, what happened to it, its state after that)."""


def wallets_story(seed: int, wallets: int = 5, commands: int = 600) -> Iterator[Told]:
    """Events of several wallets, mixed."""
    chance = random.Random(seed)
    currencies = {f"w-{number}": ("EGP", "KWD", "JPY")[number % 3] for number in range(wallets)}
    draws = [(name, _wallet_command(chance, currencies[name])) for name in chance.choices([*currencies], k=commands)]
    first: list[tuple[str, Any]] = [
        (name, command)
        for name, currency in currencies.items()
        for command in (wal.CreateWallet(f"user-{name}", currency), wal.ActivateWallet())
    ]
    yield from _told([*first, *draws], decide_wallet, evolve_wallet)


def payments_story(seed: int, payments: int = 8, commands: int = 300) -> Iterator[Told]:
    """Events of several payments, mixed."""
    chance = random.Random(seed)
    names = [f"p-{number}" for number in range(payments)]
    draws = [(name, _payment_command(chance)) for name in chance.choices(names, k=commands)]
    yield from _told([*((name, INITIATE) for name in names), *draws], decide_payment, evolve_payment)


def _told(commands: list[tuple[str, Any]], decide: Any, evolve: Any) -> Iterator[Told]:
    states: dict[str, Any] = {}
    for number, (name, command) in enumerate(commands):
        at = Context(NOW + timedelta(minutes=number), "tester", "ADMIN", str(number), payment_methods=METHODS)
        event = decide(states.get(name), command, at)
        if isinstance(event, Event):
            states[name] = evolve(states.get(name), event)
            yield name, event, states[name]


def _wallet_command(chance: random.Random, currency: str) -> Any:
    amount, hold, transaction = chance.randint(1, 300), f"h-{chance.randint(0, 30)}", f"t-{chance.randint(0, 60)}"
    owner = chance.choice([Owner.PUBLIC, Owner.PUBLIC, Owner.REFUND])
    return chance.choice(
        [
            wal.CreditWallet(amount * 3, currency, "cash-desk", "r", transaction, owner),
            wal.CreditWallet(amount * 3, currency, "cash-desk", "r", transaction),
            wal.DebitWallet(amount, currency, "shop", "r", transaction),
            wal.PlaceHold(hold, amount, currency, NOW if owner is Owner.PUBLIC else None, owner),
            wal.PlaceHold(hold, amount, currency, NOW),
            wal.CaptureHold(hold, chance.choice([None, amount]), owner),
            wal.ReleaseHold(hold, owner),
            wal.ExpireHold(hold),
            wal.ReverseTransaction(transaction, "wrong", owner),
            wal.ChangeWalletLimits(chance.choice([None, amount * 100]), chance.choice([None, amount * 100])),
            chance.choice([wal.SuspendWallet("lost"), wal.ActivateWallet(), wal.ActivateWallet()]),
        ]
    )


def _payment_command(chance: random.Random) -> Any:
    refund, amount = f"r-{chance.randint(0, 6)}", chance.choice([100_00, 150_00, 250_00])
    status = chance.choice([*OutcomeStatus])
    transaction = chance.choice(["900000", "900001"])
    outcome = pay.RecordGatewayOutcome(status, transaction, 500_00, "EGP", 12_50, "d", "700001", "1001")
    return chance.choice(
        [
            ACCEPTED,
            OUTCOME,
            outcome,
            pay.CancelPayment("changed my mind") if chance.random() < 0.5 else outcome,
            pay.RequestRefund(amount, "wrong top-up", refund),
            pay.RequestRefund(amount, "wrong top-up", refund),
            pay.RecordRefundOutcome(refund, chance.choice([*RefundOutcomeStatus]), "g-1"),
            pay.RecordRefundOutcome(refund, RefundOutcomeStatus.COMPLETED, "g-1"),
        ]
    )
