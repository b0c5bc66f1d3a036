"""Changes of tier: what is the card's own stays, what was the tier's follows."""

from dataclasses import replace

import pytest

from ledger.domain.medcard.commands import ChangeTier
from ledger.domain.medcard.events import MedCardClosed, MedCardCreated
from ledger.domain.medcard.refusals import CardClosed, CardCreatedBefore, CardNotFound, TierUnchanged
from ledger.domain.medcard.terms_events import CopaymentChanged, MonthlyLimitChanged, TierDowngraded, TierUpgraded
from ledger.domain.tiers import CardType
from tests.support.cards import ACTIVE, CREATE, CREATED, card_after, when

BARE = replace(CREATE, monthly_limit_minor=None, copayment_basis_points=None)
OF_TIER = replace(CREATED, monthly_limit_of_tier=True, copayment_of_tier=True)
TO_PLATINUM = ChangeTier(CardType.PLATINUM, "loyal")


def upgraded(limit: int, copayment: int) -> TierUpgraded:
    return TierUpgraded(CardType.PLATINUM, CardType.GOLD, limit, copayment, "loyal")


def test_the_refusals_of_a_tier_come_in_their_order() -> None:
    same = ChangeTier(CardType.GOLD, "x")
    assert when([], same) == CardNotFound()
    assert when((*ACTIVE, MedCardClosed("x")), same) == CardClosed()
    assert when(ACTIVE, same) == TierUnchanged()


def test_a_new_card_says_which_of_its_terms_are_its_tiers() -> None:
    assert when([], BARE) == OF_TIER
    assert when([], replace(BARE, monthly_limit_minor=5_000_00)) == replace(OF_TIER, monthly_limit_of_tier=False)
    assert when([], replace(BARE, copayment_basis_points=20_00)) == replace(OF_TIER, copayment_of_tier=False)


def test_the_tiers_terms_follow_the_tier() -> None:
    assert when([OF_TIER], TO_PLATINUM) == upgraded(10_000_00, 10_00)
    down = when([OF_TIER], ChangeTier(CardType.BRONZE, "x"))
    assert down == TierDowngraded(CardType.BRONZE, CardType.GOLD, 1_000_00, 40_00, "x")


def test_the_cards_own_terms_stay_also_above_the_new_tiers() -> None:
    assert when(ACTIVE, TO_PLATINUM) == upgraded(5_000_00, 20_00)
    down = when(ACTIVE, ChangeTier(CardType.BRONZE, "x"))
    assert down == TierDowngraded(CardType.BRONZE, CardType.GOLD, 5_000_00, 20_00, "x")


def test_what_somebody_changed_is_the_cards_own() -> None:
    card = card_after([OF_TIER, MonthlyLimitChanged(7_00, "x", None), CopaymentChanged(5_00, "x")])
    assert card is not None
    assert card.monthly_limit_of_tier is card.copayment_of_tier is False
    assert when([OF_TIER, MonthlyLimitChanged(7_00, "x", None)], TO_PLATINUM) == upgraded(7_00, 10_00)
    assert when([OF_TIER, CopaymentChanged(5_00, "x")], TO_PLATINUM) == upgraded(10_000_00, 5_00)


def test_the_tiers_terms_follow_every_change() -> None:
    again = when([OF_TIER, upgraded(10_000_00, 10_00)], ChangeTier(CardType.SILVER, "x"))
    assert again == TierDowngraded(CardType.SILVER, CardType.PLATINUM, 2_500_00, 30_00, "x")


@pytest.mark.parametrize("created", [CREATED, OF_TIER])
def test_a_change_of_tier_is_in_force_at_once(created: MedCardCreated) -> None:
    card = card_after([created, upgraded(9_00, 8_00)])
    assert card is not None
    assert (card.card_type, card.monthly_limit_minor, card.copayment_basis_points) == (CardType.PLATINUM, 9_00, 8_00)


def test_a_card_of_before_terms_said_whose_they_are_is_still_the_same_card() -> None:
    assert when([CREATED], BARE) == CardCreatedBefore()
    assert when([OF_TIER], CREATE) == CardCreatedBefore()
