"""What cards and pharmacies post: balanced entries, in the accounts of whoever owes and is owed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ledger.domain.journal import medcard_postings, pharmacy_postings
from ledger.domain.journal.entries import Posting, Side, balance, moved, postings
from ledger.domain.kinds import Event
from ledger.domain.medcard.events import PLAN_UNNAMED, PrescriptionClaimReversed
from tests.support.cards import CREATED, paid
from tests.unit.test_insurance_claims import FILED, PAID, approved, rejected
from tests.unit.test_pharmacy import OPENED, REMITTED
from tests.unit.test_stored_events import GOLDEN, OLDER
from tests.unit.test_stored_pharmacy_events import SAMPLES as PHARMACY_SAMPLES
from tests.unit.test_wallet_copay import PAID as PAID_FROM_WALLET
from tests.unit.test_wallet_copay import RELEASED, RESERVED, REVERSED

assert medcard_postings, "importing a family registers its postings"
assert pharmacy_postings, "importing a family registers its postings"


def debit(account: str, amount: int) -> Posting:
    return Posting(account, Side.DEBIT, amount, "EGP")


def credit(account: str, amount: int) -> Posting:
    return Posting(account, Side.CREDIT, amount, "EGP")


def accounts(*events: Event, of: str = "medcard-456") -> dict[str, int]:
    """Debits less credits of each account that does not stand at zero."""
    sums: dict[str, int] = defaultdict(int)
    for event in events:
        for line in postings(event, of):
            sums[line.account] += line.amount_minor if line.side is Side.DEBIT else -line.amount_minor
    return {account: amount for account, amount in sums.items() if amount}


def test_the_plan_owes_what_the_pharmacy_is_owed() -> None:
    assert postings(paid(plan_id="plan-1"), "medcard-456") == (
        debit("payer:plan-1:receivable", 280_00),
        credit("pharmacy:pharmacy-101:payable", 280_00),
    )


def test_a_share_from_the_wallet_is_owed_to_the_pharmacy_too() -> None:
    assert accounts(PAID_FROM_WALLET) == {
        "payer:default:receivable": 280_00,
        "transfers:clearing": 70_00,
        "pharmacy:pharmacy-101:payable": -350_00,
    }


@pytest.mark.parametrize("plan", ["plan-1", PLAN_UNNAMED])
def test_a_reversal_turns_the_claim_round_in_the_same_accounts(plan: str) -> None:
    back = PrescriptionClaimReversed(
        "clm_1", "rx-789", 0, "pharmacy-101", "user-123", "2026-11", "EGP", 350_00, 280_00, "x", plan
    )
    assert accounts(paid(plan_id=plan), back) == {}
    assert accounts(PAID_FROM_WALLET, REVERSED) == {}


def test_a_claim_of_before_its_event_named_the_plan_is_owed_in_sight_and_by_no_plan() -> None:
    assert accounts(OLDER["PrescriptionClaimed.1"]) == {
        "payer:.unnamed:receivable": 280_00,
        "pharmacy:pharmacy-101:payable": -280_00,
    }


@pytest.mark.parametrize("event", [RESERVED, RELEASED, CREATED, FILED, OPENED, paid(covered_minor=0)])
def test_what_moves_no_money_posts_nothing(event: Event) -> None:
    assert postings(event, "x") == ()


def test_an_approved_claim_is_owed_to_the_provider_until_the_plan_has_paid_it() -> None:
    assert accounts(approved(400_00)) == {
        "payer:default:receivable": 400_00,
        "provider:clinic-1:payable": -400_00,
    }
    assert accounts(approved(400_00), PAID) == {}
    assert accounts(approved(400_00), replace(PAID, paid_minor=399_00)) == {
        "payer:default:receivable": 1_00,
        "provider:clinic-1:payable": -1_00,
    }


@pytest.mark.parametrize(
    ("decisions", "owed"),
    [
        ((approved(400_00), approved(700_00, previously=400_00)), 700_00),
        ((approved(400_00), approved(100_00, previously=400_00)), 100_00),
        ((approved(400_00), approved(400_00, previously=400_00)), 400_00),
        ((approved(400_00), rejected(previously=400_00)), 0),
        ((rejected(), approved(5_00)), 5_00),
        ((rejected(),), 0),
    ],
)
def test_the_newest_decision_is_what_is_owed(decisions: Sequence[Event], owed: int) -> None:
    assert accounts(*decisions).get("provider:clinic-1:payable", 0) == -owed


def test_a_remittance_is_taken_off_what_the_pharmacy_is_owed() -> None:
    assert postings(REMITTED, "pharmacy-101") == (
        debit("pharmacy:pharmacy-101:payable", 280_00),
        credit("adjustments:remittance", 280_00),
    )


RECEIVABLE, PAYABLE, PROVIDER = "payer:default:receivable", "pharmacy:pharmacy-101:payable", "provider:clinic-1:payable"


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (PAID_FROM_WALLET, ((RECEIVABLE, PAYABLE, 280_00), ("transfers:clearing", PAYABLE, 70_00))),
        (REVERSED, ((PAYABLE, RECEIVABLE, 280_00), (PAYABLE, "transfers:clearing", 70_00))),
        (approved(400_00), ((RECEIVABLE, PROVIDER, 400_00),)),
        (approved(100_00, previously=400_00), ((PROVIDER, RECEIVABLE, 300_00),)),
        (rejected(previously=400_00), ((PROVIDER, RECEIVABLE, 400_00),)),
        (PAID, ((PROVIDER, RECEIVABLE, 400_00),)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_movement_has_its_two_sides(event: Event, lines: tuple[tuple[str, str, int], ...]) -> None:
    sides = [(debit(from_, amount), credit(to, amount)) for from_, to, amount in lines]
    assert postings(event, "medcard-456") == tuple(line for both in sides for line in both)


def test_a_balance_is_debits_less_credits_in_each_currency() -> None:
    lines = [debit("a", 5), credit("b", 3), debit("c", 1), Posting("d", Side.CREDIT, 4, "USD")]
    assert balance(lines) == {"EGP": 3, "USD": -4}


def test_an_amount_is_never_posted_below_zero() -> None:
    with pytest.raises(AssertionError, match="a posting's amount is positive: turn the sides round instead"):
        moved(-1, "EGP", debit="a", credit="b")
    assert moved(0, "EGP", debit="a", credit="b") == ()


@pytest.mark.parametrize("event", [*GOLDEN.values(), *PHARMACY_SAMPLES], ids=lambda event: type(event).__name__)
def test_every_entry_is_balanced(event: Event) -> None:
    assert all(amount == 0 for amount in balance(postings(event, "x")).values())
