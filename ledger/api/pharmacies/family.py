"""Pharmacies as the runtime's family: what a host needs to know of them."""

from typing import Any

import msgspec

from ledger.api.answers import Answer
from ledger.api.family import TableFamily
from ledger.api.pharmacies.answers import BatchAnswer, BatchStatus, PharmacyAnswer, TerminalAnswer, TerminalStatus
from ledger.api.pharmacies.rows import AGGREGATE_TYPE, TOPIC
from ledger.api.rights import bound_pharmacy
from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.pharmacy.commands import (
    CloseOfflineBatch,
    Command,
    OpenOfflineBatch,
    RegisterPharmacy,
    RegisterTerminal,
    RevokeTerminal,
)
from ledger.domain.pharmacy.decide import decide
from ledger.domain.pharmacy.refusals import PharmacyAlreadyExists, PharmacyNotFound
from ledger.domain.pharmacy.state import Pharmacy, evolve
from ledger.messages.commands import CommandRequest
from ledger.runtime.family import Answered, Malformed, Moment, NotYours

_encode = msgspec.json.Encoder().encode


class PharmacyFamily(TableFamily):
    """Pharmacies."""

    def __init__(self) -> None:
        super().__init__(TOPIC, AGGREGATE_TYPE)

    def parse(self, request: CommandRequest) -> Any | Malformed | NotYours:
        if bound_pharmacy(request.caller) not in (None, request.aggregate_id):
            return NotYours("a pharmacy speaks for itself only")
        return super().parse(request)

    def decide(self, state: Pharmacy | None, command: Command, moment: Moment) -> Event | Refusal | Unchanged:
        caller = moment.request.caller
        return decide(state, command, Context(moment.at, caller.principal, caller.role, moment.command_id))

    def evolve(self, state: Pharmacy | None, event: Event) -> Pharmacy:
        return evolve(state, event)

    def refuse_foreign(self, command: Command) -> Refusal:
        return PharmacyAlreadyExists() if isinstance(command, RegisterPharmacy) else PharmacyNotFound()

    def reply(self, state: Pharmacy, command: Command, outcome: Event | Unchanged, answered: Answered) -> bytes:
        return _encode(_answer_of(state, command, answered))


def _answer_of(pharmacy: Pharmacy, command: Command, answered: Answered) -> Answer:
    """As things stand after the command, also where it changed nothing."""
    at: dict[str, Any] = {
        "pharmacy_id": answered.aggregate_id,
        "position": answered.position,
        "version": answered.version,
    }
    match command:
        case RegisterTerminal() | RevokeTerminal():
            revoked = pharmacy.terminals[command.terminal_id].revoked
            status = TerminalStatus.REVOKED if revoked else TerminalStatus.ACTIVE
            return TerminalAnswer(terminal_id=command.terminal_id, status=status, **at)
        case OpenOfflineBatch() | CloseOfflineBatch():
            return _batch(pharmacy, command, at)
        case _:
            return PharmacyAnswer(status=pharmacy.status.value, **at)


def _batch(pharmacy: Pharmacy, command: OpenOfflineBatch | CloseOfflineBatch, at: dict[str, Any]) -> BatchAnswer:
    terminal = pharmacy.terminals[command.terminal_id]
    closed = terminal.batches[command.batch_id].closed
    return BatchAnswer(
        terminal_id=command.terminal_id,
        batch_id=command.batch_id,
        status=BatchStatus.CLOSED if closed else BatchStatus.OPEN,
        next_sequence=terminal.next_sequence,
        **at,
    )
