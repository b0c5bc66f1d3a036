"""Limits of the Cairo day and month, what counts against them, what is given back; regulation and the balance cap."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.domain.kinds import Event
from ledger.domain.wallet import limits, refusals
from ledger.domain.wallet.commands import CaptureHold, ChangeWalletLimits, ReverseTransaction
from ledger.domain.wallet.events import (
    HoldCaptured,
    HoldExpired,
    HoldReleased,
    Owner,
    WalletActivated,
    WalletCredited,
    WalletDebited,
    WalletLimitsChanged,
)
from ledger.domain.wallet.limits import OwnerClass, Regulation, regulation_on
from tests.support.wallets import (
    ACTIVE,
    CAPTURED,
    CLOSED,
    CREATE,
    CREATED,
    CREDIT,
    CREDITED,
    DEBIT,
    DEBITED,
    HELD,
    HOLD,
    NOW,
    RICH,
    TODAY,
    context,
    happened,
    owned,
    spent,
    wallet_after,
    when,
)

FULL = (replace(CREATED, daily_limit_minor=400_00, monthly_limit_minor=900_00), WalletActivated(), CREDITED)
"""A wallet with limits of its own, and more money than they let out."""


@pytest.mark.parametrize(
    ("owner_class", "daily", "monthly"),
    [
        (OwnerClass.INDIVIDUAL, 60_000_00, 200_000_00),
        (OwnerClass.LICENSED_MICRO_ENTERPRISE, 80_000_00, 400_000_00),
        (OwnerClass.UNLICENSED_MICRO_ENTERPRISE, 60_000_00, 200_000_00),
    ],
)
def test_the_regulation_binds_each_class_of_owner(owner_class: OwnerClass, daily: int, monthly: int) -> None:
    wallet = wallet_after([replace(CREATED, owner_class=owner_class)])
    assert (wallet.daily_remaining_minor(TODAY), wallet.monthly_remaining_minor(TODAY)) == (daily, monthly)
    asked = replace(CREATE, owner_class=owner_class)
    own = replace(asked, daily_limit_minor=daily, monthly_limit_minor=monthly)
    assert isinstance(when([], own), Event)
    above = refusals.LimitAboveRegulation(daily, monthly)
    assert when([], replace(own, daily_limit_minor=daily + 1)) == above
    assert when([], replace(own, monthly_limit_minor=monthly + 1)) == above


def test_other_currencies_are_unregulated() -> None:
    dollars = replace(CREATED, currency="USD")
    wallet = wallet_after([dollars])
    assert wallet.daily_remaining_minor(TODAY) is wallet.monthly_remaining_minor(TODAY) is None
    assert isinstance(when([], replace(CREATE, currency="USD", daily_limit_minor=10**12)), Event)
    given = (dollars, WalletActivated(), replace(CREDITED, currency="USD", amount_minor=10**12))
    assert isinstance(when(given, replace(DEBIT, currency="USD", amount_minor=10**12)), WalletDebited)


def test_limits_of_ones_own_bind_also_where_nothing_is_regulated() -> None:
    dollars = replace(CREATED, currency="USD", daily_limit_minor=400_00, monthly_limit_minor=500_00)
    given = (dollars, WalletActivated(), replace(CREDITED, currency="USD"))
    usd = replace(DEBIT, currency="USD")
    assert when(given, replace(usd, amount_minor=400_01)) == refusals.DailyLimitExceeded(400_00)
    yesterday = replace(DEBITED, currency="USD", amount_minor=300_00, day=TODAY - timedelta(days=1))
    assert when((*given, yesterday), replace(usd, amount_minor=200_01)) == refusals.MonthlyLimitExceeded(200_00)


@pytest.mark.parametrize("limit", [0, -1])
def test_limits_of_ones_own_are_positive(limit: int) -> None:
    assert when([], replace(CREATE, daily_limit_minor=limit)) == refusals.LimitNotPositive()
    assert when([], replace(CREATE, monthly_limit_minor=limit)) == refusals.LimitNotPositive()
    above = refusals.LimitAboveRegulation(60_000_00, 200_000_00)
    assert when([], replace(CREATE, daily_limit_minor=limit, monthly_limit_minor=10**12)) == above


def test_a_limit_that_is_not_given_stays_as_it_is() -> None:
    assert when(ACTIVE, ChangeWalletLimits(5, None)) == WalletLimitsChanged(5, None)
    assert when(FULL, ChangeWalletLimits(None, 7_00)) == WalletLimitsChanged(400_00, 7_00)
    assert when(FULL, ChangeWalletLimits(6_00, None)) == WalletLimitsChanged(6_00, 900_00)
    changed = wallet_after((*FULL, WalletLimitsChanged(6_00, 7_00)))
    assert (changed.daily_remaining_minor(TODAY), changed.monthly_remaining_minor(TODAY)) == (6_00, 7_00)


def test_the_same_limits_again_change_nothing() -> None:
    for command in (ChangeWalletLimits(), ChangeWalletLimits(400_00, 900_00), ChangeWalletLimits(None, 900_00)):
        assert when(FULL, command) == refusals.LimitsUnchanged()


def test_the_refusals_of_a_change_of_limits_come_in_their_order() -> None:
    """Everything is wrong at once; each reason that is taken away uncovers the next."""
    bad = ChangeWalletLimits(-1, 200_000_01)
    assert when([], bad) == refusals.WalletNotFound()
    assert when(CLOSED, bad) == refusals.WalletClosed()
    assert when((CREATED,), bad) == refusals.LimitAboveRegulation(60_000_00, 200_000_00)
    assert when((CREATED,), replace(bad, monthly_limit_minor=1)) == refusals.LimitNotPositive()
    assert when((CREATED,), ChangeWalletLimits(1, 0)) == refusals.LimitNotPositive()
    # Also a wallet that is pending may have its limits changed.
    assert when((CREATED,), ChangeWalletLimits(1, 1)) == WalletLimitsChanged(1, 1)


def test_a_day_lets_out_its_limit_and_not_a_piastre_more() -> None:
    assert isinstance(when(FULL, replace(DEBIT, amount_minor=400_00)), WalletDebited)
    assert when(FULL, replace(DEBIT, amount_minor=400_01)) == refusals.DailyLimitExceeded(400_00)
    assert when((*FULL, DEBITED), replace(DEBIT, amount_minor=50_01)) == refusals.DailyLimitExceeded(50_00)
    assert isinstance(when((*FULL, DEBITED), replace(DEBIT, amount_minor=50_00), context("2")), WalletDebited)


def test_a_month_lets_out_its_limit_over_its_days() -> None:
    days = (date(2026, 11, 1), date(2026, 11, 22))
    given = [*FULL, *(event for day in days for event in spent(400_00, day=day))]
    assert when(given, replace(DEBIT, amount_minor=100_01)) == refusals.MonthlyLimitExceeded(100_00)
    assert isinstance(when(given, replace(DEBIT, amount_minor=100_00)), WalletDebited)
    december = context(at=NOW + timedelta(days=10))
    assert isinstance(when(given, DEBIT, december), WalletDebited)


def test_the_regulation_counts_where_a_wallet_has_no_limit_of_its_own() -> None:
    given = (*RICH, *spent(59_999_00))
    assert when(given, DEBIT) == refusals.DailyLimitExceeded(1_00)
    month = [event for day in range(1, 5) for event in spent(50_000_00, day=date(2026, 11, day))]
    assert when((*RICH, *month), replace(DEBIT, amount_minor=1)) == refusals.MonthlyLimitExceeded(0)


def test_a_day_and_a_month_begin_in_cairo_with_its_summer_time() -> None:
    # In winter Cairo is two hours ahead, in summer three.
    for at, day in (
        (datetime(2026, 11, 30, 21, 59, tzinfo=UTC), date(2026, 11, 30)),
        (datetime(2026, 11, 30, 22, 0, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 7, 31, 20, 59, tzinfo=UTC), date(2026, 7, 31)),
        (datetime(2026, 7, 31, 21, 0, tzinfo=UTC), date(2026, 8, 1)),
    ):
        for command in (DEBIT, HOLD):
            answer = when(FULL, command, context(at=at))
            assert getattr(answer, "day", None) == day
    before, after = (datetime(2026, 11, 30, hour, tzinfo=UTC) for hour in (21, 22))
    emptied = (*FULL, *spent(400_00, day=date(2026, 11, 30)))
    assert when(emptied, replace(DEBIT, amount_minor=1), context(at=before)) == refusals.DailyLimitExceeded(0)
    assert isinstance(when(emptied, replace(DEBIT, amount_minor=1), context(at=after)), WalletDebited)


def test_a_hold_counts_when_it_is_placed_and_its_capture_does_not_count_again() -> None:
    holding = (*FULL, HELD)
    assert when(holding, replace(DEBIT, amount_minor=1)) == refusals.DailyLimitExceeded(0)
    tomorrow = context(at=NOW + timedelta(days=1))
    captured = happened(holding, CaptureHold("hold-1"), tomorrow)
    wallet = wallet_after((*holding, captured))
    assert wallet.daily_remaining_minor(TODAY) == 0
    assert wallet.daily_remaining_minor(TODAY + timedelta(days=1)) == 400_00
    assert wallet.monthly_remaining_minor(TODAY) == 500_00


@pytest.mark.parametrize(
    ("ending", "given_back"),
    [
        (HoldReleased("hold-1", 400_00, "EGP", Owner.PUBLIC), 400_00),
        (HoldExpired("hold-1", 400_00, "EGP", Owner.PUBLIC), 400_00),
        (HoldCaptured("hold-1", "txn_1", 150_00, 250_00, "EGP", "order", Owner.PUBLIC), 250_00),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_released_is_given_back_to_the_day_and_month_of_the_hold(ending: Event, given_back: int) -> None:
    held_on = date(2026, 10, 31)
    wallet = wallet_after((*FULL, replace(HELD, day=held_on), DEBITED, ending))
    assert wallet.daily_remaining_minor(held_on) == given_back
    assert wallet.monthly_remaining_minor(held_on) == 500_00 + given_back
    assert (wallet.daily_remaining_minor(TODAY), wallet.monthly_remaining_minor(TODAY)) == (50_00, 550_00)


@pytest.mark.parametrize("owner", [Owner.TRANSFER, Owner.COPAY])
def test_holds_of_transfers_and_copayments_are_spending(owner: Owner) -> None:
    assert when((*FULL, owned(owner)), replace(DEBIT, amount_minor=1)) == refusals.DailyLimitExceeded(0)
    assert when(FULL, replace(HOLD, amount_minor=400_01, owner=owner)) == refusals.DailyLimitExceeded(400_00)


def test_holds_of_refunds_skip_the_limits_and_leave_them_alone() -> None:
    refund = replace(HOLD, owner=Owner.REFUND, amount_minor=950_00)
    placed = happened(FULL, refund)
    assert placed == replace(owned(Owner.REFUND), amount_minor=950_00)
    part = replace(CAPTURED, amount_minor=900_00, released_minor=50_00, owner=Owner.REFUND)
    for past in ((placed,), (placed, part), (placed, HoldReleased("hold-1", 950_00, "EGP", Owner.REFUND))):
        wallet = wallet_after((*FULL, *past))
        assert (wallet.daily_remaining_minor(TODAY), wallet.monthly_remaining_minor(TODAY)) == (400_00, 900_00)
    undone = happened((*FULL, placed, part), ReverseTransaction("txn_1", "x", Owner.REFUND), context("2"))
    wallet = wallet_after((*FULL, placed, part, undone))
    assert wallet.daily_remaining_minor(TODAY) == 400_00


def test_a_debit_that_is_reversed_was_no_spending_on_its_day() -> None:
    yesterday = TODAY - timedelta(days=1)
    for past in ((replace(DEBITED, amount_minor=400_00, day=yesterday),), (replace(HELD, day=yesterday), CAPTURED)):
        given = (*FULL, *past)
        assert wallet_after(given).daily_remaining_minor(yesterday) == 0
        undone = happened(given, ReverseTransaction("txn_1", "x"), context("2"))
        wallet = wallet_after((*given, undone))
        assert (wallet.daily_remaining_minor(yesterday), wallet.daily_remaining_minor(TODAY)) == (400_00, 400_00)
        assert wallet.monthly_remaining_minor(TODAY) == 900_00


def test_a_credit_and_its_reversal_are_no_spending() -> None:
    undone = happened(FULL, ReverseTransaction("txn_0", "x"))
    assert wallet_after((*FULL, undone)).daily_remaining_minor(TODAY) == 400_00


def test_a_limit_below_what_was_spent_leaves_nothing() -> None:
    given = (*FULL, DEBITED, WalletLimitsChanged(100_00, 200_00))
    assert when(given, replace(DEBIT, amount_minor=1)) == refusals.DailyLimitExceeded(0)
    assert wallet_after(given).monthly_remaining_minor(TODAY) == 0


def test_a_new_law_binds_old_wallets_from_its_first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A law is a row: it neither waits for a command nor touches what was spent under the old one."""
    individual = (OwnerClass.INDIVIDUAL, "EGP")
    stricter = (date(2026, 11, 24), {individual: Regulation(100_00, 300_00)})
    monkeypatch.setattr(limits, "ROWS", (*limits.ROWS, stricter))
    tomorrow = context(at=NOW + timedelta(days=1))
    for given in (RICH, FULL):
        assert when(given, replace(DEBIT, amount_minor=100_01), tomorrow) == refusals.DailyLimitExceeded(100_00)
    assert when(RICH, DEBIT) == DEBITED
    assert when([], replace(CREATE, daily_limit_minor=400_00), tomorrow) == refusals.LimitAboveRegulation(
        100_00, 300_00
    )
    # One limit may be lowered although the law has overtaken the other.
    assert when(FULL, ChangeWalletLimits(50_00, None), tomorrow) == WalletLimitsChanged(50_00, 900_00)
    assert when(FULL, ChangeWalletLimits(None, 301_00), tomorrow) == refusals.LimitAboveRegulation(100_00, 300_00)


