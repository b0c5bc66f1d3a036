"""Given events of cards, when a batch of them is folded, then these are the rows."""

import msgspec
import pytest

from ledger.domain.medcard.events import (
    EVENTS,
    MedCardActivated,
    MedCardClosed,
    MedCardSuspended,
    PrescriptionVoidPending,
)
from ledger.messages.codec import UnknownEvent
from ledger.messages.envelope import Envelope
from ledger.ports import Row
from projections.projection import Projection, changes_of, fact_of
from projections.registry import MEDCARD_GROUP
from tests.support.medcard_log import START, MedCardLog, claimed, created, rejected, reversal, voided


@pytest.fixture
def log() -> MedCardLog:
    return MedCardLog()


def rows(*envelopes: Envelope) -> dict[str, list[Row]]:
    """All rows of a batch, by statement."""
    changes = changes_of(MEDCARD_GROUP.projections, [fact_of(envelope) for envelope in envelopes])
    assert len({change.statement for change in changes}) == len(changes)
    return {change.statement: list(change.rows) for change in changes}


def test_a_new_card_stands_in_the_list_with_its_holder_sealed(log: MedCardLog) -> None:
    event = log.put("card-1", created())
    [card] = rows(event)["insert_medcards"]
    assert (card["medcard_id"], card["status"], card["version"]) == ("card-1", "PENDING", 1)
    assert (card["card_type"], card["monthly_limit_minor"], card["annual_limit_minor"]) == ("GOLD", 5_000_00, None)
    assert card["created_at"] == card["updated_at"] == event.occurred_at
    assert msgspec.json.decode(card["holder"]) == msgspec.json.decode(event.data)["holder"]
    assert "Amina" not in card["holder"]


def test_a_new_card_covers_its_holder(log: MedCardLog) -> None:
    event = log.put("card-1", created("user-9"))
    [holder] = rows(event)["insert_beneficiaries"]
    assert (holder["medcard_id"], holder["beneficiary_id"], holder["relation"]) == ("card-1", "user-9", "PRIMARY")
    assert msgspec.json.decode(holder["person"])["person"] == "user-9"
    assert holder["since"] == event.occurred_at


def test_what_happens_to_a_card_in_the_batch_that_creates_it_is_part_of_its_one_row(log: MedCardLog) -> None:
    batch = [log.put("card-1", created()), log.put("card-1", MedCardActivated()), log.put("card-1", claimed("c1"))]
    found = rows(*batch)
    [card] = found["insert_medcards"]
    assert (card["status"], card["version"]) == ("ACTIVE", 3)
    assert (card["created_at"], card["updated_at"]) == (batch[0].occurred_at, batch[2].occurred_at)
    assert "update_medcards" not in found


def test_the_last_status_of_a_batch_wins(log: MedCardLog) -> None:
    log.put("card-1", created())
    batch = [
        log.put("card-1", MedCardActivated()),
        log.put("card-1", MedCardSuspended("lost")),
        log.put("card-1", MedCardClosed("moved away")),
    ]
    [card] = rows(*batch)["update_medcards"]
    assert card == {"medcard_id": "card-1", "status": "CLOSED", "version": 4, "updated_at": batch[2].occurred_at}


def test_events_that_leave_the_status_alone_still_move_the_version(log: MedCardLog) -> None:
    log.put("card-1", created())
    pending = PrescriptionVoidPending("rx-1", 0, "pharmacy-1", START, "cancelled")
    batch = [log.put("card-1", claimed("c1")), log.put("card-1", pending)]
    [card] = rows(*batch)["update_medcards"]
    assert (card["status"], card["version"]) == (None, 3)


def test_a_paid_claim_is_listed_with_its_amounts_its_terminal_and_its_items_sealed(log: MedCardLog) -> None:
    event = log.put("card-1", claimed("c1"), terminal="t-4")
    [claim] = rows(event)["insert_prescriptions"]
    assert (claim["status"], claim["terminal_id"], claim["position"]) == ("PAID", "t-4", "medcard/0@1")
    assert (claim["total_minor"], claim["covered_minor"], claim["copay_minor"]) == (350_00, 280_00, 70_00)
    assert claim["claimed_at"] == event.occurred_at
    assert msgspec.json.decode(claim["items"]) == msgspec.json.decode(event.data)["items"]
    assert "Panadol" not in claim["items"]


def test_a_claim_without_a_terminal_has_none(log: MedCardLog) -> None:
    [claim] = rows(log.put("card-1", claimed("c1"), terminal=None))["insert_prescriptions"]
    assert claim["terminal_id"] is None


