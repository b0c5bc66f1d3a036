"""States that are written and read in the middle of their life go on as if nothing had happened to them."""

from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from ledger.clocks import SeededIds
from ledger.domain.kinds import Erased
from ledger.messages.codec import CODECS
from ledger.messages.sealing import SealBroken
from ledger.messages.snapshots import SLICE_ENTRIES_MAX, STATE_CODECS, UnknownSnapshot
from ledger.messages.state_parts import part_of
from tests.support.cards import ACTIVE, card_after, paid
from tests.support.payments import INITIATED, payment_after
from tests.support.snapshots import loaded, persons_of, stored
from tests.unit.test_medcard_machine import PEOPLE, CardMachine
from tests.unit.test_payment_machine import PaymentMachine
from tests.unit.test_pharmacy_machine import PharmacyMachine
from tests.unit.test_wallet_machine import WalletMachine

KEYS = {person: AESGCM(bytes([number]) * 32) for number, person in enumerate((*PEOPLE, "user-123"))}
USUAL = settings(max_examples=40, stateful_step_count=40, deadline=None)
CARDS = STATE_CODECS["medcard"]


class _Resumed:
    """One more rule for a machine: its state leaves memory and comes back. The machine then foretells as before."""

    aggregate_type: str

    @rule()
    def leaves_and_comes_back(self) -> None:
        codec, before = STATE_CODECS[self.aggregate_type], getattr(self, self.aggregate_type)
        assert persons_of(codec, before) <= KEYS.keys()
        after = loaded(codec, "an id", stored(codec, "an id", before, KEYS), KEYS)
        assert after == before
        setattr(self, self.aggregate_type, after)


class ResumedWallet(_Resumed, WalletMachine):
    aggregate_type = "wallet"


class ResumedPayment(_Resumed, PaymentMachine):
    aggregate_type = "payment"


class ResumedPharmacy(_Resumed, PharmacyMachine):
    aggregate_type = "pharmacy"


class ResumedCard(_Resumed, CardMachine):
    aggregate_type = "medcard"

    @property
    def medcard(self) -> Any:
        return self.card

    @medcard.setter
    def medcard(self, card: Any) -> None:
        self.card = card

    @rule(erased=st.sets(st.sampled_from(PEOPLE)))
    def what_the_snapshot_forgets_is_what_the_events_forget(self, erased: set[str]) -> None:
        written, left = stored(CARDS, "an id", self.card, KEYS), {k: v for k, v in KEYS.items() if k not in erased}
        codec, ids = CODECS["medcard"], SeededIds(7)
        kept = [codec.encode("an id", event, KEYS, ids.random_bytes) for event in self.events]
        replayed = card_after([codec.decode("an id", event, left) for event in kept])
        assert loaded(CARDS, "an id", written, left) == replayed


TestResumedWallet, TestResumedPayment = ResumedWallet.TestCase, ResumedPayment.TestCase
TestResumedPharmacy, TestResumedCard = ResumedPharmacy.TestCase, ResumedCard.TestCase
TestResumedWallet.settings = TestResumedPayment.settings = USUAL
TestResumedPharmacy.settings = TestResumedCard.settings = USUAL


def test_a_large_state_is_written_a_little_at_a_time() -> None:
    claims = [paid(claim_id=f"clm_{number}", prescription_id=f"rx-{number}") for number in range(4 * SLICE_ENTRIES_MAX)]
    card = card_after((*ACTIVE, *claims))
    parts = list(CARDS.slices(card))
    assert len(parts) > 8
    assert all(part.table is None or len(part.content) <= SLICE_ENTRIES_MAX for part in parts)
    assert loaded(CARDS, "card", stored(CARDS, "card", card, KEYS), KEYS) == card


@pytest.mark.parametrize("schema_version", [0, CARDS.schema_version + 1])
def test_a_snapshot_of_another_schema_version_is_not_read(schema_version: int) -> None:
    with pytest.raises(UnknownSnapshot):
        CARDS.reader(schema_version)


def test_a_box_cannot_be_moved_to_another_aggregate_or_from_an_event() -> None:
    written = stored(CARDS, "card-1", card_after(ACTIVE), KEYS)
    with pytest.raises(SealBroken):
        loaded(CARDS, "card-2", written, KEYS)
    event = CODECS["medcard"].encode("card-1", ACTIVE[0], KEYS, SeededIds(9).random_bytes)
    own = msgspec.json.decode(written.split(b"\n")[0])["origin"]["holder"]["sealed"]
    moved = msgspec.json.decode(event.data)["holder"]["sealed"]
    forged = written.replace(own.encode(), moved.encode())
    assert forged != written
    with pytest.raises(SealBroken):
        loaded(CARDS, "card-1", forged, KEYS)


def test_who_was_erased_stays_erased_in_a_snapshot_taken_afterwards() -> None:
    codec = STATE_CODECS["payment"]
    payment = payment_after([INITIATED])
    read = loaded(codec, "p", stored(codec, "p", payment, {}), KEYS)
    assert read.origin.customer == Erased()
    assert loaded(codec, "p", stored(codec, "p", read, KEYS), KEYS) == read


def test_a_type_whose_stored_form_nobody_has_thought_of_is_no_part_of_a_state() -> None:
    with pytest.raises(TypeError, match="no stored form"):
        part_of(int | dict[str, int])
