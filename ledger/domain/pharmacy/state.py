"""The state of a pharmacy, and how events change it."""

# Methods name the class that they stand in.
from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import singledispatch

from ledger.domain.kinds import Event
from ledger.domain.persistent import PersistentMap, PersistentSet
from ledger.domain.pharmacy.events import (
    OfflineBatchClosed,
    OfflineBatchOpened,
    PharmacyContracted,
    PharmacyRegistered,
    PharmacyRemitted,
    PharmacySuspended,
    TerminalRegistered,
    TerminalRevoked,
)

SEQUENCE_FIRST = 1
"""The number of the first claim that a terminal ever takes offline."""


class Status(StrEnum):
    REGISTERED = "REGISTERED"
    CONTRACTED = "CONTRACTED"
    SUSPENDED = "SUSPENDED"


@dataclass(frozen=True, slots=True)
class Batch:
    opened: OfflineBatchOpened
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Terminal:
    """`next_sequence` is where its next offline batch must begin."""

    origin: TerminalRegistered
    revoked: bool = False
    next_sequence: int = SEQUENCE_FIRST
    batches: PersistentMap[str, Batch] = PersistentMap()


@dataclass(frozen=True, slots=True)
class Pharmacy:
    """A pharmacy that was registered."""

    origin: PharmacyRegistered
    status: Status = Status.REGISTERED
    terminals: PersistentMap[str, Terminal] = PersistentMap()
    remitted_minor: int = 0
    remittances: PersistentSet[str] = PersistentSet()

    def with_terminal(self, terminal: Terminal) -> Pharmacy:
        return replace(self, terminals=self.terminals.insert(terminal.origin.terminal_id, terminal))


def evolve(pharmacy: Pharmacy | None, event: Event) -> Pharmacy:
    """The pharmacy after an event that its decider gave; `pharmacy` is None before the first."""
    if isinstance(event, PharmacyRegistered):
        return Pharmacy(event)
    assert pharmacy is not None, "a pharmacy's first event is PharmacyRegistered"
    return _evolve(event, pharmacy)


@singledispatch
def _evolve(event: Event, pharmacy: Pharmacy) -> Pharmacy:
    raise AssertionError(f"no pharmacy knows {type(event).__name__}")


@_evolve.register
def _(_event: PharmacyContracted, pharmacy: Pharmacy) -> Pharmacy:
    return replace(pharmacy, status=Status.CONTRACTED)


@_evolve.register
def _(_event: PharmacySuspended, pharmacy: Pharmacy) -> Pharmacy:
    return replace(pharmacy, status=Status.SUSPENDED)


@_evolve.register
def _(event: TerminalRegistered, pharmacy: Pharmacy) -> Pharmacy:
    return pharmacy.with_terminal(Terminal(event))


@_evolve.register
def _(event: TerminalRevoked, pharmacy: Pharmacy) -> Pharmacy:
    return pharmacy.with_terminal(replace(pharmacy.terminals[event.terminal_id], revoked=True))


@_evolve.register
def _(event: OfflineBatchOpened, pharmacy: Pharmacy) -> Pharmacy:
    terminal = pharmacy.terminals[event.terminal_id]
    batches = terminal.batches.insert(event.batch_id, Batch(event))
    return pharmacy.with_terminal(replace(terminal, next_sequence=event.last_sequence + 1, batches=batches))


@_evolve.register
def _(event: OfflineBatchClosed, pharmacy: Pharmacy) -> Pharmacy:
    terminal = pharmacy.terminals[event.terminal_id]
    batch = replace(terminal.batches[event.batch_id], closed=True)
    return pharmacy.with_terminal(replace(terminal, batches=terminal.batches.insert(event.batch_id, batch)))


@_evolve.register
def _(event: PharmacyRemitted, pharmacy: Pharmacy) -> Pharmacy:
    return replace(
        pharmacy,
        remitted_minor=pharmacy.remitted_minor + event.amount_minor,
        remittances=pharmacy.remittances.insert(event.reference),
    )
