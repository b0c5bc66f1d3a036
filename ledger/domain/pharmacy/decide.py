"""What a pharmacy answers to its commands. Checks stand in the order in which they are made, which is the contract."""

from functools import singledispatch

from ledger.domain.context import Context
from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.domain.money import EGP
from ledger.domain.pharmacy import commands, offline
from ledger.domain.pharmacy.commands import (
    CloseOfflineBatch,
    Command,
    ContractPharmacy,
    OpenOfflineBatch,
    RecordRemittance,
    RegisterPharmacy,
    SuspendPharmacy,
)
from ledger.domain.pharmacy.events import (
    PharmacyContracted,
    PharmacyRegistered,
    PharmacyRemitted,
    PharmacySuspended,
)
from ledger.domain.pharmacy.refusals import (
    AmountNotPositive,
    InvalidState,
    PharmacyAlreadyExists,
    PharmacyNotFound,
    PharmacyRegisteredBefore,
    RemittanceAlreadyExists,
    RemittanceExceedsPayable,
    TerminalNotFound,
)
from ledger.domain.pharmacy.state import Pharmacy, Status

Decision = Event | Refusal | Unchanged


def decide(pharmacy: Pharmacy | None, command: Command, context: Context) -> Decision:
    """The one event that the command brings about, or the refusal or known fact that answers it."""
    if isinstance(command, RegisterPharmacy):
        return _register(pharmacy, command)
    if pharmacy is None:
        # An offline batch names its terminal, and a pharmacy that nobody knows has none.
        batch = isinstance(command, OpenOfflineBatch | CloseOfflineBatch)
        return TerminalNotFound() if batch else PharmacyNotFound()
    return _decide(command, pharmacy, context)


def _register(pharmacy: Pharmacy | None, command: RegisterPharmacy) -> Decision:
    wanted = PharmacyRegistered(command.name, command.governorate, command.licence)
    if pharmacy is not None:
        return PharmacyRegisteredBefore() if pharmacy.origin == wanted else PharmacyAlreadyExists()
    return wanted


@singledispatch
def _decide(command: Command, _pharmacy: Pharmacy, _context: Context) -> Decision:
    raise AssertionError(f"no pharmacy decides {type(command).__name__}")


@_decide.register
def _(_command: ContractPharmacy, pharmacy: Pharmacy, _context: Context) -> Decision:
    """For the first time, or again after a suspension."""
    if pharmacy.status is Status.CONTRACTED:
        return InvalidState(pharmacy.status)
    return PharmacyContracted()


@_decide.register
def _(command: SuspendPharmacy, pharmacy: Pharmacy, _context: Context) -> Decision:
    if pharmacy.status is not Status.CONTRACTED:
        return InvalidState(pharmacy.status)
    return PharmacySuspended(command.reason)


@_decide.register
def _(command: RecordRemittance, pharmacy: Pharmacy, context: Context) -> Decision:
    """Whatever the contract's state: what a suspended pharmacy has earned is paid."""
    if command.reference in pharmacy.remittances:
        return RemittanceAlreadyExists()
    if command.amount_minor <= 0:
        return AmountNotPositive()
    payable_minor = context.earned_minor - pharmacy.remitted_minor
    if command.amount_minor > payable_minor:
        return RemittanceExceedsPayable(payable_minor)
    return PharmacyRemitted(command.reference, command.amount_minor, EGP, command.period)


_decide.register(commands.RegisterTerminal)(offline.register_terminal)
_decide.register(commands.RevokeTerminal)(offline.revoke_terminal)
_decide.register(commands.OpenOfflineBatch)(offline.open_batch)
_decide.register(commands.CloseOfflineBatch)(offline.close_batch)
