"""Holds: money set aside, then captured, released or expired, by the public or by the process that owns them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.domain.kinds import Event
from ledger.domain.wallet import refusals
from ledger.domain.wallet.commands import CaptureHold, Command, ExpireHold, PlaceHold, ReleaseHold
from ledger.domain.wallet.events import (
    HoldCaptured,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    Owner,
    WalletActivated,
    WalletSuspended,
)
from tests.support.wallets import (
    CAPTURED,
    CLOSED,
    CREATED,
    CREDITED,
    HELD,
    HOLD,
    NOW,
    RICH,
    SUSPENDED,
    context,
    owned,
    wallet_after,
    when,
)

HOLDING = (*RICH, HELD)
RELEASED = HoldReleased("hold-1", 400_00, "EGP", Owner.PUBLIC)
EXPIRED = HoldExpired("hold-1", 400_00, "EGP", Owner.PUBLIC)
SOON = NOW + timedelta(minutes=5)
ENDINGS: tuple[Command, ...] = (CaptureHold("hold-1"), ReleaseHold("hold-1"), ExpireHold("hold-1"))
PROCESSES = (Owner.TRANSFER, Owner.COPAY, Owner.REFUND)


def test_a_hold_sets_money_aside_and_leaves_the_balance() -> None:
    assert when(RICH, HOLD) == HELD
    wallet = wallet_after(HOLDING)
    assert (wallet.balance_minor, wallet.available_minor, wallet.holds_open) == (1_000_00, 600_00, 1)


def test_a_hold_without_an_id_gets_one_from_its_command() -> None:
    answer = when(RICH, replace(HOLD, hold_id=None), context("77"))
    assert answer == replace(HELD, hold_id="hld_77")
    assert when((*RICH, answer), replace(HOLD, hold_id=None), context("77")) == refusals.HoldAlreadyExists()


def test_what_is_held_already_cannot_be_held_again() -> None:
    assert isinstance(when(HOLDING, replace(HOLD, hold_id="2", amount_minor=600_00)), HoldPlaced)
    assert when(HOLDING, replace(HOLD, hold_id="2", amount_minor=600_01)) == refusals.InsufficientFunds(600_00)


@pytest.mark.parametrize("ended", [(), (CAPTURED,), (RELEASED,), (EXPIRED,)])
def test_a_holds_id_is_used_once_also_after_it_has_ended(ended: tuple[Event, ...]) -> None:
    assert when((*HOLDING, *ended), replace(HOLD, amount_minor=1)) == refusals.HoldAlreadyExists()


def test_the_refusals_of_a_hold_come_in_their_order() -> None:
    """Everything is wrong at once; each reason that is taken away uncovers the next."""
    tight = replace(CREATED, daily_limit_minor=10, monthly_limit_minor=8)
    given = (tight, WalletActivated(), replace(CREDITED, amount_minor=5), replace(HELD, amount_minor=1))
    bad = PlaceHold("hold-1", 0, "USD")
    assert when([], bad) == refusals.WalletNotFound()
    assert when((tight,), bad) == refusals.WalletPending()
    assert when((*given, WalletSuspended("x")), bad) == refusals.WalletSuspended()
    assert when(CLOSED, bad) == refusals.WalletClosed()
    assert when(given, bad) == refusals.CurrencyMismatch("EGP")
    bad = replace(bad, currency="EGP")
    assert when(given, bad) == refusals.AmountNotPositive()
    assert when(given, replace(bad, amount_minor=10)) == refusals.DailyLimitExceeded(9)
    assert when(given, replace(bad, amount_minor=9)) == refusals.MonthlyLimitExceeded(7)
    assert when(given, replace(bad, amount_minor=7)) == refusals.InsufficientFunds(4)
    assert when(given, replace(bad, amount_minor=4)) == refusals.HoldAlreadyExists()


def test_a_capture_takes_all_of_a_hold_where_no_amount_is_named() -> None:
    assert when(HOLDING, CaptureHold("hold-1")) == CAPTURED
    wallet = wallet_after((*HOLDING, CAPTURED))
    assert (wallet.balance_minor, wallet.available_minor, wallet.holds_open) == (600_00, 600_00, 0)


def test_a_capture_in_part_releases_the_rest() -> None:
    captured = when(HOLDING, CaptureHold("hold-1", 150_00))
    assert captured == replace(CAPTURED, amount_minor=150_00, released_minor=250_00)
    wallet = wallet_after((*HOLDING, captured))
    assert (wallet.balance_minor, wallet.available_minor, wallet.holds_open) == (850_00, 850_00, 0)


@pytest.mark.parametrize(
    ("amount", "answer"),
    [
        (400_01, refusals.CaptureExceedsHold(400_00)),
        (400_00, CAPTURED),
        (1, replace(CAPTURED, amount_minor=1, released_minor=399_99)),
        (0, refusals.AmountNotPositive()),
        (-1, refusals.AmountNotPositive()),
    ],
)
def test_a_capture_stays_within_its_hold(amount: int, answer: object) -> None:
    assert when(HOLDING, CaptureHold("hold-1", amount)) == answer


def test_a_release_and_an_expiry_give_all_of_it_back() -> None:
    expiring = (*RICH, replace(HELD, expires_at=NOW))
    assert when(HOLDING, ReleaseHold("hold-1")) == RELEASED
    assert when(expiring, ExpireHold("hold-1")) == EXPIRED
    for ended in (RELEASED, EXPIRED):
        wallet = wallet_after((*HOLDING, ended))
        assert (wallet.balance_minor, wallet.available_minor, wallet.holds_open) == (1_000_00, 1_000_00, 0)


def test_a_hold_expires_at_its_moment_and_not_before() -> None:
    assert when(RICH, replace(HOLD, expires_at=SOON)) == replace(HELD, expires_at=SOON)
    expiring = (*RICH, replace(HELD, expires_at=SOON))
    assert when(expiring, ExpireHold("hold-1")) == refusals.HoldNotDue(SOON)
    assert when(expiring, ExpireHold("hold-1"), context(at=SOON)) == EXPIRED
    assert when(HOLDING, ExpireHold("hold-1"), context(at=SOON)) == refusals.HoldNotDue(None)


def test_until_a_timer_ends_it_a_hold_past_its_moment_can_be_captured() -> None:
    late = context(at=SOON + timedelta(days=1))
    assert when((*RICH, replace(HELD, expires_at=SOON)), CaptureHold("hold-1"), late) == CAPTURED


@pytest.mark.parametrize("command", ENDINGS, ids=lambda command: type(command).__name__)
def test_a_hold_ends_once(command: Command) -> None:
    for ended, status in ((CAPTURED, "CAPTURED"), (RELEASED, "RELEASED"), (EXPIRED, "EXPIRED")):
        assert when((*HOLDING, ended), command) == refusals.HoldClosed(status)


def test_a_suspended_wallet_places_no_hold_but_ends_those_it_has() -> None:
    assert when(SUSPENDED, HOLD) == refusals.WalletSuspended()
    given = (*RICH, replace(HELD, expires_at=NOW), WalletSuspended("x"))
    assert [type(when(given, command)) for command in ENDINGS] == [HoldCaptured, HoldReleased, HoldExpired]


@pytest.mark.parametrize("owner", PROCESSES)
def test_only_its_own_process_ends_a_hold_of_a_process(owner: Owner) -> None:
    given = (*RICH, owned(owner))
    other = Owner.COPAY if owner is Owner.TRANSFER else Owner.TRANSFER
    for stranger in (Owner.PUBLIC, other):
        assert when(given, CaptureHold("hold-1", owner=stranger)) == refusals.HoldOwnedByProcess(owner)
        assert when(given, ReleaseHold("hold-1", owner=stranger)) == refusals.HoldOwnedByProcess(owner)
    assert when(given, CaptureHold("hold-1", owner=owner)) == replace(CAPTURED, owner=owner)
    assert when(given, ReleaseHold("hold-1", owner=owner)) == replace(RELEASED, owner=owner)


@pytest.mark.parametrize("owner", PROCESSES)
def test_a_hold_of_a_process_never_expires(owner: Owner) -> None:
    placed = when(RICH, replace(HOLD, owner=owner, expires_at=SOON))
    assert placed == owned(owner)
    late = context(at=SOON + timedelta(days=365))
    assert when((*RICH, placed), ExpireHold("hold-1"), late) == refusals.HoldOwnedByProcess(owner)


def test_a_process_may_end_a_hold_of_the_public() -> None:
    assert when(HOLDING, CaptureHold("hold-1", owner=Owner.COPAY)) == CAPTURED


def test_a_refunds_hold_works_while_suspended_and_only_then_minds_the_funds() -> None:
    refund = replace(HOLD, owner=Owner.REFUND)
    assert when(SUSPENDED, refund) == owned(Owner.REFUND)
    assert when(SUSPENDED, replace(refund, amount_minor=1_000_01)) == refusals.InsufficientFunds(1_000_00)
    assert when((CREATED,), refund) == refusals.WalletPending()
    assert when(CLOSED, refund) == refusals.WalletClosed()


def test_the_refusals_of_an_ending_come_in_their_order() -> None:
    """Everything is wrong at once; each reason that is taken away uncovers the next."""
    transfer = owned(Owner.TRANSFER)
    ended = replace(RELEASED, owner=Owner.TRANSFER)
    capture = CaptureHold("hold-1", 999_99)
    for command in (capture, ReleaseHold("hold-1"), ExpireHold("hold-1")):
        assert when([], command) == refusals.WalletNotFound()
        assert when(RICH, command) == refusals.HoldNotFound()
        assert when((*RICH, transfer, ended), command) == refusals.HoldClosed("RELEASED")
        assert when((*RICH, transfer), command) == refusals.HoldOwnedByProcess("TRANSFER")
    assert when(HOLDING, capture, context("0")) == refusals.CaptureExceedsHold(400_00)
    assert when(HOLDING, CaptureHold("hold-1", 0), context("0")) == refusals.AmountNotPositive()
    assert when(HOLDING, CaptureHold("hold-1"), context("0")) == refusals.TransactionAlreadyExists()