def test_a_rejected_claim_is_listed_with_its_reasons_and_covers_nothing(log: MedCardLog) -> None:
    found = rows(log.put("card-1", rejected("c1", "limit_exhausted")))
    [claim] = found["insert_prescriptions"]
    assert (claim["status"], claim["reject_codes"]) == ("REJECTED", ("limit_exhausted",))
    assert (claim["total_minor"], claim["covered_minor"], claim["copay_minor"]) == (350_00, 0, 0)
    assert "add_monthly_spend" not in found


def test_a_voided_claim_is_listed_without_items_and_covers_nothing(log: MedCardLog) -> None:
    found = rows(log.put("card-1", voided("c1")))
    [claim] = found["insert_prescriptions"]
    assert (claim["status"], claim["items"], claim["covered_minor"]) == ("VOIDED", None, 0)
    assert "add_monthly_spend" not in found


def test_a_claim_taken_back_in_its_own_batch_is_inserted_as_reversed_and_spends_nothing(log: MedCardLog) -> None:
    claim, back = log.put("card-1", claimed("c1")), log.put("card-1", reversal("c1"))
    found = rows(claim, back)
    [row] = found["insert_prescriptions"]
    assert (row["status"], row["claimed_at"], row["reversed_at"]) == ("REVERSED", claim.occurred_at, back.occurred_at)
    assert "reverse_prescriptions" not in found
    [spend] = found["add_monthly_spend"]
    assert (spend["covered_minor"], spend["total_minor"], spend["claims"]) == (0, 0, 0)


def test_a_claim_of_an_earlier_batch_is_updated_and_its_month_gets_the_cover_back(log: MedCardLog) -> None:
    log.put("card-1", claimed("c1"))
    back = log.put("card-1", reversal("c1"))
    found = rows(back)
    assert found["reverse_prescriptions"] == [
        {"medcard_id": "card-1", "claim_id": "c1", "reversed_at": back.occurred_at}
    ]
    [spend] = found["add_monthly_spend"]
    assert (spend["covered_minor"], spend["total_minor"], spend["claims"]) == (-280_00, -350_00, -1)


def test_one_claim_id_on_two_cards_is_two_claims(log: MedCardLog) -> None:
    batch = [log.put("card-1", claimed("c1")), log.put("card-2", claimed("c1")), log.put("card-2", reversal("c1"))]
    found = rows(*batch)["insert_prescriptions"]
    assert {row["medcard_id"]: row["status"] for row in found} == {"card-1": "PAID", "card-2": "REVERSED"}


def test_spend_is_one_difference_for_each_card_and_month(log: MedCardLog) -> None:
    batch = [
        log.put("card-1", claimed("c1")),
        log.put("card-1", claimed("c2")),
        log.put("card-1", claimed("c3", month="2026-10")),
        log.put("card-2", claimed("c4")),
    ]
    spend = {(row["medcard_id"], row["month"]): row for row in rows(*batch)["add_monthly_spend"]}
    assert {key: row["covered_minor"] for key, row in spend.items()} == {
        ("card-1", "2026-11"): 560_00,
        ("card-1", "2026-10"): 280_00,
        ("card-2", "2026-11"): 280_00,
    }
    assert spend["card-1", "2026-11"]["claims"] == 2


def test_every_event_of_a_card_moves_its_version() -> None:
    medcards = next(projection for projection in MEDCARD_GROUP.projections if projection.name == "medcards")
    assert medcards.handles == {event_class.__name__ for event_class in EVENTS}


def test_an_event_of_an_unknown_type_is_loud(log: MedCardLog) -> None:
    strange = msgspec.structs.replace(log.put("card-1", created()), type="MedCardTeleported")
    with pytest.raises(UnknownEvent, match="MedCardTeleported"):
        fact_of(strange)


def test_an_event_of_an_unknown_aggregate_type_is_loud(log: MedCardLog) -> None:
    strange = msgspec.structs.replace(log.put("card-1", created()), aggregate_type="spaceship")
    with pytest.raises(UnknownEvent, match="spaceship at medcard/0@1"):
        fact_of(strange)


def test_an_event_that_no_projection_handles_is_loud(log: MedCardLog) -> None:
    deaf = Projection("deaf", frozenset(), lambda facts: [])
    with pytest.raises(UnknownEvent, match="no projection handles MedCardCreated"):
        changes_of([deaf], [fact_of(log.put("card-1", created()))])
