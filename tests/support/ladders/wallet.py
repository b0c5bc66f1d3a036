"""Ladders of a wallet's commands. They need the balance cap of `CAPPED`, because the regulation names none yet."""

from dataclasses import replace
from datetime import date

from ledger.domain.kinds import Event
from ledger.domain.wallet.commands import (
    ActivateWallet,
    CaptureHold,
    ChangeWalletLimits,
    CloseWallet,
    Command,
    ExpireHold,
    ReleaseHold,
    ReverseTransaction,
    SuspendWallet,
)
from ledger.domain.wallet.events import (
    Direction,
    HoldCaptured,
    HoldPlaced,
    HoldReleased,
    Owner,
    TransactionReversed,
    WalletActivated,
    WalletClosed,
    WalletCreated,
    WalletCredited,
    WalletSuspended,
)
from ledger.domain.wallet.limits import OwnerClass, Regulation, Row
from tests.support.ladders import Case, Ladder, after, commanding, instead, under, with_event, without_event
from tests.support.wallets import (
    ACTIVE,
    CAPTURED,
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
    context,
)

CAP = 10_000_00
CAPPED: tuple[Row, ...] = (
    (
        date(2023, 11, 15),
        {(OwnerClass.INDIVIDUAL, "EGP"): Regulation(60_000_00, 200_000_00, balance_cap_minor=CAP)},
    ),
)
HOLDING = (*RICH, HELD)
RELEASED = HoldReleased("hold-1", 400_00, "EGP", Owner.PUBLIC)
REVERSED = TransactionReversed("txn_9", "txn_0", Direction.CREDIT, 1_000_00, "EGP", "cash-desk", Owner.PUBLIC, "x")

STATES = "wallet_not_found wallet_pending wallet_suspended wallet_closed invalid_state"
NOT_FOUND = instead("wallet_not_found", alone=STATES)
PENDING = without_event("wallet_pending", WalletActivated, alone=STATES)
SUSPENDED = after("wallet_suspended", WalletSuspended("x"), alone=STATES)
CLOSED = after("wallet_closed", WalletClosed("x"), alone=STATES)
OTHER_CURRENCY = commanding("currency_mismatch", currency="USD")
# No limit is ever below nothing, and no funds are: what asks for nothing exceeds none of them.
NOTHING = commanding(
    "amount_not_positive",
    amount_minor=0,
    alone="daily_limit_exceeded monthly_limit_exceeded insufficient_funds",
)
ID_TAKEN = commanding("transaction_already_exists", transaction_id="txn_0")
MADE_ID_TAKEN = under("transaction_already_exists", command_id="0")


def case(given: tuple[Event, ...], command: Command) -> Case:
    return Case(given, command, context("3"))


SPENDING = (
    NOT_FOUND,
    PENDING,
    SUSPENDED,
    CLOSED,
    OTHER_CURRENCY,
    NOTHING,
    with_event("daily_limit_exceeded", WalletCreated, daily_limit_minor=1),
    with_event("monthly_limit_exceeded", WalletCreated, monthly_limit_minor=1),
    with_event("insufficient_funds", WalletCredited, amount_minor=1),
)
ENDING = (
    NOT_FOUND,
    without_event("hold_not_found", HoldPlaced, alone="wallet_not_found"),
    after("hold_closed", RELEASED, alone="wallet_not_found hold_not_found"),
    with_event("hold_owned_by_process", HoldPlaced, owner=Owner.TRANSFER),
)
LADDERS = (
    Ladder(
        Case((), CREATE, context()),
        (
            after("wallet_already_exists", replace(CREATED, user_id="user-9")),
            commanding("limit_above_regulation", daily_limit_minor=60_000_01),
            commanding("limit_not_positive", monthly_limit_minor=0),
        ),
    ),
    Ladder(
        case((CREATED,), ActivateWallet()), (NOT_FOUND, CLOSED, after("invalid_state", WalletActivated(), alone=STATES))
    ),
    Ladder(
        case(ACTIVE, SuspendWallet("x")),
        (NOT_FOUND, CLOSED, after("invalid_state", WalletSuspended("x"), alone=STATES)),
    ),
    Ladder(
        case(ACTIVE, CloseWallet("x")),
        # From every state but CLOSED, so that no state is invalid.
        (NOT_FOUND, CLOSED, after("holds_open", HELD), after("balance_not_zero", CREDITED)),
    ),
    Ladder(
        case(RICH, CREDIT),
        (
            NOT_FOUND,
            PENDING,
            CLOSED,
            OTHER_CURRENCY,
            replace(NOTHING, alone=frozenset()),
            with_event("balance_cap_exceeded", WalletCredited, amount_minor=CAP + 1),
            ID_TAKEN,
        ),
    ),
    Ladder(case(RICH, DEBIT), (*SPENDING, ID_TAKEN)),
    Ladder(
        case(RICH, HOLD),
        (*SPENDING, after("hold_already_exists", replace(HELD, amount_minor=1))),
    ),
    Ladder(
        case(HOLDING, CaptureHold("hold-1")),
        (
            *ENDING,
            commanding("capture_exceeds_hold", amount_minor=400_01, alone="amount_not_positive"),
            commanding("amount_not_positive", amount_minor=0),
            MADE_ID_TAKEN,
        ),
    ),
    Ladder(case(HOLDING, ReleaseHold("hold-1")), ENDING),
    Ladder(
        case((*RICH, replace(HELD, expires_at=NOW)), ExpireHold("hold-1")),
        (*ENDING, with_event("hold_not_due", HoldPlaced, expires_at=None)),
    ),
    Ladder(
        case(ACTIVE, ChangeWalletLimits(1, None)),
        (
            NOT_FOUND,
            CLOSED,
            commanding("limit_above_regulation", daily_limit_minor=60_000_01),
            commanding("limit_not_positive", monthly_limit_minor=0),
        ),
    ),
    Ladder(
        case((*RICH, replace(CREDITED, transaction_id="txn_7")), ReverseTransaction("txn_0", "x")),
        (
            NOT_FOUND,
            commanding("transaction_not_found", transaction_id="txn_8"),
            after("already_reversed", REVERSED),
            with_event("transaction_owned_by_process", WalletCredited, owner=Owner.TOP_UP),
            after("insufficient_funds", replace(DEBITED, transaction_id="txn_6", amount_minor=1_500_00)),
            CLOSED,
            under("transaction_already_exists", command_id="7"),
        ),
    ),
    Ladder(
        case((*HOLDING, CAPTURED), ReverseTransaction("txn_1", "x")),
        (with_event("hold_owned_by_process", HoldCaptured, owner=Owner.TRANSFER), CLOSED),
    ),
)
