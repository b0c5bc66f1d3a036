"""A change of law or of terms is a row with its first day: it holds from then on, and old events keep the old rule.

The regulation of wallets is dated in the same way; see the wallets' limits.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.domain import money, tiers
from ledger.domain.medcard import beneficiary_terms
from ledger.domain.medcard.beneficiary_terms import Relation, beneficiaries_max_on
from ledger.domain.medcard.commands import AddBeneficiary, ChangeTier, RequestLimitChange
from ledger.domain.medcard.events import BeneficiaryAdded, MedCardActivated, MedCardCreated, PrescriptionClaimed
from ledger.domain.medcard.refusals import BeneficiariesMax, LimitNeedsApproval
from ledger.domain.medcard.terms_events import MonthlyLimitChanged, MonthlyLimitChangeRequested, TierUpgraded
from ledger.domain.money import BASIS_POINTS, share_half_up, share_on
from ledger.domain.tiers import CardType, TierTerms, terms_on
from tests.support.cards import ACTIVE, CLAIM, CREATE, CREATED, HOLDER, NOW, TODAY, card_after, context, paid, when

TOMORROW = TODAY + timedelta(days=1)
LATER = context(at=NOW + timedelta(days=1))
OF_TIER = replace(CREATE, monthly_limit_minor=None, copayment_basis_points=None)
SILVER_CARD = (
    replace(
        CREATED,
        card_type=CardType.SILVER,
        monthly_limit_minor=2_500_00,
        copayment_basis_points=30_00,
        monthly_limit_of_tier=True,
        copayment_of_tier=True,
    ),
    MedCardActivated(),
)
NEW_GOLD = TierTerms(6_000_00, 15_00)


@pytest.fixture
def new_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    """From tomorrow on, GOLD covers more."""
    rows = {**tiers._TERMS[-1][1], CardType.GOLD: NEW_GOLD}
    monkeypatch.setattr(tiers, "_TERMS", (*tiers._TERMS, (TOMORROW, rows)))


@pytest.mark.usefixtures("new_terms")
def test_new_terms_of_a_tier_hold_from_their_first_day() -> None:
    assert terms_on(TODAY, CardType.GOLD) == TierTerms(5_000_00, 20_00)
    assert terms_on(TOMORROW, CardType.GOLD) == NEW_GOLD
    assert terms_on(TOMORROW, CardType.BRONZE) == terms_on(TODAY, CardType.BRONZE)
    of_tier = replace(CREATED, monthly_limit_of_tier=True, copayment_of_tier=True)
    assert when([], OF_TIER) == of_tier
    assert when([], OF_TIER, LATER) == replace(of_tier, monthly_limit_minor=6_000_00, copayment_basis_points=15_00)


@pytest.mark.usefixtures("new_terms")
def test_a_card_keeps_the_terms_that_its_own_events_recorded() -> None:
    answer = when(ACTIVE, replace(CLAIM, total_minor=9_000_00), LATER)
    assert isinstance(answer, PrescriptionClaimed)
    assert (answer.covered_minor, answer.copay_minor) == (5_000_00, 1_800_00)
    assert card_after(ACTIVE) == card_after(ACTIVE)


@pytest.mark.usefixtures("new_terms")
def test_what_needs_approval_goes_by_the_terms_of_the_day() -> None:
    above = replace(CREATE, monthly_limit_minor=6_000_00)
    assert when([], above, context(role="OPERATOR")) == LimitNeedsApproval(5_000_00)
    assert isinstance(when([], above, replace(LATER, role="OPERATOR")), MedCardCreated)
    assert isinstance(when(ACTIVE, RequestLimitChange(6_000_00, "x")), MonthlyLimitChangeRequested)
    assert isinstance(when(ACTIVE, RequestLimitChange(6_000_00, "x"), LATER), MonthlyLimitChanged)


@pytest.mark.usefixtures("new_terms")
def test_a_change_of_tier_brings_the_terms_of_the_day() -> None:
    gold = ChangeTier(CardType.GOLD, "loyal")
    old = TierUpgraded(CardType.GOLD, CardType.SILVER, 5_000_00, 20_00, "loyal")
    assert when(SILVER_CARD, gold) == old
    assert when(SILVER_CARD, gold, LATER) == replace(old, monthly_limit_minor=6_000_00, copayment_basis_points=15_00)


def test_the_first_day_of_a_row_is_in_it() -> None:
    first = tiers._TERMS[0][0]
    assert first == beneficiary_terms._BENEFICIARIES_MAX[0][0] == date(2020, 1, 1)
    assert terms_on(first, CardType.BRONZE) == TierTerms(1_000_00, 40_00)
    assert beneficiaries_max_on(first) == 10


def test_fewer_beneficiaries_from_a_day_on_bind_the_next_one_and_take_nobody_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = (*beneficiary_terms._BENEFICIARIES_MAX, (TOMORROW, 2))
    monkeypatch.setattr(beneficiary_terms, "_BENEFICIARIES_MAX", rows)
    child = BeneficiaryAdded("child-1", "CHILD", None, HOLDER)
    more = AddBeneficiary("child-3", Relation.CHILD, HOLDER)
    family = (*ACTIVE, child, replace(child, beneficiary_id="child-2"))
    assert isinstance(when(family, more), BeneficiaryAdded)
    assert when(family, more, LATER) == BeneficiariesMax(2)
    assert isinstance(when(family, replace(CLAIM, beneficiary_id="child-2"), LATER), PrescriptionClaimed)


def test_a_new_rounding_holds_for_services_from_its_first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here piastres in favour of the patient: the share is rounded down."""

    def down(total_minor: int, basis_points: int) -> int:
        return total_minor * basis_points // BASIS_POINTS

    monkeypatch.setattr(money, "ROUNDINGS", (*money.ROUNDINGS, (TOMORROW, down)))
    # 20 % of 3 piastres is 0.6.
    small = replace(CLAIM, total_minor=3, items=())
    old, new = (when(ACTIVE, replace(small, service_date=day), LATER) for day in (TODAY, TOMORROW))
    assert isinstance(old, PrescriptionClaimed)
    assert isinstance(new, PrescriptionClaimed)
    assert (old.copay_minor, new.copay_minor) == (1, 0)


def test_services_of_before_the_first_rounding_are_rounded_by_it() -> None:
    first = money.ROUNDINGS[0][0]
    assert first == date(2020, 1, 1)
    for day in (date(2000, 1, 1), first - timedelta(days=1), first, TODAY):
        assert share_on(day, 3, 50_00) == share_half_up(3, 50_00) == 2


def test_what_was_paid_under_an_old_rule_stays_paid_and_is_reversed_as_it_was_paid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = (*ACTIVE, paid())
    before = card_after(given)
    monkeypatch.setattr(money, "ROUNDINGS", ((date(2020, 1, 1), lambda total, _: total),))
    monkeypatch.setattr(tiers, "_TERMS", ((date(2020, 1, 1), dict.fromkeys(CardType, TierTerms(1, 0))),))
    monkeypatch.setattr(beneficiary_terms, "_BENEFICIARIES_MAX", ((date(2020, 1, 1), 0),))
    assert card_after(given) == before
