"""Every refusal of every command, and that of two which hold at once the one is answered that stands first.

The order is the contract's. What a refusal is for is said by the other tests of its command.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType, UnionType
from typing import get_args

import pytest

from ledger.domain.kinds import Event, Refusal
from ledger.domain.medcard import commands as medcard_commands
from ledger.domain.medcard import refusals as medcard_refusals
from ledger.domain.payment import commands as payment_commands
from ledger.domain.payment import refusals as payment_refusals
from ledger.domain.pharmacy import commands as pharmacy_commands
from ledger.domain.pharmacy import refusals as pharmacy_refusals
from ledger.domain.refusal_order import REFUSALS
from ledger.domain.wallet import commands as wallet_commands
from ledger.domain.wallet import limits
from ledger.domain.wallet import refusals as wallet_refusals
from tests.support import cards, payments, pharmacies, wallets
from tests.support.ladders import (
    Case,
    Fault,
    Ladder,
    code_of,
    insurance,
    medcard,
    payment,
    pharmacy,
    snake_case,
    wallet,
)


@dataclass(frozen=True)
class Family:
    ladders: tuple[Ladder, ...]
    when: Callable[..., object]
    commands: UnionType
    refusals: ModuleType

    def answer(self, case: Case) -> object:
        return self.when(case.given, case.command, case.context)


FAMILIES = {
    "wallet": Family(wallet.LADDERS, wallets.when, wallet_commands.Command, wallet_refusals),
    "payment": Family(payment.LADDERS, payments.when, payment_commands.Command, payment_refusals),
    "medcard": Family((*medcard.LADDERS, *insurance.LADDERS), cards.when, medcard_commands.Command, medcard_refusals),
    "pharmacy": Family(pharmacy.LADDERS, pharmacies.when, pharmacy_commands.Command, pharmacy_refusals),
}
LADDERS = [(name, ladder) for name, family in FAMILIES.items() for ladder in family.ladders]


@pytest.fixture(autouse=True)
def _a_balance_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROWS", wallet.CAPPED)


def spoilt(case: Case, faults: Iterable[Fault]) -> Case:
    for fault in faults:
        case = fault.spoil(case)
    return case


@pytest.mark.parametrize(("name", "ladder"), LADDERS, ids=lambda value: getattr(value, "name", value))
def test_each_refusal_is_answered_where_nothing_else_is_wrong(name: str, ladder: Ladder) -> None:
    family = FAMILIES[name]
    done = family.answer(ladder.good)
    assert isinstance(done, Event), done
    assert code_of(done) is None, done
    for fault in ladder.faults:
        assert code_of(family.answer(spoilt(ladder.good, [fault]))) == fault.code


@pytest.mark.parametrize(("name", "ladder"), LADDERS, ids=lambda value: getattr(value, "name", value))
def test_of_two_refusals_at_once_the_one_that_stands_first_is_answered(name: str, ladder: Ladder) -> None:
    family = FAMILIES[name]
    for first, second in ladder.together():
        # The later fault is put in first, so that what it changes is there when the earlier one comes to it.
        answer = family.answer(spoilt(ladder.good, [second, first]))
        assert code_of(answer) == first.code, f"{first.code} stands before {second.code}"


@pytest.mark.parametrize("name", FAMILIES)
def test_every_command_has_its_ladder(name: str) -> None:
    assert {type(ladder.good.command) for ladder in FAMILIES[name].ladders} == set(get_args(FAMILIES[name].commands))


@pytest.mark.parametrize("name", FAMILIES)
def test_every_refusal_stands_in_a_ladder(name: str) -> None:
    """And is produced there, as the tests above hold."""
    defined = {
        snake_case(found)
        for found in vars(FAMILIES[name].refusals).values()
        if isinstance(found, type) and issubclass(found, Refusal) and found is not Refusal
    }
    codes = {fault.code for ladder in FAMILIES[name].ladders for fault in ladder.faults}
    assert codes - set(medcard_refusals.NCPDP_CODES) | defined & codes == defined


@pytest.mark.parametrize(("name", "ladder"), LADDERS, ids=lambda value: getattr(value, "name", value))
def test_a_ladder_stands_in_the_order_that_is_written_for_its_command(name: str, ladder: Ladder) -> None:
    command = type(ladder.good.command)
    written = [snake_case(refusal) for refusal in REFUSALS[command]]
    codes = [
        fault.code for fault in ladder.faults if fault.code not in medcard_refusals.NCPDP_CODES or fault.code in written
    ]
    assert codes == [code for code in written if code in codes]
    same = [other for other in FAMILIES[name].ladders if isinstance(other.good.command, command)]
    assert {fault.code for each in same for fault in each.faults} >= set(written)


def test_every_reason_to_reject_a_claim_stands_in_its_ladder() -> None:
    (ladder,) = (ladder for _, ladder in LADDERS if ladder.name == "ClaimPrescription")
    reasons = {fault.code for fault in ladder.faults} - {"card_not_found"}
    # The patient's wallet is asked later, by a process: see the tests of copayments from a wallet.
    assert reasons == set(medcard_refusals.NCPDP_CODES) - {"copay_not_funded"}
