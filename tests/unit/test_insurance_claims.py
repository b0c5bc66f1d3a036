"""Insurance claims: filed, reviewed, decided, paid, appealed; every refusal in its order, and the annual limit."""

from dataclasses import replace
from datetime import date

import pytest

from ledger.domain.kinds import Event
from ledger.domain.medcard.card import InsuranceStatus
from ledger.domain.medcard.commands import (
    AppealInsuranceClaim,
    Command,
    DecideInsuranceClaim,
    FileInsuranceClaim,
    RecordInsurancePayment,
    StartReview,
)
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    BeneficiaryRemoved,
    MedCardClosed,
    MedCardSuspended,
    PrescriptionClaimed,
    PrescriptionClaimRejected,
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
from ledger.domain.medcard.refusals import (
    AnnualLimitExceeded,
    ApprovedExceedsClaimed,
    BeneficiaryNotCovered,
    CardClosed,
    CardNotFound,
    ClaimAlreadyExists,
    ClaimNotFound,
    InvalidState,
    LinesExceedAmount,
    PaidExceedsApproved,
)
from tests.support.cards import ACTIVE, CLAIM, CREATED, HOLDER, TODAY, card_after, context, paid, when

LINES = (InsuranceLine("99213", "Visit", 600_00), InsuranceLine("80050", "Blood test", 400_00))
FILE = FileInsuranceClaim("clinic-1", "user-123", TODAY, 1_000_00, ("J45",), LINES, ("doc-1",), "icl_1")
FILED = InsuranceClaimFiled(
    claim_id="icl_1",
    provider_id="clinic-1",
    plan_id="default",
    beneficiary_id="user-123",
    service_date=TODAY,
    year="2026",
    currency="EGP",
    claimed_minor=1_000_00,
    document_refs=("doc-1",),
    diagnosis_codes=("J45",),
    lines=LINES,
)
STARTED = InsuranceClaimReviewStarted("icl_1")
APPEALED = InsuranceClaimAppealed("icl_1", "user-123", ("doc-2",), "the visit was urgent")
PAID = InsuranceClaimPaid("icl_1", "clinic-1", "default", "user-123", "EGP", 400_00, 400_00, "wire-1", ())
DECIDE = DecideInsuranceClaim("icl_1", 400_00, ("co-pay",))
PAY = RecordInsurancePayment("icl_1", 400_00, "wire-1")
APPEAL = AppealInsuranceClaim("icl_1", "the visit was urgent", ("doc-2",))
ANNUAL = (replace(CREATED, annual_limit_minor=1_000_00), ACTIVE[1])


def approved(minor: int, previously: int = 0, claim_id: str = "icl_1") -> InsuranceClaimApproved:
    codes = ("co-pay",)
    return InsuranceClaimApproved(
        claim_id, "clinic-1", "default", "user-123", "2026", "EGP", 1_000_00, minor, previously, codes
    )


def rejected(previously: int = 0) -> InsuranceClaimRejected:
    return InsuranceClaimRejected(
        "icl_1", "clinic-1", "default", "user-123", "2026", "EGP", 1_000_00, previously, ("co-pay",)
    )


REVIEW = (*ACTIVE, FILED, STARTED)
PASTS: dict[InsuranceStatus, tuple[Event, ...]] = {
    InsuranceStatus.FILED: (*ACTIVE, FILED),
    InsuranceStatus.UNDER_REVIEW: REVIEW,
    InsuranceStatus.APPROVED: (*REVIEW, approved(1_000_00)),
    InsuranceStatus.PARTIALLY_APPROVED: (*REVIEW, approved(400_00)),
    InsuranceStatus.REJECTED: (*REVIEW, rejected()),
    InsuranceStatus.APPEALED: (*REVIEW, rejected(), APPEALED),
    InsuranceStatus.PAID: (*REVIEW, approved(400_00), PAID),
}


def drawn(given: tuple[Event, ...]) -> int:
    card = card_after(given)
    assert card is not None
    return card.covered_by_year.get("2026", 0)


