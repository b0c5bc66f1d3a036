"""Wallets: their life, money in and out, and reversals, with every refusal and the order in which they are given."""

from dataclasses import replace

import pytest

from ledger.domain.kinds import Event
from ledger.domain.wallet import refusals
from ledger.domain.wallet.commands import (
    ActivateWallet,
    CaptureHold,
    ChangeWalletLimits,
    CloseWallet,
    Command,
    CreditWallet,
    DebitWallet,
    ExpireHold,
    PlaceHold,
    ReleaseHold,
    ReverseTransaction,
    SuspendWallet,
)
from ledger.domain.wallet.events import (
    Direction,
    HoldPlaced,
    Owner,
    TransactionReversed,
    WalletActivated,
    WalletClosed,
    WalletCreated,
    WalletCredited,
    WalletDebited,
    WalletSuspended,
)
from ledger.domain.wallet.limits import OwnerClass
from ledger.domain.wallet.state import Status, evolve
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
    RICH,
    SUSPENDED,
    context,
    owned,
    wallet_after,
    when,
)

REVERSE_CREDIT = ReverseTransaction("txn_0", "wrong wallet")
REVERSE_DEBIT = ReverseTransaction("txn_1", "goods returned")
CREDIT_REVERSED = TransactionReversed(
    "txn_2", "txn_0", Direction.CREDIT, 1_000_00, "EGP", "cash-desk", Owner.PUBLIC, "wrong wallet"
)
DEBIT_REVERSED = TransactionReversed(
    "txn_2", "txn_1", Direction.DEBIT, 350_00, "EGP", "purchase", Owner.PUBLIC, "goods returned"
)
SECOND = context("2")


def test_a_wallet_is_created_pending_and_empty_with_what_was_asked() -> None:
    asked = replace(
        CREATE, owner_class=OwnerClass.LICENSED_MICRO_ENTERPRISE, daily_limit_minor=5, monthly_limit_minor=6
    )
    created = WalletCreated("user-123", OwnerClass.LICENSED_MICRO_ENTERPRISE, "EGP", 5, 6)
    assert when([], asked) == created
    wallet = wallet_after([created])
    assert (wallet.status, wallet.balance_minor, wallet.available_minor) == (Status.PENDING, 0, 0)


def test_the_same_wallet_again_is_known_and_another_under_its_id_is_refused() -> None:
    for given in ((CREATED,), RICH, SUSPENDED, CLOSED):
        assert when(given, CREATE) == refusals.WalletCreatedBefore()
        assert when(given, replace(CREATE, user_id="user-9")) == refusals.WalletAlreadyExists()
        # Existence comes before the figures of the other wallet are looked at.
        assert when(given, replace(CREATE, daily_limit_minor=10**12)) == refusals.WalletAlreadyExists()


@pytest.mark.parametrize(
    "command",
    [
        ActivateWallet(),
        SuspendWallet("x"),
        CloseWallet("x"),
        CREDIT,
        DEBIT,
        PlaceHold("h", 1, "EGP"),
        CaptureHold("h"),
        ReleaseHold("h"),
        ExpireHold("h"),
        ChangeWalletLimits(1, 1),
        REVERSE_CREDIT,
    ],
    ids=lambda command: type(command).__name__,
)
def test_what_does_not_exist_is_not_found(command: Command) -> None:
    assert when([], command) == refusals.WalletNotFound()


@pytest.mark.parametrize(
    ("given", "command", "answer"),
    [
        ((CREATED,), ActivateWallet(), WalletActivated()),
        (SUSPENDED, ActivateWallet(), WalletActivated()),
        (ACTIVE, ActivateWallet(), refusals.InvalidState("ACTIVE")),
        (CLOSED, ActivateWallet(), refusals.WalletClosed()),
        (ACTIVE, SuspendWallet("lost"), WalletSuspended("lost")),
        ((CREATED,), SuspendWallet("lost"), refusals.InvalidState("PENDING")),
        (SUSPENDED, SuspendWallet("lost"), refusals.InvalidState("SUSPENDED")),
        (CLOSED, SuspendWallet("lost"), refusals.WalletClosed()),
        ((CREATED,), CloseWallet("left"), WalletClosed("left")),
        (ACTIVE, CloseWallet("left"), WalletClosed("left")),
        ((*ACTIVE, WalletSuspended("x")), CloseWallet("left"), WalletClosed("left")),
        (CLOSED, CloseWallet("left"), refusals.WalletClosed()),
    ],
)
def test_states_change_as_the_contract_says(given: tuple[Event, ...], command: Command, answer: object) -> None:
    assert when(given, command) == answer


def test_a_wallet_is_closed_only_when_nothing_is_left_in_it() -> None:
    assert when((*RICH, HELD), CloseWallet("left")) == refusals.HoldsOpen(1, 400_00)
    assert when(RICH, CloseWallet("left")) == refusals.BalanceNotZero(1_000_00)
    emptied = (*RICH, replace(DEBITED, amount_minor=1_000_00))
    assert when(emptied, CloseWallet("left")) == WalletClosed("left")
    assert wallet_after((*emptied, WalletClosed("left"))).status is Status.CLOSED


