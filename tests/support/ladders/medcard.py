"""Ladders of a MedCard's commands. A claim's are those of its reject codes: it is answered, not refused."""

from dataclasses import replace
from datetime import date, timedelta

from ledger.domain.kinds import Event
from ledger.domain.medcard.beneficiary_terms import Relation
from ledger.domain.medcard.commands import (
    ActivateMedCard,
    AddBeneficiary,
    ApproveLimitChange,
    ChangeCopayment,
    ChangeTier,
    CloseMedCard,
    Command,
    ConfirmClaim,
    RejectLimitChange,
    ReleaseClaim,
    RemoveBeneficiary,
    RenewMedCard,
    RequestLimitChange,
    ReverseClaim,
    ReversePrescription,
    SuspendMedCard,
    UpdateBeneficiary,
    UpdateHolder,
)
from ledger.domain.medcard.events import (
    BeneficiaryAdded,
    MedCardActivated,
    MedCardClosed,
    MedCardCreated,
    MedCardSuspended,
    PrescriptionClaimReserved,
)
from ledger.domain.medcard.terms_events import MonthlyLimitChangeRequested
from ledger.domain.tiers import CardType
from tests.support.cards import ACTIVE, CLAIM, CREATE, CREATED, HOLDER, PANADOL, TODAY, context, paid
from tests.support.ladders import Case, Fault, Ladder, after, commanding, instead, under, with_event, without_event

STATES = "card_not_found card_pending card_suspended card_closed invalid_state"
NOT_FOUND = instead("card_not_found", alone=STATES)
CLOSED = after("card_closed", MedCardClosed("x"), alone=STATES)
CHILD = BeneficiaryAdded("child-1", "CHILD", None, HOLDER)
FAMILY = (*ACTIVE, CHILD)
OTHERS = tuple(replace(CHILD, beneficiary_id=f"other-{number}") for number in range(9))
REQUESTED = MonthlyLimitChangeRequested("lim_1", 9_000_00, "olga", "chronic")
PACK = replace(PANADOL, serial="S1")
EXHAUSTED = paid(claim_id="clm_0", prescription_id="rx-0", covered_minor=5_000_00, items=())
DISPENSED = paid(claim_id="clm_8", prescription_id="rx-8", covered_minor=1, items=(PACK,))
RESERVED = PrescriptionClaimReserved(
    claim_id="clm_1",
    prescription_id="rx-789",
    fill_number=0,
    pharmacy_id="pharmacy-101",
    beneficiary_id="user-123",
    service_date=TODAY,
    month="2026-11",
    currency="EGP",
    total_minor=350_00,
    covered_minor=280_00,
    copay_minor=70_00,
    plan_id="default",
    wallet_id="wallet-1",
    wallet_minor=70_00,
    captured_at=None,
    sequence=None,
    items=(),
)


def case(given: tuple[Event, ...], command: Command) -> Case:
    return Case(given, command, context())


def with_wrong_lines(case: Case) -> Case:
    items = tuple(replace(item, total_price_minor=999_99) for item in case.command.items)
    return replace(case, command=replace(case.command, items=items))


