"""What a wallet's events post."""

from dataclasses import replace

import pytest

from ledger.domain.journal.all import Posting, Side, postings
from ledger.domain.kinds import Event
from ledger.domain.wallet.events import (
    Direction,
    HoldExpired,
    HoldReleased,
    Owner,
    TransactionReversed,
    WalletActivated,
)
from tests.support.wallets import CAPTURED, CREATED, CREDITED, DEBITED, HELD

WALLET, HOLDS = "wallet:w-1", "wallet-holds:w-1"
REVERSED = TransactionReversed("txn_2", "txn_0", Direction.CREDIT, 9, "EGP", "cash-desk", Owner.PUBLIC, "x")


def entry(*lines: tuple[str, str, int]) -> tuple[Posting, ...]:
    """Each line: debit, credit, amount."""
    sides = (Side.DEBIT, Side.CREDIT)
    return tuple(
        Posting(account, side, amount, "EGP")
        for *accounts, amount in lines
        for account, side in zip(accounts, sides, strict=True)
    )


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (CREATED, ()),
        (WalletActivated(), ()),
        (CREDITED, (("adjustments:cash-desk", WALLET, 1_000_00),)),
        (replace(CREDITED, owner=Owner.TRANSFER), (("transfers:clearing", WALLET, 1_000_00),)),
        (replace(CREDITED, owner=Owner.COPAY), (("transfers:clearing", WALLET, 1_000_00),)),
        (replace(CREDITED, owner=Owner.TOP_UP), (("suspense", WALLET, 1_000_00),)),
        (DEBITED, ((WALLET, "adjustments:purchase", 350_00),)),
        (HELD, ((WALLET, HOLDS, 400_00),)),
        (HoldReleased("hold-1", 400_00, "EGP", Owner.PUBLIC), ((HOLDS, WALLET, 400_00),)),
        (HoldExpired("hold-1", 400_00, "EGP", Owner.PUBLIC), ((HOLDS, WALLET, 400_00),)),
        (CAPTURED, ((HOLDS, "adjustments:order", 400_00),)),
        (
            replace(CAPTURED, amount_minor=1, released_minor=3, owner=Owner.COPAY),
            ((HOLDS, "transfers:clearing", 1), (HOLDS, WALLET, 3)),
        ),
        (replace(CAPTURED, owner=Owner.REFUND), ((HOLDS, "suspense", 400_00),)),
        (REVERSED, ((WALLET, "adjustments:cash-desk", 9),)),
        (replace(REVERSED, direction=Direction.DEBIT), (("adjustments:cash-desk", WALLET, 9),)),
        (replace(REVERSED, owner=Owner.TOP_UP), ((WALLET, "suspense", 9),)),
    ],
)
def test_every_movement_has_its_two_sides(event: Event, lines: tuple[tuple[str, str, int], ...]) -> None:
    assert postings(event, "w-1") == entry(*lines)
