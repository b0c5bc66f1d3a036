"""Claims that a terminal took offline, and the closed network."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.domain.context import Context
from ledger.domain.kinds import Event
from ledger.domain.medcard.events import (
    PrescriptionClaimed,
    PrescriptionClaimRejected,
    PrescriptionClaimReserved,
    PrescriptionClaimVoided,
    PrescriptionVoidPending,
)
from ledger.domain.medcard.refusals import NCPDP_CODES, ClaimDuplicate
from tests.support.cards import ACTIVE, CLAIM, CREATED, NOW, PANADOL, TODAY, context, paid, when

CAPTURED = datetime(2026, 10, 31, 21, 30, tzinfo=UTC)
"""Half past eleven at night in Cairo's winter time, on the last day of October."""
OFFLINE = replace(CLAIM, captured_at=CAPTURED, sequence=7)


def test_the_captured_time_gives_the_service_date_and_the_month() -> None:
    answer = when(ACTIVE, OFFLINE)
    assert answer == paid(service_date=date(2026, 10, 31), month="2026-10", captured_at=CAPTURED, sequence=7)


def test_the_day_of_the_captured_time_is_cairos() -> None:
    answer = when(ACTIVE, replace(OFFLINE, captured_at=CAPTURED + timedelta(minutes=30)))
    assert isinstance(answer, PrescriptionClaimed)
    assert (answer.service_date, answer.month) == (date(2026, 11, 1), "2026-11")


def test_the_captured_time_stands_above_a_service_date() -> None:
    answer = when(ACTIVE, replace(OFFLINE, service_date=TODAY))
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.service_date == date(2026, 10, 31)


def test_what_no_longer_fits_is_rejected_with_its_captured_time_and_number() -> None:
    full = (*ACTIVE, paid(prescription_id="rx-0", month="2026-10", covered_minor=5_000_00))
    answer = when(full, OFFLINE)
    assert isinstance(answer, PrescriptionClaimRejected)
    assert (answer.reject_codes, answer.captured_at, answer.sequence) == (("limit_exhausted",), CAPTURED, 7)


def test_cover_that_ended_since_counts_at_the_captured_time() -> None:
    ended = (replace(CREATED, expiry_date=date(2026, 10, 31)), ACTIVE[1])
    assert isinstance(when(ended, OFFLINE), PrescriptionClaimed)
    assert isinstance(when(ended, CLAIM), PrescriptionClaimRejected)


def test_a_claim_that_is_sent_again_after_the_line_came_back_is_a_duplicate() -> None:
    assert when((*ACTIVE, paid()), OFFLINE) == ClaimDuplicate("clm_1")


def test_a_void_and_a_reservation_keep_the_captured_time_and_number() -> None:
    void = PrescriptionVoidPending("rx-789", 0, "pharmacy-101", NOW + timedelta(days=1), "x")
    voided = when((*ACTIVE, void), OFFLINE)
    assert isinstance(voided, PrescriptionClaimVoided)
    assert (voided.captured_at, voided.sequence, voided.month) == (CAPTURED, 7, "2026-10")
    reserved = when(ACTIVE, replace(OFFLINE, wallet_id="wallet-1"))
    assert isinstance(reserved, PrescriptionClaimReserved)
    assert (reserved.captured_at, reserved.sequence) == (CAPTURED, 7)


@pytest.mark.parametrize(
    ("closed", "contracted", "good"),
    [(False, False, True), (False, True, True), (True, True, True), (True, False, False)],
)
def test_only_a_closed_network_asks_for_a_contract(closed: bool, contracted: bool, good: bool) -> None:
    asked = replace(context(), network_closed=closed, pharmacy_contracted=contracted)
    assert isinstance(when(ACTIVE, CLAIM, asked), PrescriptionClaimed) is good


def test_the_contract_is_asked_for_after_the_beneficiary_and_before_the_lines() -> None:
    closed = replace(context(), network_closed=True)
    wrong = replace(CLAIM, beneficiary_id="user-9", items=(replace(PANADOL, total_price_minor=1),))
    assert codes(when(ACTIVE, wrong, closed)) == ("beneficiary_not_covered",)
    wrong = replace(wrong, beneficiary_id="user-123")
    assert codes(when(ACTIVE, wrong, closed)) == ("pharmacy_not_contracted",)
    assert codes(when(ACTIVE, wrong)) == ("line_total_mismatch",)
    assert NCPDP_CODES["pharmacy_not_contracted"] == "40"


def test_a_duplicate_is_answered_whatever_the_contract() -> None:
    closed: Context = replace(context(), network_closed=True)
    assert when((*ACTIVE, paid()), CLAIM, closed) == ClaimDuplicate("clm_1")


def codes(answer: object) -> tuple[str, ...]:
    assert isinstance(answer, Event)
    assert isinstance(answer, PrescriptionClaimRejected)
    return answer.reject_codes