def test_a_credit_raises_the_balance_and_a_debit_lowers_it() -> None:
    credited = when(ACTIVE, CREDIT)
    assert credited == WalletCredited("txn_1", 500_00, "EGP", "cash-desk", "receipt-2", Owner.PUBLIC)
    assert when(RICH, DEBIT) == DEBITED
    assert wallet_after((*RICH, credited, replace(DEBITED, transaction_id="txn_2"))).balance_minor == 1_150_00


def test_a_transaction_may_have_an_id_of_the_clients_choice_that_is_used_once() -> None:
    for command in (CREDIT, DEBIT):
        answer = when(RICH, replace(command, transaction_id="mine"))
        assert isinstance(answer, WalletCredited | WalletDebited)
        assert answer.transaction_id == "mine"
        assert when(RICH, replace(command, transaction_id="txn_0")) == refusals.TransactionAlreadyExists()
        # Nor may an id that is made meet one that somebody chose before.
        assert when(RICH, command, context("0")) == refusals.TransactionAlreadyExists()


def test_a_suspended_wallet_takes_credits_and_gives_nothing() -> None:
    assert isinstance(when(SUSPENDED, CREDIT), WalletCredited)
    assert when(SUSPENDED, DEBIT) == refusals.WalletSuspended()


def test_no_operation_mixes_currencies() -> None:
    dollars = (replace(CREATED, currency="USD"), WalletActivated(), replace(CREDITED, currency="USD"))
    for command in (CREDIT, DEBIT):
        assert when(dollars, command) == refusals.CurrencyMismatch("USD")
        assert isinstance(when(dollars, replace(command, currency="USD")), Event)


@pytest.mark.parametrize("amount", [0, -1, -500_00])
def test_an_amount_is_positive(amount: int) -> None:
    assert when(RICH, replace(CREDIT, amount_minor=amount)) == refusals.AmountNotPositive()
    assert when(RICH, replace(DEBIT, amount_minor=amount)) == refusals.AmountNotPositive()


def test_a_debit_takes_what_is_available_and_not_a_piastre_more() -> None:
    assert isinstance(when(RICH, replace(DEBIT, amount_minor=1_000_00)), WalletDebited)
    assert when(RICH, replace(DEBIT, amount_minor=1_000_01)) == refusals.InsufficientFunds(1_000_00)
    held = (*RICH, HELD)
    assert isinstance(when(held, replace(DEBIT, amount_minor=600_00)), WalletDebited)
    assert when(held, replace(DEBIT, amount_minor=600_01)) == refusals.InsufficientFunds(600_00)


def test_the_refusals_of_a_credit_come_in_their_order() -> None:
    """Everything is wrong at once; each reason that is taken away uncovers the next."""
    bad = CreditWallet(0, "USD", "x", "x", transaction_id="txn_0")
    assert when([], bad) == refusals.WalletNotFound()
    assert when((CREATED,), bad) == refusals.WalletPending()
    assert when(CLOSED, bad) == refusals.WalletClosed()
    assert when(SUSPENDED, bad) == refusals.CurrencyMismatch("EGP")
    bad = replace(bad, currency="EGP")
    assert when(RICH, bad) == refusals.AmountNotPositive()
    # Next the balance cap: see the limits' tests.
    bad = replace(bad, amount_minor=1)
    assert when(RICH, bad) == refusals.TransactionAlreadyExists()


def test_the_refusals_of_a_debit_come_in_their_order() -> None:
    """Everything is wrong at once; each reason that is taken away uncovers the next."""
    tight = replace(CREATED, daily_limit_minor=10, monthly_limit_minor=8)
    given = (tight, WalletActivated(), replace(CREDITED, amount_minor=5))
    bad = DebitWallet(0, "USD", "x", "x", transaction_id="txn_0")
    assert when([], bad) == refusals.WalletNotFound()
    assert when((tight,), bad) == refusals.WalletPending()
    assert when((*given, WalletSuspended("x")), bad) == refusals.WalletSuspended()
    assert when(CLOSED, bad) == refusals.WalletClosed()
    assert when(given, bad) == refusals.CurrencyMismatch("EGP")
    bad = replace(bad, currency="EGP")
    assert when(given, bad) == refusals.AmountNotPositive()
    assert when(given, replace(bad, amount_minor=11)) == refusals.DailyLimitExceeded(10)
    assert when(given, replace(bad, amount_minor=10)) == refusals.MonthlyLimitExceeded(8)
    assert when(given, replace(bad, amount_minor=8)) == refusals.InsufficientFunds(5)
    assert when(given, replace(bad, amount_minor=5)) == refusals.TransactionAlreadyExists()