def test_a_claim_is_filed_under_the_providers_id_or_one_of_its_own() -> None:
    assert when(ACTIVE, FILE) == FILED
    assert when(ACTIVE, replace(FILE, claim_id=None), context("9")) == replace(FILED, claim_id="icl_9")


def test_the_refusals_of_filing_come_in_their_order() -> None:
    wrong = replace(FILE, beneficiary_id="user-9", amount_minor=999_99)
    assert when([], wrong) == CardNotFound()
    assert when((*ACTIVE, FILED, MedCardClosed("x")), wrong) == CardClosed()
    assert when((*ACTIVE, FILED), wrong) == BeneficiaryNotCovered()
    wrong = replace(wrong, beneficiary_id="user-123")
    assert when((*ACTIVE, FILED), wrong) == ClaimAlreadyExists()
    assert when(ACTIVE, wrong) == LinesExceedAmount(1_000_00)


def test_lines_may_be_less_than_the_amount() -> None:
    assert isinstance(when(ACTIVE, replace(FILE, lines=LINES[:1])), InsuranceClaimFiled)


@pytest.mark.parametrize(
    ("command", "good"),
    [
        (StartReview("icl_1"), {InsuranceStatus.FILED, InsuranceStatus.APPEALED}),
        (DECIDE, {InsuranceStatus.UNDER_REVIEW}),
        (PAY, {InsuranceStatus.APPROVED, InsuranceStatus.PARTIALLY_APPROVED}),
        (APPEAL, {InsuranceStatus.PARTIALLY_APPROVED, InsuranceStatus.REJECTED}),
    ],
)
def test_each_step_has_its_states(command: Command, good: set[InsuranceStatus]) -> None:
    assert when([], command) == CardNotFound()
    assert when(ACTIVE, command) == ClaimNotFound()
    for status, past in PASTS.items():
        card = card_after(past)
        assert card is not None
        assert card.insurance_claims["icl_1"].status is status
        assert (when(past, command) == InvalidState(status)) is (status not in good)
        assert isinstance(when(past, command), Event) is (status in good)


def test_each_step_says_what_it_did() -> None:
    assert when(PASTS[InsuranceStatus.FILED], StartReview("icl_1")) == STARTED
    assert when(PASTS[InsuranceStatus.APPEALED], StartReview("icl_1")) == STARTED
    assert when(REVIEW, DECIDE) == approved(400_00)
    assert when(PASTS[InsuranceStatus.PARTIALLY_APPROVED], PAY) == PAID
    assert when(PASTS[InsuranceStatus.REJECTED], APPEAL) == APPEALED


def test_nothing_approved_is_a_rejection() -> None:
    assert when(REVIEW, replace(DECIDE, approved_minor=0)) == rejected()


def test_no_more_is_approved_than_was_claimed() -> None:
    tight = (replace(CREATED, annual_limit_minor=1), ACTIVE[1], FILED, STARTED)
    assert when(REVIEW, replace(DECIDE, approved_minor=1_000_00)) == approved(1_000_00)
    assert when(tight, replace(DECIDE, approved_minor=1_000_01)) == ApprovedExceedsClaimed(1_000_00)


def test_no_more_is_paid_than_was_approved_and_less_ends_the_claim_too() -> None:
    part = PASTS[InsuranceStatus.PARTIALLY_APPROVED]
    assert when(part, replace(PAY, paid_minor=400_01)) == PaidExceedsApproved(400_00)
    less = when(part, replace(PAY, paid_minor=1))
    assert less == replace(PAID, paid_minor=1)
    assert when((*part, less), PAY) == InvalidState("PAID")
    assert drawn((*part, less)) == 400_00


def test_what_is_owed_is_carried_through_on_a_card_that_is_suspended_or_closed() -> None:
    for later in (MedCardSuspended("x"), MedCardClosed("x"), BeneficiaryRemoved("child", "x")):
        added = BeneficiaryAdded("child", "CHILD", None, HOLDER)
        past = (*ACTIVE, added, FILED, later)
        assert when(past, StartReview("icl_1")) == STARTED
        assert when((*past, STARTED), DECIDE) == approved(400_00)
        assert when((*past, STARTED, approved(400_00)), PAY) == PAID
        assert when((*past, STARTED, approved(400_00)), APPEAL) == APPEALED


