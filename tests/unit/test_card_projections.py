"""Given events of terms, beneficiaries, reservations and insurance, when a batch is folded, then these are the rows."""

from dataclasses import replace
from datetime import date

import msgspec
import pytest

from ledger.domain.kinds import Event
from ledger.domain.medcard.beneficiary_terms import PRIMARY
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    BeneficiaryRemoved,
    BeneficiaryUpdated,
    HolderUpdated,
    MedCardActivated,
    MedCardRenewed,
    PrescriptionClaimed,
    PrescriptionClaimReleased,
    PrescriptionClaimReserved,
)
from ledger.domain.medcard.terms_events import CopaymentChanged, MonthlyLimitChanged, TierUpgraded
from ledger.domain.tiers import CardType
from ledger.messages.envelope import Envelope
from ledger.ports import Row
from projections.projection import changes_of, fact_of
from projections.registry import MEDCARD_GROUP
from tests.support.medcard_log import HOLDER, MedCardLog, claimed, created, reversal
from tests.unit.test_stored_events import GOLDEN

CHILD = replace(HOLDER, name="Mona Hassan")
ADDED = BeneficiaryAdded("child-1", "CHILD", 500_00, CHILD)
UPDATED = BeneficiaryUpdated("child-1", "OTHER", None, CHILD)
REMOVED = BeneficiaryRemoved("child-1", "of age")


@pytest.fixture
def log() -> MedCardLog:
    return MedCardLog()


def rows(*envelopes: Envelope) -> dict[str, list[Row]]:
    """All rows of a batch, by statement."""
    changes = changes_of(MEDCARD_GROUP.projections, [fact_of(envelope) for envelope in envelopes])
    assert len({change.statement for change in changes}) == len(changes)
    return {change.statement: list(change.rows) for change in changes}


def from_wallet(claim_id: str) -> PrescriptionClaimed:
    return replace(claimed(claim_id), plan_id="plan-1", wallet_id="wallet-1", wallet_minor=70_00)


def reserved(claim_id: str) -> PrescriptionClaimReserved:
    claim = from_wallet(claim_id)
    names = PrescriptionClaimReserved.__dataclass_fields__
    return PrescriptionClaimReserved(**{name: getattr(claim, name) for name in names})


def released(claim_id: str, *codes: str) -> PrescriptionClaimReleased:
    claim = claimed(claim_id)
    fields = ("claim_id", "prescription_id", "fill_number", "pharmacy_id", "beneficiary_id", "month", "currency")
    values = {name: getattr(claim, name) for name in (*fields, "total_minor", "covered_minor")}
    return PrescriptionClaimReleased(**values, reject_codes=codes, reason="x")


@pytest.mark.parametrize("event", GOLDEN.values(), ids=GOLDEN)
def test_no_event_of_a_card_stops_the_projector(log: MedCardLog, event: Event) -> None:
    assert rows(log.put("card-1", event))


def test_what_an_event_does_not_move_is_not_in_its_row(log: MedCardLog) -> None:
    log.put("card-1", created())
    batch = [
        log.put("card-1", MedCardRenewed(date(2029, 1, 1))),
        log.put("card-1", MonthlyLimitChanged(7_00, "x", None)),
        log.put("card-1", CopaymentChanged(12_50, "x")),
    ]
    [card] = rows(*batch)["update_medcards"]
    assert card == {
        "medcard_id": "card-1",
        "status": None,
        "version": 4,
        "updated_at": batch[2].occurred_at,
        "expiry_date": date(2029, 1, 1),
        "monthly_limit_minor": 7_00,
        "copayment_basis_points": 12_50,
    }


def test_a_change_of_tier_brings_its_limit_and_copayment(log: MedCardLog) -> None:
    upgraded = TierUpgraded(CardType.PLATINUM, CardType.GOLD, 10_000_00, 10_00, "x")
    [card] = rows(log.put("card-1", created()), log.put("card-1", upgraded))["insert_medcards"]
    assert (card["card_type"], card["monthly_limit_minor"], card["copayment_basis_points"]) == (
        "PLATINUM",
        10_000_00,
        10_00,
    )
    assert (card["status"], card["version"]) == ("PENDING", 2)


def test_an_updated_holder_stands_in_both_lists_under_the_same_box(log: MedCardLog) -> None:
    log.put("card-1", created())
    event = log.put("card-1", HolderUpdated("user-1", replace(HOLDER, name="Amina H.")))
    found = rows(event)
    [card], [person] = found["update_medcards"], found["update_beneficiaries"]
    assert card["holder"] == person["person"]
    assert msgspec.json.decode(card["holder"]) == msgspec.json.decode(event.data)["holder"]
    assert set(person) == {"medcard_id", "beneficiary_id", "person"}


def test_a_limit_of_the_primary_holder_leaves_the_box_of_the_card_in_place(log: MedCardLog) -> None:
    log.put("card-1", created())
    [person] = rows(log.put("card-1", BeneficiaryUpdated("user-1", PRIMARY, 5_00, HOLDER)))["update_beneficiaries"]
    assert person == {
        "medcard_id": "card-1",
        "beneficiary_id": "user-1",
        "relation": "PRIMARY",
        "monthly_limit_minor": 5_00,
    }


