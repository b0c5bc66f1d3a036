"""Given events of pharmacies and insurance claims, when a batch is folded, then these are the rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from ledger.domain.kinds import Event
from ledger.domain.medcard.insurance_events import (
    InsuranceClaimAppealed,
    InsuranceClaimApproved,
    InsuranceClaimFiled,
    InsuranceClaimPaid,
    InsuranceClaimRejected,
    InsuranceClaimReviewStarted,
    InsuranceLine,
)
from ledger.domain.pharmacy.events import PharmacySuspended, TerminalRegistered, TerminalRevoked
from ledger.ports import Row
from projections.projection import changes_of, fact_of
from projections.registry import MEDCARD_GROUP
from tests.support.medcard_log import MedCardLog
from tests.support.pharmacies import CONTRACTED, OPENED, REGISTERED, REMITTED, WITH_TERMINAL
from tests.unit.test_stored_pharmacy_events import SAMPLES

FILED = InsuranceClaimFiled(
    claim_id="icl-1",
    provider_id="clinic-1",
    plan_id="plan-1",
    beneficiary_id="user-1",
    service_date=date(2026, 11, 20),
    year="2026",
    currency="EGP",
    claimed_minor=1_000_00,
    document_refs=("scan-1",),
    diagnosis_codes=("J45",),
    lines=(InsuranceLine("1", "x", 1_000_00),),
)
REVIEWED = InsuranceClaimReviewStarted("icl-1")
APPROVED = InsuranceClaimApproved(
    "icl-1", "clinic-1", "plan-1", "user-1", "2026", "EGP", 1_000_00, 600_00, 0, ("tariff",)
)
REJECTED = InsuranceClaimRejected("icl-1", "clinic-1", "plan-1", "user-1", "2026", "EGP", 1_000_00, 600_00, ("no",))
APPEALED = InsuranceClaimAppealed("icl-1", "user-1", ("scan-2",), "the report was missing")
PAID = InsuranceClaimPaid("icl-1", "clinic-1", "plan-1", "user-1", "EGP", 600_00, 500_00, "wire-1", ())
TERMINAL = TerminalRegistered("t-17", 10, 5_000_00, 86_400)


@pytest.fixture
def log() -> MedCardLog:
    return MedCardLog()


def rows(log: MedCardLog, *batches: Sequence[Event], of: str = "pharmacy") -> dict[str, list[Row]]:
    """All rows of the last batch, by statement."""
    *before, last = ([log.put("x-1", event, aggregate_type=of) for event in batch] for batch in batches)
    del before
    changes = changes_of(MEDCARD_GROUP.projections, [fact_of(envelope) for envelope in last])
    assert len({change.statement for change in changes}) == len(changes)
    return {change.statement: list(change.rows) for change in changes}


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_no_event_of_a_pharmacy_stops_the_projector(log: MedCardLog, event: Event) -> None:
    assert rows(log, [event])


def test_a_pharmacy_stands_as_its_newest_event_says(log: MedCardLog) -> None:
    [new] = rows(log, CONTRACTED)["insert_pharmacies"]
    assert (new["name"], new["status"], new["version"]) == ("El Ezaby", "CONTRACTED", 2)
    found = rows(log, [PharmacySuspended("audit"), REMITTED])
    assert list(found) == ["update_pharmacies"]
    [moved] = found["update_pharmacies"]
    assert (moved["status"], moved["version"]) == ("SUSPENDED", 4)


def test_what_is_not_its_contract_leaves_a_pharmacys_status_alone(log: MedCardLog) -> None:
    [moved] = rows(log, WITH_TERMINAL, [OPENED])["update_pharmacies"]
    assert (moved["status"], moved["version"]) == (None, 4)


def test_terminals_come_and_are_revoked(log: MedCardLog) -> None:
    [new] = rows(log, [REGISTERED], [TERMINAL])["insert_terminals"]
    assert (new["terminal_id"], new["offline_amount_max_minor"], new["revoked_at"]) == ("t-17", 5_000_00, None)
    found = rows(log, [TerminalRevoked("t-17", "lost")])
    assert found["revoke_terminals"][0]["revoked_at"] is not None
    other = replace(TERMINAL, terminal_id="t-18")
    together = rows(log, [other, TerminalRevoked("t-18", "lost")])
    assert together["insert_terminals"][0]["revoked_at"] is not None
    assert "revoke_terminals" not in together


def test_an_insurance_claim_is_one_row_however_much_happens_in_a_batch(log: MedCardLog) -> None:
    found = rows(log, [FILED, REVIEWED, APPROVED, APPEALED, REVIEWED, REJECTED], of="medcard")
    assert "update_claims" not in found
    [claim] = found["insert_claims"]
    assert (claim["status"], claim["approved_minor"], claim["reason_codes"]) == ("REJECTED", 0, ("no",))
    assert claim["document_refs"] == ("scan-1", "scan-2")
    assert claim["appeal_reason"] is not None


def test_a_later_batch_names_only_what_moved(log: MedCardLog) -> None:
    [reviewed] = rows(log, [FILED], [REVIEWED], of="medcard")["update_claims"]
    assert reviewed["status"] == "UNDER_REVIEW"
    assert not {"approved_minor", "reason_codes", "appeal_reason", "paid_minor"} & set(reviewed)
    [decided] = rows(log, [APPROVED, PAID], of="medcard")["update_claims"]
    assert (decided["status"], decided["approved_minor"], decided["paid_minor"]) == ("PAID", 600_00, 500_00)
    assert decided["payment_reference"] == "wire-1"


def test_an_approval_in_full_says_so(log: MedCardLog) -> None:
    in_full = replace(APPROVED, approved_minor=1_000_00)
    [claim] = rows(log, [FILED], [in_full], of="medcard")["update_claims"]
    assert claim["status"] == "APPROVED"
