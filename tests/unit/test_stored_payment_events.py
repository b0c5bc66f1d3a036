"""The stored format of payments: one golden file of each event type and version, which every later code must read."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.clocks import SeededIds
from ledger.domain.kinds import Erased, Event
from ledger.domain.payment.events import EVENTS, Customer, PaymentCancelled
from ledger.messages.codec import EventCodec, EventData
from ledger.messages.envelope import canonical_json
from tests.support.payments import (
    COMPLETED,
    DISPUTED,
    EXPIRED,
    FAILED,
    INITIATED,
    NOT_REFUNDED,
    PENDING,
    REFUNDED,
    REQUESTED,
)

FOLDER = Path(__file__).parent / "stored_events_payment"
PAYMENT = "payment-1"
KEYS = {"user-123": AESGCM(bytes(range(32)))}
CODEC = EventCodec(EVENTS)

SAMPLES: tuple[Event, ...] = (
    INITIATED,
    PENDING,
    COMPLETED,
    replace(FAILED, late=True),
    EXPIRED,
    DISPUTED,
    PaymentCancelled("changed my mind"),
    REQUESTED,
    REFUNDED,
    NOT_REFUNDED,
)


def stored(event: Event) -> EventData:
    return CODEC.encode(PAYMENT, event, KEYS, SeededIds(7).random_bytes)


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_a_stored_event_is_read_and_written_as_it_always_was(event: Event) -> None:
    golden = json.loads((FOLDER / f"{type(event).__name__}.1.json").read_text(encoding="utf-8"))
    kept = EventData(golden["type"], golden["schemaVersion"], canonical_json(golden["data"]))
    assert CODEC.decode(PAYMENT, kept, KEYS) == event
    assert stored(event) == kept


def test_every_event_has_its_golden_file_and_every_file_its_event() -> None:
    assert {type(event) for event in SAMPLES} == set(EVENTS)
    assert {path.name.split(".")[0] for path in FOLDER.iterdir()} == {event.__name__ for event in EVENTS}


def test_a_customer_stands_nowhere_in_the_clear_and_the_amounts_survive_his_erasure() -> None:
    assert CODEC.persons(INITIATED) == {"user-123"}
    data = stored(INITIATED)
    for secret in (b"Ahmed", b"ahmed@", b"201234567890"):
        assert secret not in data.data
    assert CODEC.decode(PAYMENT, data, {}) == replace(INITIATED, customer=Erased())


def test_a_customer_without_an_email_is_read_as_he_was_written() -> None:
    plain = replace(INITIATED, customer=Customer("Mona", "+20100"))
    assert CODEC.decode(PAYMENT, stored(plain), KEYS) == plain


def test_only_an_initiation_speaks_of_a_person() -> None:
    assert not any(CODEC.persons(event) for event in SAMPLES if event is not INITIATED)
