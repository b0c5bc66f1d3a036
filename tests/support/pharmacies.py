"""Given, when, then for pharmacies, and pharmacies to begin with."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ledger.domain.context import Context
from ledger.domain.kinds import Event
from ledger.domain.pharmacy.commands import (
    CloseOfflineBatch,
    Command,
    OpenOfflineBatch,
    RecordRemittance,
    RegisterPharmacy,
    RegisterTerminal,
)
from ledger.domain.pharmacy.decide import Decision, decide
from ledger.domain.pharmacy.events import (
    OfflineBatchClosed,
    OfflineBatchOpened,
    PharmacyContracted,
    PharmacyRegistered,
    PharmacyRemitted,
    TerminalRegistered,
)
from ledger.domain.pharmacy.state import Pharmacy, evolve

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
CAPTURED = NOW - timedelta(hours=2)

REGISTER = RegisterPharmacy("El Ezaby", "Giza", "GZ-1017")
REGISTERED = PharmacyRegistered("El Ezaby", "Giza", "GZ-1017")
CONTRACTED = (REGISTERED, PharmacyContracted())
TERMINAL = RegisterTerminal("t-17", 10, 5_000_00, 86_400)
WITH_TERMINAL = (*CONTRACTED, TerminalRegistered("t-17", 10, 5_000_00, 86_400))
OPEN = OpenOfflineBatch("t-17", "batch-1", 1, 3, 3, 900_00, CAPTURED)
OPENED = OfflineBatchOpened("t-17", "batch-1", 1, 3, 3, 900_00, "EGP", CAPTURED)
CLOSE = CloseOfflineBatch("t-17", "batch-1", 3, 1, 900_00)
CLOSED = OfflineBatchClosed("t-17", "batch-1", 3, 1, 900_00, "EGP")
REMIT = RecordRemittance(280_00, "wire-1", "2026-11")
REMITTED = PharmacyRemitted("wire-1", 280_00, "EGP", "2026-11")


def context(*, at: datetime = NOW, earned_minor: int = 0) -> Context:
    return Context(at, "tester", "ADMIN", "1", earned_minor=earned_minor)


def pharmacy_after(events: Sequence[Event]) -> Pharmacy | None:
    pharmacy: Pharmacy | None = None
    for event in events:
        pharmacy = evolve(pharmacy, event)
    return pharmacy


def when(given: Sequence[Event], command: Command, at: Context | None = None) -> Decision:
    """What a pharmacy with this past answers."""
    return decide(pharmacy_after(given), command, at or context())