def test_days_before_the_first_row_have_its_figures() -> None:
    first = limits.ROWS[0][0]
    assert first == date(2023, 11, 15)
    for day in (date(2000, 1, 1), first - timedelta(days=1), first):
        assert regulation_on(day, OwnerClass.INDIVIDUAL, "EGP") == Regulation(60_000_00, 200_000_00)


def test_no_balance_cap_stands_in_the_regulation_until_one_is_named() -> None:
    assert isinstance(when(RICH, replace(CREDIT, amount_minor=10**12)), WalletCredited)


def test_a_balance_stays_under_its_cap_with_what_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    capped = Regulation(60_000_00, 200_000_00, balance_cap_minor=1_400_00)
    monkeypatch.setattr(limits, "ROWS", ((date(2023, 11, 15), {(OwnerClass.INDIVIDUAL, "EGP"): capped}),))
    assert isinstance(when(RICH, replace(CREDIT, amount_minor=400_00)), WalletCredited)
    over = refusals.BalanceCapExceeded(1_400_00, 400_00)
    assert when(RICH, replace(CREDIT, amount_minor=400_01)) == over
    assert when((*RICH, HELD), replace(CREDIT, amount_minor=400_01)) == over
    assert when(RICH, replace(CREDIT, amount_minor=500_00, transaction_id="txn_0")) == over
    richer = (*RICH, replace(CREDITED, transaction_id="a"))
    assert when(richer, replace(CREDIT, amount_minor=1)) == refusals.BalanceCapExceeded(1_400_00, 0)