CARD_LADDERS = (
    Ladder(
        Case((), replace(CREATE, monthly_limit_minor=100_00), context(role="OPERATOR")),
        (
            after("card_already_exists", replace(CREATED, user_id="user-9")),
            commanding("expiry_in_past", expiry_date=date(2020, 1, 1)),
            commanding("limit_not_positive", annual_limit_minor=0),
            commanding("copayment_out_of_range", copayment_basis_points=100_01),
            commanding("limit_needs_approval", monthly_limit_minor=5_000_01),
        ),
    ),
    Ladder(
        case((CREATED,), ActivateMedCard()),
        (NOT_FOUND, CLOSED, after("invalid_state", MedCardActivated(), alone=STATES)),
    ),
    Ladder(
        case(ACTIVE, SuspendMedCard("x")),
        (NOT_FOUND, CLOSED, after("invalid_state", MedCardSuspended("x"), alone=STATES)),
    ),
    # From every state but CLOSED, so that no state is invalid.
    Ladder(case(ACTIVE, CloseMedCard("x")), (NOT_FOUND, CLOSED)),
    Ladder(
        case(ACTIVE, RenewMedCard(date(2028, 1, 1))),
        (NOT_FOUND, CLOSED, commanding("expiry_not_later", expiry_date=date(2027, 12, 31))),
    ),
    Ladder(case(ACTIVE, UpdateHolder(name="A")), (NOT_FOUND, CLOSED)),
    Ladder(
        case(ACTIVE, AddBeneficiary("child-1", Relation.CHILD, HOLDER)),
        (
            NOT_FOUND,
            CLOSED,
            after("beneficiary_already_covered", CHILD),
            after("beneficiaries_max", *OTHERS),
            commanding("limit_not_positive", monthly_limit_minor=0),
        ),
    ),
    Ladder(
        case(FAMILY, UpdateBeneficiary("child-1", Relation.OTHER)),
        (
            NOT_FOUND,
            CLOSED,
            commanding("beneficiary_not_found", beneficiary_id="who", alone="primary_holder_stays"),
            commanding("primary_holder_stays", beneficiary_id="user-123"),
            commanding("limit_not_positive", monthly_limit_minor=0),
        ),
    ),
    Ladder(
        case(FAMILY, RemoveBeneficiary("child-1", "x")),
        (
            NOT_FOUND,
            CLOSED,
            commanding("beneficiary_not_found", beneficiary_id="who", alone="primary_holder_stays"),
            commanding("primary_holder_stays", beneficiary_id="user-123"),
        ),
    ),
    Ladder(
        case(ACTIVE, RequestLimitChange(1, "x")),
        (NOT_FOUND, CLOSED, commanding("limit_not_positive", monthly_limit_minor=0)),
    ),
    *(
        Ladder(
            case((*ACTIVE, REQUESTED), command),
            (
                NOT_FOUND,
                CLOSED,
                without_event("request_not_found", MonthlyLimitChangeRequested, alone="approver_is_requester"),
                under("approver_is_requester", principal="olga"),
            ),
        )
        for command in (ApproveLimitChange("lim_1"), RejectLimitChange("lim_1", "x"))
    ),
    Ladder(
        case(ACTIVE, ChangeCopayment(1, "x")),
        (NOT_FOUND, CLOSED, commanding("copayment_out_of_range", copayment_basis_points=-1)),
    ),
    Ladder(
        case(ACTIVE, ChangeTier(CardType.BRONZE, "x")),
        (NOT_FOUND, CLOSED, commanding("tier_unchanged", card_type=CardType.GOLD)),
    ),
)
CLAIM_LADDERS = (
    Ladder(
        Case((*ACTIVE, DISPENSED), replace(CLAIM, items=(replace(PACK, serial="S2"),)), context()),
        (
            NOT_FOUND,
            without_event("card_pending", MedCardActivated, alone=STATES),
            after("card_suspended", MedCardSuspended("x"), alone=STATES),
            CLOSED,
            with_event("card_expired", MedCardCreated, expiry_date=TODAY - timedelta(days=1)),
            commanding("beneficiary_not_covered", beneficiary_id="who"),
            under("pharmacy_not_contracted", network_closed=True),
            Fault("line_total_mismatch", with_wrong_lines),
            commanding("items_exceed_total", total_minor=1_00),
            commanding("serial_already_dispensed", items=(PACK,)),
            after("limit_exhausted", EXHAUSTED),
        ),
    ),
    Ladder(
        case((*ACTIVE, RESERVED), ConfirmClaim("clm_1")), (NOT_FOUND, commanding("claim_not_found", claim_id="clm_9"))
    ),
    Ladder(
        case((*ACTIVE, RESERVED), ReleaseClaim("clm_1", "x")),
        (
            NOT_FOUND,
            without_event("claim_not_found", PrescriptionClaimReserved, alone="invalid_state"),
            after("invalid_state", paid(), alone="card_not_found"),
        ),
    ),
    Ladder(
        case((*ACTIVE, paid()), ReverseClaim("clm_1", "pharmacy-101", "x")),
        (NOT_FOUND, commanding("claim_not_found", claim_id="clm_9")),
    ),
    Ladder(case(ACTIVE, ReversePrescription("pharmacy-101", "rx-789", 0, "x")), (NOT_FOUND,)),
)
LADDERS = (*CARD_LADDERS, *CLAIM_LADDERS)
