"""The stored format is for ever: one golden file of each event type and version, which every later code must read."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from ledger.clocks import SeededIds
from ledger.domain.kinds import Erased, Event
from ledger.domain.medcard.events import (
    EVENTS,
    PLAN_UNNAMED,
    BeneficiaryAdded,
    BeneficiaryRemoved,
    BeneficiaryUpdated,
    HolderUpdated,
    MedCardActivated,
    MedCardClosed,
    MedCardCreated,
    MedCardRenewed,
    MedCardSuspended,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReleased,
    PrescriptionClaimReserved,
    PrescriptionClaimReversed,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)
from ledger.domain.medcard.insurance_events import (
    InsuranceClaimAppealed,
    InsuranceClaimApproved,
    InsuranceClaimFiled,
    InsuranceClaimPaid,
    InsuranceClaimRejected,
    InsuranceClaimReviewStarted,
    InsuranceLine,
)
from ledger.domain.medcard.terms_events import (
    CopaymentChanged,
    MonthlyLimitChanged,
    MonthlyLimitChangeRejected,
    MonthlyLimitChangeRequested,
    TierDowngraded,
    TierUpgraded,
)
from ledger.domain.tiers import CardType
from ledger.messages.codec import CODECS, EventCodec, EventData, UnknownEvent
from ledger.messages.envelope import canonical_json, parse_positions, recanonical, time_text
from ledger.messages.schemas import SCHEMA_VERSIONS, UPCASTERS
from ledger.messages.sealing import SealBroken
from tests.support.cards import CREATED, HOLDER, NOW, PANADOL, TODAY, paid

FOLDER = Path(__file__).parent / "stored_events"
CARD = "medcard-456"
KEYS = {"user-123": AESGCM(bytes(range(32))), "child-1": AESGCM(bytes(range(1, 33)))}
CODEC = CODECS["medcard"]
Sample = TypeVar("Sample", bound=Event)

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
    PrescriptionClaimReversed(
        "clm_1", "rx-789", 0, "pharmacy-101", "user-123", "2026-11", "EGP", 350_00, 280_00, *("x", "default")
    ),
    PrescriptionVoidPending("rx-3", 0, "pharmacy-101", datetime(2026, 12, 23, 9, 15, 0, 5, UTC), "returned"),
    MedCardRenewed(date(2029, 12, 31)),
    HolderUpdated("user-123", replace(HOLDER, phone_number="+201000000000")),
    BeneficiaryAdded("child-1", "CHILD", 500_00, replace(HOLDER, name="Mona Ahmed")),
    BeneficiaryUpdated("child-1", "OTHER", None, replace(HOLDER, name="Mona A.")),
    BeneficiaryRemoved("child-1", "of age"),
    PrescriptionClaimReserved(
        *("clm_4", "rx-4", 0, "pharmacy-101", "user-123", TODAY, "2026-11", "EGP", 350_00, 280_00, 70_00),
        *("default", "wallet-1", 70_00, NOW, 7),
        (PANADOL,),
    ),
    PrescriptionClaimReleased(
        *("clm_4", "rx-4", 0, "pharmacy-101", "user-123", "2026-11", "EGP", 350_00, 280_00),
        ("copay_not_funded",),
        "insufficient_funds",
    ),
    MonthlyLimitChanged(6_000_00, "chronic", "lim_1"),
    MonthlyLimitChangeRequested("lim_1", 6_000_00, "olga", "chronic"),
    MonthlyLimitChangeRejected("lim_1", "no"),
    CopaymentChanged(12_50, "loyal"),
    TierUpgraded(CardType.PLATINUM, CardType.GOLD, 10_000_00, 10_00, "loyal"),
    TierDowngraded(CardType.BRONZE, CardType.GOLD, 1_000_00, 40_00, "asked for"),
    InsuranceClaimFiled(
        *("icl_1", "clinic-1", "default", "user-123", TODAY, "2026", "EGP", 1_000_00, ("doc-1",)),
        ("J45",),
        (InsuranceLine("99213", "Visit", 600_00),),
    ),
    InsuranceClaimReviewStarted("icl_1"),
    InsuranceClaimApproved(
        "icl_1", "clinic-1", "default", "user-123", "2026", "EGP", 1_000_00, 400_00, 300_00, ("tariff",)
    ),
    InsuranceClaimRejected("icl_1", "clinic-1", "default", "user-123", "2026", "EGP", 1_000_00, 300_00, ("late",)),
    InsuranceClaimPaid("icl_1", "clinic-1", "default", "user-123", "EGP", 400_00, 399_00, "wire-1", ("tax",)),
    InsuranceClaimAppealed("icl_1", "user-123", ("doc-2",), "the visit was urgent"),
)


def sample(event_class: type[Sample]) -> Sample:
    """The sample of this class."""
    [found] = [event for event in SAMPLES if isinstance(event, event_class)]
    return found


# Fields that an event gained later, by the name of the golden file: the samples above are stored as before those.
LATER: dict[str, Event] = {
    "MedCardCreated.1.of-tier": replace(CREATED, monthly_limit_of_tier=True, copayment_of_tier=True),
    "PrescriptionClaimed.2.from-wallet": paid(wallet_id="wallet-1", wallet_minor=70_00),
    "PrescriptionClaimed.2.offline": paid(captured_at=NOW, sequence=7),
    "PrescriptionClaimRejected.1.offline": PrescriptionClaimRejected(
        *("clm_2", "rx-1", 1, "pharmacy-101", "user-123", TODAY, "2026-11", "EGP", 1, ("card_expired",), (PANADOL,)),
        captured_at=NOW,
        sequence=8,
    ),
    "PrescriptionClaimVoided.1.offline": PrescriptionClaimVoided(
        *("clm_3", "rx-2", 0, "pharmacy-101", "user-123", TODAY, "2026-11", "EGP", 350_00),
        captured_at=NOW,
        sequence=9,
    ),
    "PrescriptionClaimReversed.2.from-wallet": PrescriptionClaimReversed(
        *("clm_1", "rx-789", 0, "pharmacy-101", "user-123", "2026-11", "EGP", 350_00, 280_00, "x"),
        plan_id="default",
        wallet_id="wallet-1",
        wallet_minor=70_00,
    ),
}
GOLDEN = {f"{type(event).__name__}.{SCHEMA_VERSIONS.get(type(event), 1)}": event for event in SAMPLES} | LATER

# What earlier schema versions have left in the log, by the name of the golden file, and what it is read as.
OLDER: dict[str, Event] = {
    "PrescriptionClaimed.1": replace(sample(PrescriptionClaimed), plan_id=PLAN_UNNAMED),
    "PrescriptionClaimed.1.from-wallet": LATER["PrescriptionClaimed.2.from-wallet"],
    "PrescriptionClaimed.1.offline": LATER["PrescriptionClaimed.2.offline"],
    "PrescriptionClaimReversed.1": replace(sample(PrescriptionClaimReversed), plan_id=PLAN_UNNAMED),
    "PrescriptionClaimReversed.1.from-wallet": LATER["PrescriptionClaimReversed.2.from-wallet"],
}


def stored(event: Event) -> EventData:
    return CODEC.encode(CARD, event, KEYS, SeededIds(7).random_bytes)


def kept(name: str) -> EventData:
    """A golden file."""
    golden = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return EventData(golden["type"], golden["schemaVersion"], canonical_json(golden["data"]))


@pytest.mark.parametrize(("name", "event"), GOLDEN.items(), ids=GOLDEN)
def test_a_stored_event_is_read_and_written_as_it_always_was(name: str, event: Event) -> None:
    assert CODEC.decode(CARD, kept(name), KEYS) == event
    assert stored(event) == kept(name)


@pytest.mark.parametrize(("name", "event"), OLDER.items(), ids=OLDER)
def test_an_event_of_an_earlier_schema_version_is_read_as_one_of_today(name: str, event: Event) -> None:
    assert kept(name).schema_version < SCHEMA_VERSIONS[type(event)]
    assert CODEC.decode(CARD, kept(name), KEYS) == event
    assert CODEC.sealed_persons(kept(name)) == CODEC.persons(event)


def test_every_version_below_the_current_has_its_step_and_its_golden_file() -> None:
    older = {(event_class.__name__, version) for event_class in SCHEMA_VERSIONS for version in older_than(event_class)}
    assert set(UPCASTERS) == older
    assert {(kept(name).type, kept(name).schema_version) for name in OLDER} == older


def older_than(event_class: type[Event]) -> range:
    return range(1, SCHEMA_VERSIONS[event_class])


def test_every_event_has_its_golden_file_and_every_file_its_event() -> None:
    assert {type(event) for event in SAMPLES} == set(EVENTS)
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.json" for name in GOLDEN | OLDER}


def test_leaves_are_strings_integers_booleans_and_nulls() -> None:
    def leaves(value: Any) -> list[Any]:
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return [value] if parts is None else [leaf for part in parts for leaf in leaves(part)]

    for event in GOLDEN.values():
        for leaf in leaves(msgspec.json.decode(stored(event).data)):
            assert leaf is None or isinstance(leaf, str | int), leaf


def test_no_personal_data_stands_in_the_clear() -> None:
    data = b"".join(stored(event).data for event in GOLDEN.values())
    secrets = (b"12345678901234", b"Ahmed", b"Mona", b"1990", b"201234567890", b"201000000000", b"Panadol", b"DRUG001")
    for secret in (*secrets, b"J45", b"99213", b"Visit", b"urgent"):
        assert secret not in data


def test_an_erased_person_reads_as_erased_and_the_amounts_stay() -> None:
    read = CODEC.decode(CARD, stored(paid()), {})
    assert read == replace(paid(), items=Erased())


def test_an_event_of_a_person_already_erased_keeps_nothing_personal() -> None:
    data = CODEC.encode(CARD, paid(), {}, SeededIds(7).random_bytes)
    assert CODEC.decode(CARD, data, KEYS) == replace(paid(), items=Erased())


def test_what_was_erased_before_it_is_stored_again_stays_erased() -> None:
    """As when a reserved claim is paid after its patient was erased."""
    again = replace(paid(), items=Erased())
    data = CODEC.encode(CARD, again, KEYS, SeededIds(7).random_bytes)
    assert CODEC.decode(CARD, data, KEYS) == again
    assert CODEC.sealed_persons(data) == {"user-123"}


def test_an_event_of_before_a_field_was_added_reads_with_its_default() -> None:
    online, offline = paid(), paid(sequence=7)
    assert b"sequence" not in stored(online).data
    assert CODEC.decode(CARD, stored(online), KEYS) == online
    assert b"sequence" in stored(offline).data


def test_a_sealed_field_cannot_be_moved_to_another_card_or_changed() -> None:
    with pytest.raises(SealBroken):
        CODEC.decode("medcard-2", stored(paid()), KEYS)
    with pytest.raises(SealBroken):
        CODEC.decode(CARD, stored(paid()), {"user-123": AESGCM(bytes(32))})


@pytest.mark.parametrize("unknown", [("MedCardPainted", 1), ("MedCardActivated", 2), ("PrescriptionClaimed", 3)])
def test_an_unknown_event_or_a_newer_version_fails_loudly(unknown: tuple[str, int]) -> None:
    with pytest.raises(UnknownEvent):
        CODEC.decode(CARD, EventData(*unknown, b"{}"), {})


def test_an_older_version_is_brought_up_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCHEMA_VERSIONS, MedCardSuspended, 3)
    monkeypatch.setitem(UPCASTERS, ("MedCardSuspended", 1), lambda data: {"why": data["cause"]})
    monkeypatch.setitem(UPCASTERS, ("MedCardSuspended", 2), lambda data: {"reason": data["why"].upper()})
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
