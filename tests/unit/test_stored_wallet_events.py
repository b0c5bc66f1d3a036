"""The stored format of wallets: one golden file of each event type and version, which every later code must read."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.clocks import SeededIds
from ledger.domain.kinds import Event
from ledger.domain.wallet.events import (
    EVENTS,
    Direction,
    HoldCaptured,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    Owner,
    TransactionReversed,
    WalletActivated,
    WalletClosed,
    WalletCreated,
    WalletCredited,
    WalletDebited,
    WalletLimitsChanged,
    WalletSuspended,
)
from ledger.domain.wallet.limits import OwnerClass
from ledger.messages.codec import EventCodec, EventData
from ledger.messages.envelope import canonical_json
from tests.support.wallets import TODAY

FOLDER = Path(__file__).parent / "stored_events_wallet"
WALLET = "wallet-1"
CODEC = EventCodec(EVENTS)

SAMPLES: tuple[Event, ...] = (
    WalletCreated("user-123", OwnerClass.LICENSED_MICRO_ENTERPRISE, "EGP", 60_000_00, None),
    WalletActivated(),
    WalletSuspended("lost phone"),
    WalletClosed("left"),
    WalletCredited("txn_1", 500_00, "EGP", "cash-desk", "receipt-2", Owner.PUBLIC),
    WalletDebited("txn_2", 350_00, "EGP", "purchase", "till-7", TODAY),
    HoldPlaced(
        "hold-1", 400_00, "EGP", "order", "order-9", Owner.PUBLIC, TODAY, datetime(2026, 11, 30, 9, 15, 0, 5, UTC)
    ),
    HoldCaptured("hold-1", "txn_3", 150_00, 250_00, "EGP", "order", Owner.COPAY),
    HoldReleased("hold-1", 400_00, "EGP", Owner.TRANSFER),
    HoldExpired("hold-1", 400_00, "EGP", Owner.PUBLIC),
    WalletLimitsChanged(None, 100_000_00),
    TransactionReversed("txn_4", "txn_2", Direction.DEBIT, 350_00, "EGP", "purchase", Owner.PUBLIC, "goods returned"),
)


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_a_stored_event_is_read_and_written_as_it_always_was(event: Event) -> None:
    golden = json.loads((FOLDER / f"{type(event).__name__}.1.json").read_text(encoding="utf-8"))
    kept = EventData(golden["type"], golden["schemaVersion"], canonical_json(golden["data"]))
    assert CODEC.decode(WALLET, kept, {}) == event
    assert CODEC.encode(WALLET, event, {}, SeededIds(7).random_bytes) == kept


def test_every_event_has_its_golden_file_and_every_file_its_event() -> None:
    assert {type(event) for event in SAMPLES} == set(EVENTS)
    assert {path.name.split(".")[0] for path in FOLDER.iterdir()} == {event.__name__ for event in EVENTS}


def test_a_wallet_holds_nothing_that_is_sealed() -> None:
    assert not any(CODEC.persons(event) for event in SAMPLES)
