"""The stored format is for ever: one golden file of each event type and version, which every later code must read."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from ledger.clocks import SeededIds
from ledger.domain.kinds import Erased, Event
from ledger.domain.medcard.events import (
    EVENTS,
    MedCardActivated,
    MedCardClosed,
    MedCardCreated,
    MedCardSuspended,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)
from ledger.messages import codec as codec_module
from ledger.messages.codec import CODECS, EventCodec, EventData, UnknownEvent
from ledger.messages.envelope import canonical_json, parse_positions, recanonical, time_text
from ledger.messages.sealing import SealBroken
from tests.support.cards import CREATED, PANADOL, TODAY, paid

FOLDER = Path(__file__).parent / "stored_events"
CARD = "medcard-456"
KEYS = {"user-123": AESGCM(bytes(range(32)))}
CODEC = CODECS["medcard"]

SAMPLES: tuple[Event, ...] = (
    CREATED,
    MedCardActivated(),
    MedCardSuspended("lost"),
    MedCardClosed("left the plan"),
    paid(items=(replace(PANADOL, serial="S1", gtin="06221155041014", expiry=date(2028, 1, 31)), PANADOL)),
    PrescriptionClaimRejected(
        "clm_2", "rx-1", 1, "pharmacy-101", "user-123", TODAY, "2026-11", "EGP", 1, ("card_expired",), (PANADOL,)
    ),
    PrescriptionClaimVoided("clm_3", "rx-2", 0, "pharmacy-101", "user-123", TODAY, "2026-11", "EGP", 350_00),
    PrescriptionClaimReversed("clm_1", "rx-789", 0, "pharmacy-101", "user-123", "2026-11", "EGP", 350_00, 280_00, "x"),
    PrescriptionVoidPending("rx-3", 0, "pharmacy-101", datetime(2026, 12, 23, 9, 15, 0, 5, UTC), "returned"),
)


def stored(event: Event) -> EventData:
    return CODEC.encode(CARD, event, KEYS, SeededIds(7).random_bytes)


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_a_stored_event_is_read_and_written_as_it_always_was(event: Event) -> None:
    golden = json.loads((FOLDER / f"{type(event).__name__}.1.json").read_text(encoding="utf-8"))
    kept = EventData(golden["type"], golden["schemaVersion"], canonical_json(golden["data"]))
    assert CODEC.decode(CARD, kept, KEYS) == event
    assert stored(event) == kept


def test_every_event_has_its_golden_file_and_every_file_its_event() -> None:
    assert {type(event) for event in SAMPLES} == set(EVENTS)
    assert {path.name.split(".")[0] for path in FOLDER.iterdir()} == {event.__name__ for event in EVENTS}


def test_leaves_are_strings_integers_booleans_and_nulls() -> None:
    def leaves(value: Any) -> list[Any]:
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return [value] if parts is None else [leaf for part in parts for leaf in leaves(part)]

    for event in SAMPLES:
        for leaf in leaves(msgspec.json.decode(stored(event).data)):
            assert leaf is None or isinstance(leaf, str | int), leaf


def test_no_personal_data_stands_in_the_clear() -> None:
    data = stored(CREATED).data + stored(paid()).data
    for secret in (b"12345678901234", b"Ahmed", b"1990", b"201234567890", b"Panadol", b"DRUG001"):
        assert secret not in data


def test_an_erased_person_reads_as_erased_and_the_amounts_stay() -> None:
    read = CODEC.decode(CARD, stored(paid()), {})
    assert read == replace(paid(), items=Erased())


def test_an_event_of_a_person_already_erased_keeps_nothing_personal() -> None:
    data = CODEC.encode(CARD, paid(), {}, SeededIds(7).random_bytes)
    assert CODEC.decode(CARD, data, KEYS) == replace(paid(), items=Erased())


def test_a_sealed_field_cannot_be_moved_to_another_card_or_changed() -> None:
    with pytest.raises(SealBroken):
        CODEC.decode("medcard-2", stored(paid()), KEYS)
    with pytest.raises(SealBroken):
        CODEC.decode(CARD, stored(paid()), {"user-123": AESGCM(bytes(32))})


@pytest.mark.parametrize("unknown", [("MedCardPainted", 1), ("MedCardActivated", 2)])
def test_an_unknown_event_or_a_newer_version_fails_loudly(unknown: tuple[str, int]) -> None:
    with pytest.raises(UnknownEvent):
        CODEC.decode(CARD, EventData(*unknown, b"{}"), {})


def test_an_older_version_is_brought_up_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(codec_module.SCHEMA_VERSIONS, MedCardSuspended, 3)
    monkeypatch.setitem(codec_module.UPCASTERS, ("MedCardSuspended", 1), lambda data: {"why": data["cause"]})
    monkeypatch.setitem(codec_module.UPCASTERS, ("MedCardSuspended", 2), lambda data: {"reason": data["why"].upper()})
    newer = EventCodec([MedCardSuspended])
    assert newer.decode(CARD, EventData("MedCardSuspended", 1, b'{"cause":"lost"}'), {}) == MedCardSuspended("LOST")
    assert newer.decode(CARD, EventData("MedCardSuspended", 2, b'{"why":"lost"}'), {}) == MedCardSuspended("LOST")


def test_only_the_persons_that_an_event_speaks_of_are_asked_for() -> None:
    assert CODEC.persons(CREATED) == {"user-123"}
    assert CODEC.persons(MedCardActivated()) == set()
    assert CODEC.sealed_persons(stored(paid())) == {"user-123"}
    assert isinstance(CODEC.decode(CARD, stored(CREATED), KEYS), MedCardCreated)
    assert isinstance(CODEC.decode(CARD, stored(paid()), KEYS), PrescriptionClaimed)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_canonical_bytes_survive_any_order_and_spacing(text: str) -> None:
    value = {"b": text, "a": {"d": 1, "c": [text, None]}, text: True}
    assert recanonical(json.dumps(value, indent=1)) == canonical_json(value)


def test_times_always_show_their_microseconds() -> None:
    assert time_text(datetime(2026, 11, 23, 9, tzinfo=UTC)) == "2026-11-23T09:00:00.000000Z"


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("medcard/1@1042", True),
        ("medcard/1@5, medcard/1@7,wallet/0@0", True),
        ("medcard/1", False),
        ("medcard/-1@5", False),
        ("medcard/01@5", False),
        ("", False),
        ("medcard/1@99999999999999999999", False),
    ],
)
def test_positions_are_read_from_a_comma_list(text: str, good: bool) -> None:
    assert (parse_positions(text) is not None) is good
