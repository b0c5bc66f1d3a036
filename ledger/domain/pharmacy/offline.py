"""Terminals and their offline batches: the caps of a batch are checked once, when it is opened."""

from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.money import EGP
from ledger.domain.pharmacy import events
from ledger.domain.pharmacy.commands import CloseOfflineBatch, OpenOfflineBatch, RegisterTerminal, RevokeTerminal
from ledger.domain.pharmacy.events import OfflineBatchClosed, OfflineBatchOpened, TerminalRegistered
from ledger.domain.pharmacy.refusals import (
    Cap,
    OfflineBatchAlreadyExists,
    OfflineBatchClosedBefore,
    OfflineBatchNotFound,
    OfflineBatchOpenedBefore,
    OfflineCapExceeded,
    SequenceGap,
    TerminalAlreadyExists,
    TerminalNotFound,
    TerminalRevoked,
    TerminalRevokedBefore,
)
from ledger.domain.pharmacy.state import Pharmacy, Terminal


def register_terminal(command: RegisterTerminal, pharmacy: Pharmacy, _context: Context) -> Event | Refusal:
    """Whatever the state of the contract: a pharmacy sets its counters up before it may sell."""
    if command.terminal_id in pharmacy.terminals:
        return TerminalAlreadyExists()
    return TerminalRegistered(
        terminal_id=command.terminal_id,
        offline_claims_max=command.offline_claims_max,
        offline_amount_max_minor=command.offline_amount_max_minor,
        offline_age_max_s=command.offline_age_max_s,
    )


def revoke_terminal(command: RevokeTerminal, pharmacy: Pharmacy, _context: Context) -> Event | Refusal | Unchanged:
    terminal = pharmacy.terminals.get(command.terminal_id)
    if terminal is None:
        return TerminalNotFound()
    if terminal.revoked:
        return TerminalRevokedBefore()
    return events.TerminalRevoked(command.terminal_id, command.reason)


def open_batch(command: OpenOfflineBatch, pharmacy: Pharmacy, context: Context) -> Event | Refusal | Unchanged:
    """Batches of a terminal follow one another in sequence. An earlier one may still be open: a terminal that lost the
    answer to its last close must not be kept from selling."""
    terminal = _in_service(pharmacy, command.terminal_id)
    if isinstance(terminal, Refusal):
        return terminal
    opened = _opened(command)
    earlier = terminal.batches.get(command.batch_id)
    if earlier is not None and earlier.opened == opened:
        return OfflineBatchOpenedBefore()
    if command.first_sequence != terminal.next_sequence or _numbers(command) != command.claims:
        return SequenceGap(terminal.next_sequence)
    exceeded = _exceeded(command, terminal, context)
    if exceeded is not None:
        return exceeded
    return opened if earlier is None else OfflineBatchAlreadyExists()


def _numbers(command: OpenOfflineBatch) -> int:
    return command.last_sequence - command.first_sequence + 1


def _exceeded(command: OpenOfflineBatch, terminal: Terminal, context: Context) -> OfflineCapExceeded | None:
    caps = terminal.origin
    age_s = (context.at - command.first_captured_at).total_seconds()
    if command.claims > caps.offline_claims_max:
        return OfflineCapExceeded(Cap.CLAIMS, caps.offline_claims_max)
    if command.amount_minor > caps.offline_amount_max_minor:
        return OfflineCapExceeded(Cap.AMOUNT, caps.offline_amount_max_minor)
    if age_s > caps.offline_age_max_s:
        return OfflineCapExceeded(Cap.AGE, caps.offline_age_max_s)
    return None


def _opened(command: OpenOfflineBatch) -> OfflineBatchOpened:
    return OfflineBatchOpened(
        terminal_id=command.terminal_id,
        batch_id=command.batch_id,
        first_sequence=command.first_sequence,
        last_sequence=command.last_sequence,
        claims=command.claims,
        amount_minor=command.amount_minor,
        currency=EGP,
        first_captured_at=command.first_captured_at,
    )


def close_batch(command: CloseOfflineBatch, pharmacy: Pharmacy, _context: Context) -> Event | Refusal | Unchanged:
    """Records what the terminal counted, also where it differs from the opening: what was sold is a fact by now."""
    terminal = _in_service(pharmacy, command.terminal_id)
    if isinstance(terminal, Refusal):
        return terminal
    batch = terminal.batches.get(command.batch_id)
    if batch is None:
        return OfflineBatchNotFound()
    if batch.closed:
        return OfflineBatchClosedBefore()
    return OfflineBatchClosed(
        terminal_id=command.terminal_id,
        batch_id=command.batch_id,
        claims=command.claims,
        rejected_claims=command.rejected_claims,
        amount_minor=command.amount_minor,
        currency=EGP,
    )


def _in_service(pharmacy: Pharmacy, terminal_id: str) -> Terminal | Refusal:
    """The terminal, if it has an offline right at all."""
    terminal = pharmacy.terminals.get(terminal_id)
    if terminal is None:
        return TerminalNotFound()
    return TerminalRevoked() if terminal.revoked else terminal
