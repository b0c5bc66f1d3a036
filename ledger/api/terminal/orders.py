"""From a terminal's messages to rows of the command table. Bodies pass as the bytes that they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ledger.api.commands import COMMANDS
from ledger.api.decoding import decode
from ledger.api.edge import Edge
from ledger.api.errors import Problem, invalid, invalid_at
from ledger.api.inputs import Input, ReasonInput
from ledger.api.queries.command_status import CommandStatusInput, Topic, command_status
from ledger.api.queries.eligibility import eligibility
from ledger.api.queries.inputs import EligibilityInput
from ledger.api.rights import may_give
from ledger.api.table import Row, code_of
from ledger.api.terminal.messages import (
    ClaimPrescription,
    CloseOfflineBatch,
    Command,
    CommandStatus,
    Eligibility,
    OpenOfflineBatch,
    ReverseClaim,
)
from ledger.api.wire import Id, Reason, is_aggregate_id, is_id
from ledger.messages.commands import Caller, CommandRequest, Trace
from ledger.runtime.family import Malformed

CLAIM = COMMANDS["claimPrescription"]
CLAIM_OFFLINE = COMMANDS["claimPrescriptionOffline"]
REVERSAL = COMMANDS["reversePrescriptionClaim"]
OPEN_BATCH = COMMANDS["openOfflineBatch"]
CLOSE_BATCH = COMMANDS["closeOfflineBatch"]
BATCH_ROWS = (OPEN_BATCH.name, CLOSE_BATCH.name)

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class TerminalOrder:
    """A row, its aggregate, and what the row's own form says."""

    row: Row
    aggregate_id: str
    body: bytes
    args: dict[str, str] = field(default_factory=dict)


class ReverseClaimInput(Input, frozen=True, kw_only=True):
    """A claim that is taken back by its id."""

    claim_id: Id
    reason: Reason = ""


class CommandStatusBody(Input, frozen=True, kw_only=True):
    """An earlier id, and the card that it was sent for; none: an offline batch of the pharmacy."""

    key: str
    card: str | None = None


class _Named(msgspec.Struct, rename="camel"):
    claim_id: Any = None


_named = msgspec.json.Decoder(_Named)


def claim(message: ClaimPrescription, _caller: Caller) -> TerminalOrder:
    return TerminalOrder(CLAIM, aggregate_of_card(message.card), bytes(message.body))


def reversal(message: ReverseClaim, _caller: Caller) -> TerminalOrder:
    card, body = aggregate_of_card(message.card), bytes(message.body)
    if not _names_claim(body):
        return TerminalOrder(REVERSAL, card, body)
    given = _decoded(ReverseClaimInput, body)
    if not is_id(given.claim_id):
        raise Problem(code_of(REVERSAL.args["claimId"]))
    return TerminalOrder(REVERSAL, card, _encode(ReasonInput(reason=given.reason)), {"claimId": given.claim_id})


def open_batch(message: OpenOfflineBatch, caller: Caller) -> TerminalOrder:
    return TerminalOrder(OPEN_BATCH, _pharmacy(caller), bytes(message.body))


def close_batch(message: CloseOfflineBatch, caller: Caller) -> TerminalOrder:
    return TerminalOrder(CLOSE_BATCH, _pharmacy(caller), bytes(message.body))


ORDERS: Mapping[type[Command], Callable[[Any, Caller], TerminalOrder]] = {
    ClaimPrescription: claim,
    ReverseClaim: reversal,
    OpenOfflineBatch: open_batch,
    CloseOfflineBatch: close_batch,
}
"""What becomes a command; everything else is a question. Each raises `Problem`."""


async def asked(edge: Edge, caller: Caller, message: Eligibility | CommandStatus) -> object:
    """The view that a question is answered with. Raises `Problem` and `StoreUnavailable`."""
    if isinstance(message, Eligibility):
        return await eligibility(edge, caller, message.card, _decoded(EligibilityInput, bytes(message.body)))
    given = _decoded(CommandStatusBody, bytes(message.body))
    where = _pharmacy(caller) if given.card is None else given.card
    if len(where) > 64:
        raise invalid_at("/card", "a card's id has at most 64 characters")
    return await command_status(edge, caller, given.key, CommandStatusInput(topic=Topic.MEDCARD, aggregate=where))


def request_of(
    edge: Edge, order: TerminalOrder, key: str, caller: Caller, trace: Trace, told: dict[str, bool]
) -> CommandRequest:
    """The command as its host will get it. Raises `Problem`."""
    row = order.row
    if not may_give(caller, row.name):
        raise Problem("forbidden", f"{row.name} is not for the role {caller.role}")
    # By position: this is done for every claim.
    return CommandRequest(
        row.topic,
        order.aggregate_id,
        caller,
        key,
        row.name,
        order.body,
        edge.settings.command_timeout_ms,
        trace,
        order.args,
        None,
        told if row.asks_network else {},
    )


def aggregate_of_card(card: str) -> str:
    """Raises `Problem`."""
    if not is_aggregate_id(card):
        raise Problem(code_of(CLAIM.missing))
    return card


def _pharmacy(caller: Caller) -> str:
    """A terminal's batches are its own pharmacy's."""
    if caller.pharmacy_id is None or not is_aggregate_id(caller.pharmacy_id):
        raise Problem(code_of(OPEN_BATCH.missing))
    return caller.pharmacy_id


def _names_claim(body: bytes) -> bool:
    """What is wrong with a body is the host's to say."""
    try:
        return _named.decode(body).claim_id is not None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _decoded(shape: type[Any], body: bytes) -> Any:
    found = decode(shape, body)
    if isinstance(found, Malformed):
        raise invalid(found.errors)
    return found
