"""MedCards: every refusal of create, activate, suspend and close, and the order in which they are given."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ledger.domain.kinds import Erased, Event
from ledger.domain.medcard.card import Claim, Claims, ClaimState
from ledger.domain.medcard.commands import ActivateMedCard, CloseMedCard, Command, ReverseClaim, SuspendMedCard
from ledger.domain.medcard.events import (
    MedCardActivated,
    MedCardClosed,
    MedCardCreated,
    MedCardSuspended,
    PrescriptionClaimed,
    PrescriptionClaimReversed,
)
from ledger.domain.medcard.refusals import (
    CardAlreadyExists,
    CardClosed,
    CardCreatedBefore,
    CardNotFound,
    CopaymentOutOfRange,
    ExpiryInPast,
    InvalidState,
    LimitNeedsApproval,
    LimitNotPositive,
)
from ledger.domain.tiers import CardType
from tests.support.cards import ACTIVE, CLAIM, CREATE, CREATED, PANADOL, TODAY, card_after, context, paid, when

SUSPENDED = (*ACTIVE, MedCardSuspended("lost"))
CLOSED = (*ACTIVE, MedCardClosed("left"))


def test_a_card_is_created_with_what_was_asked() -> None:
    assert when([], CREATE) == CREATED


@pytest.mark.parametrize(
    ("card_type", "limit", "copayment"),
    [
        (CardType.BRONZE, 1_000_00, 40_00),
        (CardType.SILVER, 2_500_00, 30_00),
        (CardType.GOLD, 5_000_00, 20_00),
        (CardType.PLATINUM, 10_000_00, 10_00),
    ],
)
def test_what_is_not_asked_comes_from_the_tier(card_type: CardType, limit: int, copayment: int) -> None:
    bare = replace(CREATE, card_type=card_type, monthly_limit_minor=None, copayment_basis_points=None)
    created = when([], bare)
    assert isinstance(created, MedCardCreated)
    assert (created.monthly_limit_minor, created.copayment_basis_points) == (limit, copayment)


def test_the_primary_holder_is_the_first_beneficiary_under_the_user_id() -> None:
    card = card_after([CREATED])
    assert card is not None
    assert list(card.beneficiaries) == ["user-123"]


def test_the_same_card_again_is_known_and_another_under_its_id_is_refused() -> None:
    assert when(ACTIVE, CREATE) == CardCreatedBefore()
    assert when(ACTIVE, replace(CREATE, user_id="user-9")) == CardAlreadyExists()


def test_a_card_whose_holder_was_erased_is_not_the_same_card() -> None:
    assert when([replace(CREATED, holder=Erased())], CREATE) == CardAlreadyExists()


def test_the_expiry_date_is_the_last_day_of_cover_in_cairo() -> None:
    assert when([], replace(CREATE, expiry_date=TODAY)) == replace(CREATED, expiry_date=TODAY)
    assert when([], replace(CREATE, expiry_date=date(2026, 11, 22))) == ExpiryInPast(TODAY)
    # 22:30 in London of winter is already the next day in Cairo.
    late = context(at=datetime(2026, 11, 23, 22, 30, tzinfo=UTC))
    assert when([], replace(CREATE, expiry_date=TODAY), late) == ExpiryInPast(date(2026, 11, 24))


@pytest.mark.parametrize("change", [{"monthly_limit_minor": 0}, {"monthly_limit_minor": -1}, {"annual_limit_minor": 0}])
def test_limits_are_positive(change: dict[str, int]) -> None:
    assert when([], replace(CREATE, **change)) == LimitNotPositive()  # type: ignore[arg-type]


def test_a_limit_may_be_as_small_as_one_piastre() -> None:
    answer = when([], replace(CREATE, monthly_limit_minor=1, annual_limit_minor=1))
    assert answer == replace(CREATED, monthly_limit_minor=1, annual_limit_minor=1)


@pytest.mark.parametrize(("copayment", "good"), [(-1, False), (0, True), (100_00, True), (100_01, False)])
def test_a_copayment_is_between_nothing_and_all(copayment: int, good: bool) -> None:
    answer = when([], replace(CREATE, copayment_basis_points=copayment))
    assert (answer != CopaymentOutOfRange()) is good


def test_only_an_admin_creates_a_limit_above_the_tiers_default() -> None:
    above = replace(CREATE, monthly_limit_minor=5_000_01)
    assert when([], above, context(role="OPERATOR")) == LimitNeedsApproval(5_000_00)
    assert isinstance(when([], above, context(role="ADMIN")), MedCardCreated)
    assert isinstance(when([], CREATE, context(role="OPERATOR")), MedCardCreated)


def test_the_refusals_of_create_come_in_their_order() -> None:
    wrong = replace(
        CREATE,
        expiry_date=date(2020, 1, 1),
        monthly_limit_minor=-1,
        copayment_basis_points=200_00,
    )
    operator = context(role="OPERATOR")
    assert when(ACTIVE, wrong, operator) == CardAlreadyExists()
    assert when([], wrong, operator) == ExpiryInPast(TODAY)
    wrong = replace(wrong, expiry_date=TODAY)
    assert when([], wrong, operator) == LimitNotPositive()
    wrong = replace(wrong, monthly_limit_minor=9_000_00)
    assert when([], wrong, operator) == CopaymentOutOfRange()
    assert when([], replace(wrong, copayment_basis_points=0), operator) == LimitNeedsApproval(5_000_00)


@pytest.mark.parametrize("command", [ActivateMedCard(), SuspendMedCard("x"), CloseMedCard("x"), CLAIM])
def test_a_card_that_was_never_created_is_not_found(command: Command) -> None:
    assert when([], command) == CardNotFound()


@pytest.mark.parametrize(
    ("given", "command", "answer"),
    [
        ((CREATED,), ActivateMedCard(), MedCardActivated()),
        (ACTIVE, ActivateMedCard(), InvalidState("ACTIVE")),
        (SUSPENDED, ActivateMedCard(), MedCardActivated()),
        (CLOSED, ActivateMedCard(), CardClosed()),
        ((CREATED,), SuspendMedCard("lost"), InvalidState("PENDING")),
        (ACTIVE, SuspendMedCard("lost"), MedCardSuspended("lost")),
        (SUSPENDED, SuspendMedCard("lost"), InvalidState("SUSPENDED")),
        (CLOSED, SuspendMedCard("lost"), CardClosed()),
        ((CREATED,), CloseMedCard("left"), MedCardClosed("left")),
        (ACTIVE, CloseMedCard("left"), MedCardClosed("left")),
        (SUSPENDED, CloseMedCard("left"), MedCardClosed("left")),
        (CLOSED, CloseMedCard("left"), CardClosed()),
    ],
)
def test_states_change_as_the_contract_says(given: tuple[object, ...], command: Command, answer: object) -> None:
    assert when(given, command) == answer  # type: ignore[arg-type]


@pytest.mark.parametrize("serials", [(), ("S1",), ("", "S 2")])
@pytest.mark.parametrize(("wallet_id", "wallet_minor"), [(None, 0), (None, 7), ("", 0), ("wallet 1", 70_00)])
def test_a_kept_claim_is_the_claim_that_was_put_in(
    wallet_id: str | None, wallet_minor: int, serials: tuple[str, ...]
) -> None:
    claim = Claim(
        *("clm_1", ("pharmacy-101", "rx 789 عربي", 3), "user-123", "2026-11", 350_00, 280_00, 70_00, ""),
        *(wallet_id, wallet_minor, ClaimState.REVERSED, serials),
    )
    claims = Claims().insert("clm_1", replace(claim, state=ClaimState.PAID)).insert("clm_1", claim)
    assert claims["clm_1"] == claim
    assert claims == Claims([("clm_1", claim)])
    assert (list(claims), "clm_1" in claims, "clm_2" in claims) == (["clm_1"], True, False)


def test_a_card_keeps_of_a_claim_what_later_answers_need() -> None:
    pack = replace(PANADOL, serial="S1")
    card = card_after([*ACTIVE, paid(wallet_id="wallet-1", wallet_minor=70_00, plan_id="gold", items=(pack,))])
    assert card is not None
    claim = Claim(
        claim_id="clm_1",
        key=("pharmacy-101", "rx-789", 0),
        beneficiary_id="user-123",
        month="2026-11",
        total_minor=350_00,
        covered_minor=280_00,
        copay_minor=70_00,
        plan_id="gold",
        wallet_id="wallet-1",
        wallet_minor=70_00,
        state=ClaimState.PAID,
        serials=("S1",),
    )
    assert dict(card.claims) == {"clm_1": claim}
    assert card.latest_claim(claim.key) == claim


def test_claims_of_a_year_add_up_under_its_annual_limit() -> None:
    given = (
        replace(CREATED, annual_limit_minor=600_00),
        ACTIVE[1],
        paid(claim_id="clm_7", prescription_id="rx-7", month="2026-09"),
        paid(claim_id="clm_8", prescription_id="rx-8", month="2026-10"),
    )
    answer = when(given, CLAIM)
    assert isinstance(answer, PrescriptionClaimed)
    assert answer.covered_minor == 40_00


def test_a_claim_whose_items_were_erased_still_counts_and_can_be_reversed() -> None:
    given = (*ACTIVE, paid(items=Erased()))
    card = card_after(given)
    assert card is not None
    assert card.month_remaining_minor("2026-11") == 5_000_00 - 280_00
    assert isinstance(when(given, ReverseClaim("clm_1", None, "x")), PrescriptionClaimReversed)


def test_a_card_begins_with_its_creation_and_knows_only_its_own_events_and_commands() -> None:
    class Stranger(Event):
        pass

    with pytest.raises(AssertionError, match="a card's first event is MedCardCreated"):
        card_after([paid()])
    with pytest.raises(AssertionError, match="no MedCard knows Stranger"):
        card_after([*ACTIVE, Stranger()])
    with pytest.raises(AssertionError, match="no MedCard decides Stranger"):
        when(ACTIVE, Stranger())  # type: ignore[arg-type]
