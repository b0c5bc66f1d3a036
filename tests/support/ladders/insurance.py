"""Ladders of an insurance claim's commands, which are a MedCard's."""

from ledger.domain.kinds import Event
from ledger.domain.medcard.commands import (
    AppealInsuranceClaim,
    Command,
    DecideInsuranceClaim,
    FileInsuranceClaim,
    RecordInsurancePayment,
    StartReview,
)
from ledger.domain.medcard.events import MedCardClosed, MedCardCreated
from ledger.domain.medcard.insurance_events import (
    InsuranceClaimApproved,
    InsuranceClaimFiled,
    InsuranceClaimRejected,
    InsuranceClaimReviewStarted,
    InsuranceLine,
)
from tests.support.cards import ACTIVE, TODAY, context
from tests.support.ladders import Case, Fault, Ladder, after, commanding, instead, with_event

LINES = (InsuranceLine("99213", "Visit", 600_00), InsuranceLine("80050", "Blood test", 400_00))
FILE = FileInsuranceClaim("clinic-1", "user-123", TODAY, 1_000_00, ("J45",), LINES, (), "icl_1")
FILED = InsuranceClaimFiled(
    claim_id="icl_1",
    provider_id="clinic-1",
    plan_id="default",
    beneficiary_id="user-123",
    service_date=TODAY,
    year="2026",
    currency="EGP",
    claimed_minor=1_000_00,
    document_refs=(),
    diagnosis_codes=("J45",),
    lines=LINES,
)
STARTED = InsuranceClaimReviewStarted("icl_1")
APPROVED = InsuranceClaimApproved(
    "icl_1", "clinic-1", "default", "user-123", "2026", "EGP", 1_000_00, 400_00, 0, ("co-pay",)
)
REJECTED = InsuranceClaimRejected("icl_1", "clinic-1", "default", "user-123", "2026", "EGP", 1_000_00, 0, ())
UNDER_REVIEW = (*ACTIVE, FILED, STARTED)

NOT_FOUND = instead("card_not_found", alone="card_closed invalid_state annual_limit_exceeded")
NO_CLAIM = commanding("claim_not_found", claim_id="icl_9")


def case(given: tuple[Event, ...], command: Command) -> Case:
    return Case(given, command, context())


def step(given: tuple[Event, ...], command: Command, wrong_state: Event, *more: Fault) -> Ladder:
    return Ladder(case(given, command), (NOT_FOUND, NO_CLAIM, after("invalid_state", wrong_state), *more))


LADDERS = (
    Ladder(
        case(ACTIVE, FILE),
        (
            NOT_FOUND,
            after("card_closed", MedCardClosed("x")),
            commanding("beneficiary_not_covered", beneficiary_id="who"),
            after("claim_already_exists", FILED),
            commanding("lines_exceed_amount", amount_minor=1),
        ),
    ),
    step((*ACTIVE, FILED), StartReview("icl_1"), STARTED),
    step(
        UNDER_REVIEW,
        DecideInsuranceClaim("icl_1", 400_00),
        REJECTED,
        commanding("approved_exceeds_claimed", approved_minor=1_000_01),
        with_event("annual_limit_exceeded", MedCardCreated, annual_limit_minor=1),
    ),
    step(
        (*UNDER_REVIEW, APPROVED),
        RecordInsurancePayment("icl_1", 400_00, "wire-1"),
        STARTED,
        commanding("paid_exceeds_approved", paid_minor=1_000_01),
    ),
    step((*UNDER_REVIEW, REJECTED), AppealInsuranceClaim("icl_1", "x"), STARTED),
)