def test_a_credit_is_turned_round_where_its_money_is_still_available() -> None:
    assert when(RICH, REVERSE_CREDIT, SECOND) == CREDIT_REVERSED
    assert wallet_after((*RICH, CREDIT_REVERSED)).balance_minor == 0
    assert when((*RICH, DEBITED), REVERSE_CREDIT) == refusals.InsufficientFunds(650_00)
    assert when((*RICH, HELD), REVERSE_CREDIT) == refusals.InsufficientFunds(600_00)


def test_a_debit_and_a_capture_are_turned_round() -> None:
    assert when((*RICH, DEBITED), REVERSE_DEBIT, SECOND) == DEBIT_REVERSED
    assert wallet_after((*RICH, DEBITED, DEBIT_REVERSED)).balance_minor == 1_000_00
    reversed_capture = when((*RICH, HELD, CAPTURED), REVERSE_DEBIT, SECOND)
    assert reversed_capture == replace(DEBIT_REVERSED, amount_minor=400_00, source="order")
    wallet = evolve(wallet_after((*RICH, HELD, CAPTURED)), reversed_capture)
    assert (wallet.balance_minor, wallet.held_minor) == (1_000_00, 0)


def test_a_suspended_wallet_can_be_put_right() -> None:
    assert when(SUSPENDED, REVERSE_CREDIT, SECOND) == CREDIT_REVERSED


def test_a_reversal_is_made_once_and_is_not_reversed_itself() -> None:
    given = (*RICH, DEBITED, DEBIT_REVERSED)
    assert when(given, REVERSE_DEBIT) == refusals.AlreadyReversed()
    assert when(given, ReverseTransaction("txn_2", "x")) == refusals.AlreadyReversed()
    assert when(given, replace(CREDIT, transaction_id="txn_2")) == refusals.TransactionAlreadyExists()
    assert when((*RICH, DEBITED), REVERSE_DEBIT, context("0")) == refusals.TransactionAlreadyExists()


def test_what_a_process_made_only_that_process_takes_back() -> None:
    for owner in (Owner.TRANSFER, Owner.COPAY, Owner.REFUND):
        given: tuple[Event, ...] = (*RICH, owned(owner), replace(CAPTURED, owner=owner))
        assert when(given, REVERSE_DEBIT) == refusals.HoldOwnedByProcess(owner)
        assert isinstance(when(given, replace(REVERSE_DEBIT, owner=owner), SECOND), TransactionReversed)
        other = Owner.COPAY if owner is Owner.TRANSFER else Owner.TRANSFER
        assert when(given, replace(REVERSE_DEBIT, owner=other)) == refusals.HoldOwnedByProcess(owner)
    topped_up = (*ACTIVE, replace(CREDITED, owner=Owner.TOP_UP))
    assert when(topped_up, REVERSE_CREDIT) == refusals.TransactionOwnedByProcess("TOP_UP")
    assert isinstance(when(topped_up, replace(REVERSE_CREDIT, owner=Owner.TOP_UP)), TransactionReversed)


def test_no_money_is_put_back_into_a_closed_wallet_where_nobody_could_reach_it() -> None:
    spent_and_closed = (*RICH, replace(DEBITED, amount_minor=1_000_00), WalletClosed("left"))
    assert when(spent_and_closed, REVERSE_DEBIT, SECOND) == refusals.WalletClosed()
    assert when(spent_and_closed, REVERSE_CREDIT) == refusals.InsufficientFunds(0)


def test_the_refusals_of_a_reversal_come_in_their_order() -> None:
    """Everything is wrong at once; each reason that is taken away uncovers the next."""
    top_up = replace(CREDITED, owner=Owner.TOP_UP)
    undone = replace(CREDIT_REVERSED, owner=Owner.TOP_UP)
    assert when([], REVERSE_CREDIT) == refusals.WalletNotFound()
    assert when((*ACTIVE, WalletClosed("x")), REVERSE_CREDIT) == refusals.TransactionNotFound()
    assert when((*ACTIVE, top_up, undone), REVERSE_CREDIT) == refusals.AlreadyReversed()
    emptied: tuple[Event, ...] = (*ACTIVE, top_up, replace(DEBITED, amount_minor=1_000_00), WalletClosed("x"))
    assert when(emptied, REVERSE_CREDIT) == refusals.TransactionOwnedByProcess("TOP_UP")
    assert when(emptied, replace(REVERSE_CREDIT, owner=Owner.TOP_UP)) == refusals.InsufficientFunds(0)
    assert when(emptied, REVERSE_DEBIT, context("0")) == refusals.WalletClosed()


def test_a_wallet_begins_with_its_creation_and_knows_only_its_own_events_and_commands() -> None:
    class Stranger(Event):
        pass

    with pytest.raises(AssertionError, match="a wallet's first event is WalletCreated"):
        evolve(None, HoldPlaced("h", 1, "EGP", "", "", Owner.PUBLIC, HELD.day, None))
    with pytest.raises(AssertionError, match="Stranger"):
        evolve(wallet_after(ACTIVE), Stranger())
    with pytest.raises(AssertionError, match="Stranger"):
        when(ACTIVE, Stranger())  # type: ignore[arg-type]
