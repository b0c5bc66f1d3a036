"""Ladders of a pharmacy's commands."""

from dataclasses import replace
from datetime import timedelta

from ledger.domain.kinds import Event
from ledger.domain.pharmacy.commands import Command, ContractPharmacy, RevokeTerminal, SuspendPharmacy
from ledger.domain.pharmacy.events import (
    OfflineBatchOpened,
    PharmacyContracted,
    PharmacySuspended,
    TerminalRegistered,
    TerminalRevoked,
)
from tests.support.ladders import Case, Ladder, after, commanding, instead, under, without_event
from tests.support.pharmacies import (
    CLOSE,
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
)

NOT_FOUND = instead("pharmacy_not_found", alone="invalid_state")
NO_TERMINAL = commanding("terminal_not_found", terminal_id="t-99")
REVOKED = after("terminal_revoked", TerminalRevoked("t-17", "stolen"))
OTHER_BATCH = replace(OPENED, first_sequence=-1, last_sequence=0, claims=2)


def case(given: tuple[Event, ...], command: Command, earned_minor: int = 280_00) -> Case:
    return Case(given, command, context(earned_minor=earned_minor))


LADDERS = (
    Ladder(case((), REGISTER), (after("pharmacy_already_exists", replace(REGISTERED, licence="GZ-9")),)),
    Ladder(case((REGISTERED,), ContractPharmacy()), (NOT_FOUND, after("invalid_state", PharmacyContracted()))),
    Ladder(case(CONTRACTED, SuspendPharmacy("x")), (NOT_FOUND, after("invalid_state", PharmacySuspended("x")))),
    Ladder(
        case(CONTRACTED, TERMINAL),
        (NOT_FOUND, after("terminal_already_exists", WITH_TERMINAL[-1], alone="pharmacy_not_found")),
    ),
    Ladder(case(WITH_TERMINAL, RevokeTerminal("t-17", "x")), (NOT_FOUND, NO_TERMINAL)),
    Ladder(
        case(WITH_TERMINAL, OPEN),
        (
            without_event(
                "terminal_not_found", TerminalRegistered, alone="terminal_revoked offline_batch_already_exists"
            ),
            REVOKED,
            commanding("sequence_gap", first_sequence=2),
            # Which of the caps comes first stands with the batches' tests.
            under("offline_cap_exceeded", at=NOW + timedelta(days=9)),
            after("offline_batch_already_exists", OTHER_BATCH),
        ),
    ),
    Ladder(
        case((*WITH_TERMINAL, OPENED), CLOSE),
        (NO_TERMINAL, REVOKED, without_event("offline_batch_not_found", OfflineBatchOpened)),
    ),
    Ladder(
        case(CONTRACTED, REMIT),
        (
            NOT_FOUND,
            after("remittance_already_exists", REMITTED, alone="pharmacy_not_found"),
            commanding("amount_not_positive", amount_minor=0),
            # Claims were reversed after they had been remitted: even nothing is more than what is payable.
            under("remittance_exceeds_payable", earned_minor=-1),
        ),
    ),
)
