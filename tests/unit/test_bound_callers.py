"""What a caller is bound to: a role by the claim that it lives from, a SERVICE by each that its token carries."""

import pytest

from ledger.api.rights import (
    NOBODY,
    Role,
    bound_pharmacy,
    bound_plan,
    bound_provider,
    bound_terminal,
    bound_user,
)
from ledger.messages.commands import Caller
from tests.support.doors import CARD, CARDS_PATH, CLAIM, CLAIMS, code_of, edge
from tests.support.wallet_doors import WALLET, WALLETS

CLAIMS_OF_TOKENS = {
    "user_id": "u",
    "pharmacy_id": "ph",
    "terminal_id": "t",
    "provider_id": "pr",
    "plan_id": "pl",
}
BOUND = {
    "user_id": (bound_user, Role.MEMBER),
    "pharmacy_id": (bound_pharmacy, Role.PHARMACY),
    "terminal_id": (bound_terminal, Role.PHARMACY),
    "provider_id": (bound_provider, Role.PROVIDER),
    "plan_id": (bound_plan, Role.INSURER),
}


@pytest.mark.parametrize("claim", BOUND)
@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_bound_by_its_own_claim_and_a_service_by_each_that_it_has(role: Role, claim: str) -> None:
    bound, lives_from_it = BOUND[claim]
    told, untold = Caller("sub", role, **CLAIMS_OF_TOKENS), Caller("sub", role)  # type: ignore[arg-type]
    if role == lives_from_it:
        assert (bound(told), bound(untold)) == (CLAIMS_OF_TOKENS[claim], NOBODY)
    elif role == Role.SERVICE:
        assert (bound(told), bound(untold)) == (CLAIMS_OF_TOKENS[claim], None)
    else:
        assert (bound(told), bound(untold)) == (None, None)


async def test_a_service_claims_for_the_pharmacy_of_its_token_alone() -> None:
    async with edge() as bench:
        await bench.active_card()
        service = {"role": "SERVICE", "scope": "claimPrescription"}
        assert code_of(await bench.post(CLAIMS, CLAIM, **service, pharmacy_id="pharmacy-999"), 403) == "forbidden"
        assert (await bench.post(CLAIMS, CLAIM, **service, pharmacy_id="pharmacy-101")).status_code == 200
        assert (await bench.post(CLAIMS, CLAIM, **service)).json()["status"] == "DUPLICATE"


async def test_a_service_makes_and_sees_cards_of_the_plan_and_user_of_its_token_alone() -> None:
    async with edge() as bench:
        service = {"role": "SERVICE", "scope": "createMedCard activateMedCard medCard"}
        for bound in ({"plan_id": "other"}, {"user_id": "other"}):
            assert code_of(await bench.post(CARDS_PATH, CARD, **service, **bound), 403) == "forbidden"
        await bench.active_card()
        one = f"{CARDS_PATH}/medcard-456"
        for bound in ({"plan_id": "other"}, {"user_id": "other"}):
            assert code_of(await bench.post(f"{one}/activate", **service, **bound), 404) == "card_not_found"
            claims = {"scope": "medCard", **bound}
            assert code_of(await bench.get(one, "SERVICE", claims=claims), 404) == "card_not_found"
        assert (await bench.get(one, "SERVICE", claims={"scope": "medCard", "plan_id": "default"})).status_code == 200


async def test_whoever_is_bound_learns_nothing_by_creating_what_is_anothers() -> None:
    async with edge() as bench:
        await bench.active_card()
        again = {**CARD, "userId": "other"}
        service = {"role": "SERVICE", "scope": "createMedCard", "user_id": "other"}
        assert code_of(await bench.post(CARDS_PATH, again, **service), 409) == "card_already_exists"


async def test_a_service_opens_wallets_for_the_user_of_its_token_and_moves_none_of_their_money() -> None:
    async with edge() as bench:
        service = {"role": "SERVICE", "scope": "createWallet creditWallet", "user_id": "user-123"}
        assert code_of(await bench.post(WALLETS, {**WALLET, "userId": "other"}, **service), 403) == "forbidden"
        assert (await bench.post(WALLETS, WALLET, **service)).status_code == 201
        credit = {"amount": 1, "source": "cash-desk"}
        refused = await bench.post(f"{WALLETS}/wallet-1/credits", credit, **service)
        assert code_of(refused, 403) == "forbidden"