def test_beneficiaries_come_change_and_go(log: MedCardLog) -> None:
    event = log.put("card-1", ADDED)
    [added] = rows(event)["insert_beneficiaries"]
    assert (added["beneficiary_id"], added["relation"], added["monthly_limit_minor"]) == ("child-1", "CHILD", 500_00)
    assert msgspec.json.decode(added["person"])["person"] == "child-1"
    assert added["since"] == event.occurred_at
    [changed] = rows(log.put("card-1", UPDATED))["update_beneficiaries"]
    assert (changed["relation"], changed["monthly_limit_minor"]) == ("OTHER", None)
    found = rows(log.put("card-1", REMOVED))
    assert found["delete_beneficiaries"] == [{"medcard_id": "card-1", "beneficiary_id": "child-1"}]


def test_a_batch_does_to_a_beneficiary_only_what_is_left_to_do(log: MedCardLog) -> None:
    came_and_went = rows(*[log.put("card-1", event) for event in (ADDED, UPDATED, REMOVED)])
    assert set(came_and_went) == {"update_medcards"}
    [came] = rows(log.put("card-1", ADDED), log.put("card-1", UPDATED))["insert_beneficiaries"]
    assert (came["relation"], came["monthly_limit_minor"]) == ("OTHER", None)
    went = rows(log.put("card-1", UPDATED), log.put("card-1", REMOVED))
    assert set(went) == {"update_medcards", "delete_beneficiaries"}
    back = rows(*[log.put("card-1", event) for event in (UPDATED, REMOVED, ADDED, UPDATED)])
    assert list(back) == ["update_medcards", "delete_beneficiaries", "insert_beneficiaries"]
    gone = rows(*[log.put("card-1", event) for event in (REMOVED, ADDED, REMOVED)])
    assert set(gone) == {"update_medcards", "delete_beneficiaries"}


def test_a_reserved_claim_is_listed_as_pending_with_its_amounts_and_spends_nothing_yet(log: MedCardLog) -> None:
    found = rows(log.put("card-1", reserved("c1")))
    [claim] = found["insert_prescriptions"]
    assert (claim["status"], claim["covered_minor"], claim["copay_minor"]) == ("PENDING", 280_00, 70_00)
    assert claim["items"] is not None
    assert "add_monthly_spend" not in found


def test_a_reserved_claim_that_is_paid_keeps_its_row_and_counts_once(log: MedCardLog) -> None:
    first = log.put("card-1", reserved("c1"))
    second = log.put("card-1", from_wallet("c1"))
    found = rows(second)
    [claim] = found["settle_prescriptions"]
    assert (claim["status"], claim["covered_minor"], claim["reject_codes"]) == ("PAID", 280_00, ())
    assert "insert_prescriptions" not in found
    assert found["add_monthly_spend"][0]["claims"] == 1
    [together] = rows(first, second)["insert_prescriptions"]
    assert (together["status"], together["position"]) == ("PAID", "medcard/0@1")


@pytest.mark.parametrize(("codes", "status"), [(("copay_not_funded",), "REJECTED"), ((), "REVERSED")])
def test_a_released_claim_is_rejected_or_was_taken_back(log: MedCardLog, codes: tuple[str, ...], status: str) -> None:
    first = log.put("card-1", reserved("c1"))
    second = log.put("card-1", released("c1", *codes))
    found = rows(second)
    [claim] = found["settle_prescriptions"]
    assert (claim["status"], claim["covered_minor"], claim["copay_minor"]) == (status, 0, 0)
    assert claim["reject_codes"] == codes
    assert (claim["reversed_at"] is not None) is (status == "REVERSED")
    assert "add_monthly_spend" not in found
    [together] = rows(first, second)["insert_prescriptions"]
    assert (together["status"], together["covered_minor"]) == (status, 0)


def test_a_claim_paid_from_a_wallet_and_reversed_is_reversed_in_one_row(log: MedCardLog) -> None:
    events = [log.put("card-1", event) for event in (reserved("c1"), from_wallet("c1"), reversal("c1"))]
    [claim] = rows(*events[1:])["settle_prescriptions"]
    assert (claim["status"], claim["reversed_at"]) == ("REVERSED", events[2].occurred_at)
    assert "reverse_prescriptions" not in rows(*events[1:])
    [together] = rows(*events)["insert_prescriptions"]
    assert together["status"] == "REVERSED"
    assert rows(*events)["add_monthly_spend"][0]["covered_minor"] == 0


def test_a_card_that_is_created_and_changed_in_one_batch_is_one_row(log: MedCardLog) -> None:
    batch = [log.put("card-1", event) for event in (created(), MedCardActivated(), ADDED, claimed("c1"))]
    found = rows(*batch)
    assert [row["version"] for row in found["insert_medcards"]] == [4]
    assert [row["beneficiary_id"] for row in found["insert_beneficiaries"]] == ["user-1", "child-1"]
