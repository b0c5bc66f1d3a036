"""Pharmacies: every refusal of every command, in its order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.domain.kinds import Event
from ledger.domain.pharmacy import events, refusals
from ledger.domain.pharmacy.commands import (
    CloseOfflineBatch,
    Command,
    ContractPharmacy,
    OpenOfflineBatch,
    RegisterTerminal,
    RevokeTerminal,
    SuspendPharmacy,
)
from ledger.domain.pharmacy.events import PharmacyContracted, PharmacySuspended, TerminalRegistered
from ledger.domain.pharmacy.refusals import (
    AmountNotPositive,
    Cap,
    InvalidState,
    OfflineBatchAlreadyExists,
    OfflineBatchClosedBefore,
    OfflineBatchNotFound,
    OfflineBatchOpenedBefore,
    OfflineCapExceeded,
    PharmacyAlreadyExists,
    PharmacyNotFound,
    PharmacyRegisteredBefore,
    RemittanceAlreadyExists,
    RemittanceExceedsPayable,
    SequenceGap,
    TerminalAlreadyExists,
    TerminalNotFound,
    TerminalRevokedBefore,
)
from tests.support.pharmacies import (
    CAPTURED,
    CLOSE,
    CLOSED,
    CONTRACTED,
    NOW,
    OPEN,
    OPENED,
    REGISTER,
    REGISTERED,
    REMIT,
    REMITTED,
    TERMINAL,
    WITH_TERMINAL,
    context,
    pharmacy_after,
    when,
)

REVOKED = (*WITH_TERMINAL, events.TerminalRevoked("t-17", "stolen"))
AFTER_BATCH = (*WITH_TERMINAL, OPENED)
SECOND = replace(OPEN, batch_id="batch-2", first_sequence=4, last_sequence=6)


def test_a_pharmacy_is_registered_once_and_the_same_again_is_known() -> None:
    assert when([], REGISTER) == REGISTERED
    assert when(CONTRACTED, REGISTER) == PharmacyRegisteredBefore()
    assert when(CONTRACTED, replace(REGISTER, licence="GZ-2")) == PharmacyAlreadyExists()


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (ContractPharmacy(), PharmacyNotFound()),
        (SuspendPharmacy("x"), PharmacyNotFound()),
        (TERMINAL, PharmacyNotFound()),
        (RevokeTerminal("t-17", "x"), PharmacyNotFound()),
        (REMIT, PharmacyNotFound()),
        (OPEN, TerminalNotFound()),
        (CLOSE, TerminalNotFound()),
    ],
)
def test_of_a_pharmacy_that_was_never_registered_nothing_is_found(command: Command, refusal: object) -> None:
    assert when([], command) == refusal


@pytest.mark.parametrize(
    ("given", "command", "answer"),
    [
        ((REGISTERED,), ContractPharmacy(), PharmacyContracted()),
        (CONTRACTED, ContractPharmacy(), InvalidState("CONTRACTED")),
        ((*CONTRACTED, PharmacySuspended("x")), ContractPharmacy(), PharmacyContracted()),
        ((REGISTERED,), SuspendPharmacy("fraud"), InvalidState("REGISTERED")),
        (CONTRACTED, SuspendPharmacy("fraud"), PharmacySuspended("fraud")),
        ((*CONTRACTED, PharmacySuspended("x")), SuspendPharmacy("fraud"), InvalidState("SUSPENDED")),
    ],
)
def test_contracts_come_and_go(given: tuple[Event, ...], command: Command, answer: object) -> None:
    assert when(given, command) == answer


def test_a_terminal_is_registered_once_with_its_caps() -> None:
    assert when((REGISTERED,), TERMINAL) == TerminalRegistered("t-17", 10, 5_000_00, 86_400)
    assert when(WITH_TERMINAL, TERMINAL) == TerminalAlreadyExists()
    assert when(REVOKED, TERMINAL) == TerminalAlreadyExists()
    assert isinstance(when(WITH_TERMINAL, RegisterTerminal("t-18", 0, 0, 0)), TerminalRegistered)


def test_a_terminal_is_revoked_for_good() -> None:
    revoke = RevokeTerminal("t-17", "stolen")
    assert when(CONTRACTED, revoke) == TerminalNotFound()
    assert when(WITH_TERMINAL, revoke) == events.TerminalRevoked("t-17", "stolen")
    assert when(REVOKED, revoke) == TerminalRevokedBefore()


def test_a_batch_is_opened_within_its_caps_each_of_them_included() -> None:
    assert when(WITH_TERMINAL, OPEN) == OPENED
    most = OpenOfflineBatch("t-17", "batch-1", 1, 10, 10, 5_000_00, NOW - timedelta(days=1))
    assert isinstance(when(WITH_TERMINAL, most), events.OfflineBatchOpened)


def test_the_refusals_of_opening_come_in_their_order() -> None:
    """Everything is wrong with this batch at once; each fault that is taken away uncovers the next."""
    wrong = OpenOfflineBatch("t-17", "batch-1", 5, 15, 11, 5_000_01, NOW - timedelta(days=1, seconds=1))
    assert when(CONTRACTED, wrong) == TerminalNotFound()
    assert when((*REVOKED,), wrong) == refusals.TerminalRevoked()
    assert when(AFTER_BATCH, wrong) == SequenceGap(4)
    wrong = replace(wrong, first_sequence=4)
    assert when(AFTER_BATCH, wrong) == SequenceGap(4)
    wrong = replace(wrong, last_sequence=14)
    assert when(AFTER_BATCH, wrong) == OfflineCapExceeded(Cap.CLAIMS, 10)
    wrong = replace(wrong, claims=10, last_sequence=13)
    assert when(AFTER_BATCH, wrong) == OfflineCapExceeded(Cap.AMOUNT, 5_000_00)
    wrong = replace(wrong, amount_minor=5_000_00)
    assert when(AFTER_BATCH, wrong) == OfflineCapExceeded(Cap.AGE, 86_400)
    wrong = replace(wrong, first_captured_at=CAPTURED)
    assert when(AFTER_BATCH, wrong) == OfflineBatchAlreadyExists()
    assert isinstance(when(AFTER_BATCH, replace(wrong, batch_id="batch-2")), events.OfflineBatchOpened)


@pytest.mark.parametrize("first", [2, 0])
def test_a_terminals_first_batch_begins_with_one(first: int) -> None:
    assert when(WITH_TERMINAL, replace(OPEN, first_sequence=first, last_sequence=first + 2)) == SequenceGap(1)


def test_batches_follow_one_another_also_while_the_earlier_one_is_open() -> None:
    assert isinstance(when(AFTER_BATCH, SECOND), events.OfflineBatchOpened)
    assert isinstance(when((*AFTER_BATCH, CLOSED), SECOND), events.OfflineBatchOpened)
    assert when(AFTER_BATCH, replace(SECOND, first_sequence=3, claims=4)) == SequenceGap(4)


def test_terminals_count_each_for_itself() -> None:
    other = (*AFTER_BATCH, TerminalRegistered("t-18", 10, 5_000_00, 86_400))
    assert isinstance(when(other, replace(OPEN, terminal_id="t-18")), events.OfflineBatchOpened)


def test_the_same_batch_again_is_known_whatever_the_time() -> None:
    late = context(at=NOW + timedelta(days=9))
    assert when(AFTER_BATCH, OPEN, late) == OfflineBatchOpenedBefore()
    assert when((*AFTER_BATCH, CLOSED), OPEN, late) == OfflineBatchOpenedBefore()


def test_a_batch_is_closed_once_with_what_the_terminal_counted() -> None:
    assert when(AFTER_BATCH, CLOSE) == CLOSED
    fewer = CloseOfflineBatch("t-17", "batch-1", 2, 0, 600_00)
    assert when(AFTER_BATCH, fewer) == replace(CLOSED, claims=2, rejected_claims=0, amount_minor=600_00)
    assert when((*AFTER_BATCH, CLOSED), fewer) == OfflineBatchClosedBefore()


def test_the_refusals_of_closing_come_in_their_order() -> None:
    assert when(CONTRACTED, CLOSE) == TerminalNotFound()
    assert when((*REVOKED,), CLOSE) == refusals.TerminalRevoked()
    assert when(WITH_TERMINAL, CLOSE) == OfflineBatchNotFound()


def test_a_remittance_takes_up_to_what_is_payable() -> None:
    assert when(CONTRACTED, REMIT, context(earned_minor=280_00)) == REMITTED


def test_a_remittance_may_be_a_piastre() -> None:
    assert when(CONTRACTED, replace(REMIT, amount_minor=1), context(earned_minor=1)) == replace(
        REMITTED, amount_minor=1
    )


def test_a_pharmacy_begins_with_its_registration_and_knows_only_its_own_events_and_commands() -> None:
    class Stranger(Event):
        pass

    with pytest.raises(AssertionError, match="a pharmacy's first event is PharmacyRegistered"):
        pharmacy_after([REMITTED])
    with pytest.raises(AssertionError, match="no pharmacy knows Stranger"):
        pharmacy_after([REGISTERED, Stranger()])
    with pytest.raises(AssertionError, match="no pharmacy decides Stranger"):
        when([REGISTERED], Stranger())  # type: ignore[arg-type]


def test_the_refusals_of_a_remittance_come_in_their_order() -> None:
    nothing = replace(REMIT, amount_minor=0)
    assert when((*CONTRACTED, REMITTED), nothing) == RemittanceAlreadyExists()
    assert when(CONTRACTED, nothing) == AmountNotPositive()
    assert when(CONTRACTED, replace(REMIT, amount_minor=-1)) == AmountNotPositive()
    assert when(CONTRACTED, REMIT, context(earned_minor=279_99)) == RemittanceExceedsPayable(279_99)


def test_what_was_remitted_is_not_payable_again_however_late_the_journal_is() -> None:
    second, earned = replace(REMIT, reference="wire-2"), context(earned_minor=559_99)
    assert when((*CONTRACTED, REMITTED), second, earned) == RemittanceExceedsPayable(279_99)
    assert when((*CONTRACTED, REMITTED), replace(second, amount_minor=279_99), earned) == replace(
        REMITTED, reference="wire-2", amount_minor=279_99
    )


def test_reversals_after_a_remittance_leave_the_pharmacy_owing() -> None:
    answer = when((*CONTRACTED, REMITTED), replace(REMIT, reference="wire-2"), context(earned_minor=0))
    assert answer == RemittanceExceedsPayable(-280_00)


def test_a_suspended_pharmacy_is_paid_what_it_has_earned() -> None:
    suspended = (*CONTRACTED, PharmacySuspended("x"))
    assert when(suspended, REMIT, context(earned_minor=280_00)) == REMITTED
