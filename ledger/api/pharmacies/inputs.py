"""The bodies of a pharmacy's commands, and their commands of the domain."""

from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import Meta

from ledger.api.decoding import malformed
from ledger.api.inputs import Input, NoInput, ReasonInput
from ledger.api.rights import NOBODY, bound_terminal
from ledger.api.wire import Code, Id, Name, NewId, ZeroOrMore
from ledger.domain.pharmacy.commands import (
    CloseOfflineBatch,
    ContractPharmacy,
    OpenOfflineBatch,
    RegisterPharmacy,
    RegisterTerminal,
    RevokeTerminal,
    SuspendPharmacy,
)
from ledger.messages.commands import Caller, CommandRequest
from ledger.runtime.family import Malformed

TERMINAL_ID = "terminalId"
OFFLINE_CLAIMS_MAX = 100_000
OFFLINE_AGE_MAX_S = 31 * 86_400

Sequence = Annotated[int, Meta(ge=1, le=2**53)]
Count = Annotated[int, Meta(ge=0, le=OFFLINE_CLAIMS_MAX)]


class RegisterPharmacyInput(Input, frozen=True, kw_only=True):
    """A pharmacy that joins the network; it has no contract yet."""

    name: Name
    governorate: Name
    licence: Code
    id: NewId | None = None


class RegisterTerminalInput(Input, frozen=True, kw_only=True):
    """A terminal, and the caps of one offline batch of it; what is not given is 0, which gives no offline right."""

    terminal_id: Id
    offline_claims_max: Count = 0
    offline_amount_max: ZeroOrMore | None = None
    offline_age_max_s: Annotated[int, Meta(ge=0, le=OFFLINE_AGE_MAX_S)] = 0


class OpenOfflineBatchInput(Input, frozen=True, kw_only=True):
    """What a terminal took while it was offline; both sequences are included. `terminal_id`: none, the caller's own."""

    terminal_id: Id | None = None
    batch_id: Id
    first_sequence: Sequence
    last_sequence: Sequence
    claims: Count
    amount: ZeroOrMore
    first_captured_at: Annotated[datetime, Meta(tz=True)]


class CloseOfflineBatchInput(Input, frozen=True, kw_only=True):
    """The totals of all claims that the terminal sent, the rejected ones included."""

    terminal_id: Id | None = None
    batch_id: Id
    claims: Count
    rejected_claims: Count
    amount: ZeroOrMore


def register_of(given: RegisterPharmacyInput, _request: CommandRequest) -> RegisterPharmacy:
    return RegisterPharmacy(given.name, given.governorate, given.licence)


def contract_of(_given: NoInput, _request: CommandRequest) -> ContractPharmacy:
    return ContractPharmacy()


def suspend_of(given: ReasonInput, _request: CommandRequest) -> SuspendPharmacy:
    return SuspendPharmacy(given.reason)


def register_terminal_of(given: RegisterTerminalInput, _request: CommandRequest) -> RegisterTerminal:
    amount = given.offline_amount_max
    return RegisterTerminal(
        terminal_id=given.terminal_id,
        offline_claims_max=given.offline_claims_max,
        offline_amount_max_minor=0 if amount is None else amount.minor,
        offline_age_max_s=given.offline_age_max_s,
    )


def revoke_terminal_of(given: ReasonInput, request: CommandRequest) -> RevokeTerminal:
    return RevokeTerminal(request.args[TERMINAL_ID], given.reason)


def _terminal_of(given: OpenOfflineBatchInput | CloseOfflineBatchInput, request: CommandRequest) -> str | None:
    own = bound_terminal(request.caller)
    return given.terminal_id or (None if own == NOBODY else own)


def open_batch_of(given: OpenOfflineBatchInput, request: CommandRequest) -> OpenOfflineBatch | Malformed:
    terminal_id = _terminal_of(given, request)
    if terminal_id is None:
        return malformed("/terminalId", "is required")
    try:
        first_captured_at = given.first_captured_at.astimezone(UTC)
    except OverflowError:
        return malformed("/firstCapturedAt", "no terminal was at work then")
    return OpenOfflineBatch(
        terminal_id=terminal_id,
        batch_id=given.batch_id,
        first_sequence=given.first_sequence,
        last_sequence=given.last_sequence,
        claims=given.claims,
        amount_minor=given.amount.minor,
        first_captured_at=first_captured_at,
    )


def close_batch_of(given: CloseOfflineBatchInput, request: CommandRequest) -> CloseOfflineBatch | Malformed:
    terminal_id = _terminal_of(given, request)
    if terminal_id is None:
        return malformed("/terminalId", "is required")
    return CloseOfflineBatch(
        terminal_id=terminal_id,
        batch_id=given.batch_id,
        claims=given.claims,
        rejected_claims=given.rejected_claims,
        amount_minor=given.amount.minor,
    )


def is_own_terminal(caller: Caller, command: Any) -> bool:
    """Whether a terminal speaks of its own batches. Whose pharmacy it is, the family judges by the aggregate."""
    return bound_terminal(caller) in (None, command.terminal_id)
