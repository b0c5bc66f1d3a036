"""The stored form of states: one golden file of each aggregate type and schema version.

Where one of these tests fails, the schema version in `STATE_CODECS` must go up, and a golden file be added: hosts then
ignore the snapshots of before, and read the events again. The golden states are made from events, so that a change of
what `evolve` makes of them shows as well.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.domain.medcard import insurance_events
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    MedCardActivated,
    PrescriptionClaimReserved,
    PrescriptionClaimReversed,
    PrescriptionVoidPending,
)
from ledger.domain.medcard.terms_events import MonthlyLimitChangeRequested
from ledger.domain.pharmacy.events import TerminalRevoked
from ledger.domain.wallet.events import Direction, Owner, TransactionReversed
from ledger.messages.snapshots import STATE_CODECS, StateCodec, UnknownSnapshot
from tests.support import payments, pharmacies, wallets
from tests.support.cards import CREATED, HOLDER, NOW, PANADOL, TODAY, card_after, paid
from tests.support.snapshots import loaded, stored

FOLDER = Path(__file__).parent / "stored_snapshots"
KEYS = {"user-123": AESGCM(bytes(range(32))), "child-1": AESGCM(bytes(range(1, 33)))}
INSURED = ("icl_1", "clinic-1", "default", "child-1")

CARD = card_after(
    [
        replace(CREATED, monthly_limit_of_tier=True, copayment_of_tier=True, annual_limit_minor=9_000_00),
        MedCardActivated(),
        BeneficiaryAdded("child-1", "CHILD", 500_00, replace(HOLDER, name="Mona Ahmed")),
        paid(items=(replace(PANADOL, serial="S1"),)),
        paid(claim_id="clm_2", prescription_id="rx-2", items=(replace(PANADOL, serial="S2"),)),
        PrescriptionClaimReversed(
            *("clm_2", "rx-2", 0, "pharmacy-101", "user-123", "2026-11", "EGP", 350_00, 280_00, "x", "default")
        ),
        PrescriptionClaimReserved(
            *("clm_4", "rx-4", 0, "pharmacy-101", "user-123", TODAY, "2026-11", "EGP", 350_00, 280_00, 70_00),
            *("default", "wallet-1", 70_00, NOW, 7),
            (PANADOL,),
        ),
        PrescriptionVoidPending("rx-3", 0, "pharmacy-101", NOW, "returned"),
        MonthlyLimitChangeRequested("lim_1", 6_000_00, "olga", "chronic"),
        insurance_events.InsuranceClaimFiled(*INSURED, TODAY, "2026", "EGP", 1_000_00, (), ("J45",), ()),
        insurance_events.InsuranceClaimApproved(*INSURED, "2026", "EGP", 1_000_00, 400_00, 0, ()),
    ]
)
PAYMENT = payments.payment_after(
    [
        *payments.PAID,
        payments.DISPUTED,
        payments.REQUESTED,
        payments.REFUNDED,
        replace(payments.REQUESTED, refund_id="refund-2", amount_minor=50_00),
    ]
)
PHARMACY = pharmacies.pharmacy_after(
    [
        *pharmacies.WITH_TERMINAL,
        pharmacies.OPENED,
        pharmacies.CLOSED,
        TerminalRevoked("t-17", "stolen"),
        pharmacies.REMITTED,
    ]
)
WALLET = wallets.wallet_after(
    [
        *wallets.RICH,
        wallets.DEBITED,
        TransactionReversed("txn_9", "txn_1", Direction.DEBIT, 350_00, "EGP", "purchase", Owner.PUBLIC, "returned"),
        wallets.HELD,
        replace(wallets.CAPTURED, transaction_id="txn_3", amount_minor=150_00, released_minor=250_00),
        replace(wallets.HELD, hold_id="hold-2", amount_minor=10_00, expires_at=NOW),
    ]
)
GOLDEN: dict[str, Any] = {"medcard.1": CARD, "payment.1": PAYMENT, "pharmacy.1": PHARMACY, "wallet.1": WALLET}
"""By type and current version; a file of an older version stays, and its state goes."""


def golden(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def codec_of(name: str) -> StateCodec:
    return STATE_CODECS[name.split(".")[0]]


@pytest.mark.parametrize(("name", "state"), GOLDEN.items(), ids=GOLDEN)
def test_a_stored_state_is_read_and_written_as_it_always_was(name: str, state: Any) -> None:
    lines, codec = golden(name)["lines"], codec_of(name)
    assert [json.loads(line) for line in stored(codec, "an id", state, KEYS).split(b"\n")] == lines
    assert loaded(codec, "an id", b"\n".join(json.dumps(line).encode() for line in lines), KEYS) == state


def test_every_type_has_a_golden_file_of_its_current_version_and_older_ones_are_refused() -> None:
    assert {f"{name}.{codec.schema_version}" for name, codec in STATE_CODECS.items()} == set(GOLDEN)
    files = {path.stem for path in FOLDER.iterdir()}
    assert set(GOLDEN) <= files
    for name in files - set(GOLDEN):
        with pytest.raises(UnknownSnapshot):
            codec_of(name).reader(golden(name)["schemaVersion"])


def names_in(stored_type: Any) -> set[str]:
    """The names of a stored type and of all that it holds."""
    found = {name for argument in get_args(stored_type) for name in names_in(argument)}
    if isinstance(stored_type, type) and issubclass(stored_type, msgspec.Struct):
        for field in msgspec.structs.fields(stored_type):
            found |= {field.encode_name} | names_in(field.type)
    return found


def names_of(value: Any) -> set[str]:
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    own = set(value) if isinstance(value, dict) else set()
    return own | {name for part in parts for name in names_of(part)}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_stored_name_that_is_renamed_or_removed_shows_in_the_golden_file(name: str) -> None:
    codec, lines = codec_of(name), golden(name)["lines"]
    names = names_in(codec.root.stored_type).union(*(names_in(table.entry_type) for table in codec.tables.values()))
    assert names_of(lines) - {"table", "entries"} == names
    assert len({line["table"] for line in lines[1:]}) == len(codec.tables)


def test_no_personal_data_stands_in_the_clear() -> None:
    data = b"".join((FOLDER / f"{name}.json").read_bytes() for name in GOLDEN)
    secrets = (b"12345678901234", b"Ahmed", b"Mona", b"1990", b"201234567890", b"Panadol", b"DRUG001", b"J45")
    for secret in (*secrets, b'"S1"', b'"S2"', b"example.com"):
        assert secret not in data
