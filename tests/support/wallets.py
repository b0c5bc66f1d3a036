"""Given, when, then for wallets, and wallets to begin with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from ledger.domain.context import Context
from ledger.domain.kinds import Event
from ledger.domain.wallet.commands import Command, CreateWallet, CreditWallet, DebitWallet, PlaceHold
from ledger.domain.wallet.decide import Decision, decide
from ledger.domain.wallet.events import (
    HoldCaptured,
    HoldPlaced,
    Owner,
    WalletActivated,
    WalletClosed,
    WalletCreated,
    WalletCredited,
    WalletDebited,
    WalletSuspended,
)
from ledger.domain.wallet.limits import OwnerClass
from ledger.domain.wallet.state import Wallet, evolve

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
TODAY = date(2026, 11, 23)

CREATE = CreateWallet("user-123", "EGP")
CREATED = WalletCreated("user-123", OwnerClass.INDIVIDUAL, "EGP", None, None)
ACTIVE = (CREATED, WalletActivated())
CREDITED = WalletCredited("txn_0", 1_000_00, "EGP", "cash-desk", "receipt-1", Owner.PUBLIC)
RICH = (*ACTIVE, CREDITED)
SUSPENDED = (*RICH, WalletSuspended("lost phone"))
CLOSED = (*ACTIVE, WalletClosed("left"))

CREDIT = CreditWallet(500_00, "EGP", "cash-desk", "receipt-2")
DEBIT = DebitWallet(350_00, "EGP", "purchase", "till-7")
DEBITED = WalletDebited("txn_1", 350_00, "EGP", "purchase", "till-7", TODAY)
HOLD = PlaceHold("hold-1", 400_00, "EGP", purpose="order", reference="order-9")
HELD = HoldPlaced("hold-1", 400_00, "EGP", "order", "order-9", Owner.PUBLIC, TODAY, None)
CAPTURED = HoldCaptured("hold-1", "txn_1", 400_00, 0, "EGP", "order", Owner.PUBLIC)


def context(command_id: str = "1", *, at: datetime = NOW) -> Context:
    return Context(at, "tester", "ADMIN", command_id)


def wallet_after(events: Sequence[Event]) -> Wallet:
    wallet: Wallet | None = None
    for event in events:
        wallet = evolve(wallet, event)
    assert wallet is not None
    return wallet


def when(given: Sequence[Event], command: Command, at: Context | None = None) -> Decision:
    """What a wallet with this past answers."""
    return decide(wallet_after(given) if given else None, command, at or context())


def happened(given: Sequence[Event], command: Command, at: Context | None = None) -> Event:
    """As `when`, of a command that is not refused."""
    answer = when(given, command, at)
    assert isinstance(answer, Event), answer
    return answer


def owned(owner: Owner, event: HoldPlaced = HELD) -> HoldPlaced:
    """The example's hold as a process places it."""
    return replace(event, owner=owner)


def spent(*amounts_minor: int, day: date = TODAY) -> tuple[Event, ...]:
    """Each amount credited, and debited on a day."""
    events: list[Event] = []
    for number, amount_minor in enumerate(amounts_minor):
        events.append(replace(CREDITED, transaction_id=f"in-{day}-{number}", amount_minor=amount_minor))
        events.append(replace(DEBITED, transaction_id=f"out-{day}-{number}", amount_minor=amount_minor, day=day))
    return tuple(events)