@pytest.mark.parametrize(
    "command",
    [
        StartReview("icl_1", only_of_plan="plan-2"),
        replace(DECIDE, only_of_plan="plan-2"),
        replace(PAY, only_of_plan="plan-2"),
        replace(APPEAL, only_of_provider="clinic-2"),
    ],
)
def test_another_plans_or_providers_claim_is_not_found(command: Command) -> None:
    assert when(ACTIVE, command) == ClaimNotFound()
    assert all(when(past, command) == ClaimNotFound() for past in PASTS.values())


def test_an_own_claim_is_found() -> None:
    assert when(REVIEW, replace(DECIDE, only_of_plan="default")) == approved(400_00)
    assert when(PASTS[InsuranceStatus.REJECTED], replace(APPEAL, only_of_provider="clinic-1")) == APPEALED


def test_it_leaves_the_monthly_limit_alone() -> None:
    card = card_after(PASTS[InsuranceStatus.APPROVED])
    assert card is not None
    assert card.month_remaining_minor("2026-11") == 5_000_00


def test_prescriptions_and_approvals_draw_on_one_annual_limit() -> None:
    past = (*ANNUAL, paid(), FILED, STARTED)
    assert when(past, replace(DECIDE, approved_minor=720_01)) == AnnualLimitExceeded(720_00)
    assert when(past, replace(DECIDE, approved_minor=720_00)) == approved(720_00)
    full = (*past, approved(720_00))
    answer = when(full, replace(CLAIM, prescription_id="rx-2"))
    assert isinstance(answer, PrescriptionClaimRejected)
    assert answer.reject_codes == ("limit_exhausted",)
    partly = when((*past, approved(700_00)), replace(CLAIM, prescription_id="rx-2"))
    assert isinstance(partly, PrescriptionClaimed)
    assert partly.covered_minor == 20_00


def test_an_approval_draws_on_the_year_of_the_service_date() -> None:
    filed = when(ANNUAL, replace(FILE, service_date=date(2025, 12, 31)))
    assert isinstance(filed, InsuranceClaimFiled)
    assert filed.year == "2025"
    decision = when((*ANNUAL, paid(covered_minor=1_000_00), filed, STARTED), replace(DECIDE, approved_minor=1_000_00))
    assert decision == replace(approved(1_000_00), year="2025")


def test_a_rejection_needs_no_annual_limit() -> None:
    past = (*ANNUAL, paid(covered_minor=1_000_00), FILED, STARTED)
    assert when(past, replace(DECIDE, approved_minor=0)) == rejected()


def test_what_was_approved_stays_drawn_while_an_appeal_is_open() -> None:
    part = (*ANNUAL, FILED, STARTED, approved(400_00))
    assert drawn(part) == drawn((*part, APPEALED)) == drawn((*part, APPEALED, STARTED)) == 400_00


def test_the_decision_after_an_appeal_takes_the_place_of_the_one_before() -> None:
    part = (*ANNUAL, paid(), FILED, STARTED, approved(400_00), APPEALED, STARTED)
    assert when(part, replace(DECIDE, approved_minor=720_01)) == AnnualLimitExceeded(720_00)
    more = when(part, replace(DECIDE, approved_minor=720_00))
    assert more == approved(720_00, previously=400_00)
    assert drawn((*part, more)) == 1_000_00
    less = when(part, replace(DECIDE, approved_minor=100_00))
    assert less == approved(100_00, previously=400_00)
    assert drawn((*part, less)) == 380_00
    nothing = when(part, replace(DECIDE, approved_minor=0))
    assert nothing == rejected(previously=400_00)
    assert drawn((*part, nothing)) == 280_00


def test_an_appeal_after_an_appeal_counts_only_the_newest_decision() -> None:
    past = (*ANNUAL, FILED, STARTED, approved(400_00), APPEALED, STARTED, approved(300_00, 400_00), APPEALED, STARTED)
    assert when(past, DECIDE) == approved(400_00, previously=300_00)
