"""The stored format of pharmacies: one golden file of each event type and version, which every later code must read."""

import json
from pathlib import Path

import pytest

from ledger.clocks import SeededIds
from ledger.domain.kinds import Event
from ledger.domain.pharmacy.events import EVENTS, PharmacyContracted, PharmacySuspended, TerminalRegistered
from ledger.domain.pharmacy.events import TerminalRevoked as Revoked
from ledger.messages.codec import EventCodec, EventData
from ledger.messages.envelope import canonical_json
from tests.support.pharmacies import CLOSED, OPENED, REGISTERED, REMITTED

FOLDER = Path(__file__).parent / "stored_events_pharmacy"
PHARMACY = "pharmacy-101"
CODEC = EventCodec(EVENTS)

SAMPLES: tuple[Event, ...] = (
    REGISTERED,
    PharmacyContracted(),
    PharmacySuspended("fraud"),
    TerminalRegistered("t-17", 10, 5_000_00, 86_400),
    Revoked("t-17", "stolen"),
    OPENED,
    CLOSED,
    REMITTED,
)


def stored(event: Event) -> EventData:
    return CODEC.encode(PHARMACY, event, {}, SeededIds(7).random_bytes)


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_a_stored_event_is_read_and_written_as_it_always_was(event: Event) -> None:
    golden = json.loads((FOLDER / f"{type(event).__name__}.1.json").read_text(encoding="utf-8"))
    kept = EventData(golden["type"], golden["schemaVersion"], canonical_json(golden["data"]))
    assert CODEC.decode(PHARMACY, kept, {}) == event
    assert stored(event) == kept


def test_every_event_has_its_golden_file_and_every_file_its_event() -> None:
    assert {type(event) for event in SAMPLES} == set(EVENTS)
    assert {path.name for path in FOLDER.iterdir()} == {f"{event.__name__}.1.json" for event in EVENTS}


def test_nothing_of_a_pharmacy_is_sealed() -> None:
    assert all(CODEC.persons(event) == set() for event in SAMPLES)
