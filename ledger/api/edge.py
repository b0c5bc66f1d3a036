"""What the doors share: the ports, the way of a command, and the wait for a position."""

import asyncio
import re
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from ledger.api.auth import Tokens
from ledger.api.decoding import decode
from ledger.api.errors import Problem, invalid, invalid_at
from ledger.api.limits import RateLimits
from ledger.api.network import Network
from ledger.api.ownership import check_wallet
from ledger.api.positions import PositionWaits, parsed
from ledger.api.rights import may_give, may_query
from ledger.api.signing_keys import SigningKeys
from ledger.api.standing import Standing
from ledger.api.table import Row, code_of
from ledger.api.wire import is_aggregate_id, is_id
from ledger.auditing import AuditTrail
from ledger.messages.commands import Caller, CommandAnswer, CommandRequest, Trace
from ledger.ports import Clock, CommandDoor, EventLog, Ids, KeyRing
from ledger.rates import RateLimiter
from ledger.reads import Reads
from ledger.runtime.family import Malformed
from ledger.settings import Settings

KEY_CHARS_MAX = 128
_VERSION_TAG = re.compile(r'"(\d{1,18})"|(\d{1,18})', re.ASCII)


@dataclass(frozen=True, slots=True)
class EdgePorts:
    """What the edge works with, beside the way to the hosts."""

    log: EventLog
    reads: Reads
    keys: KeyRing
    signing_keys: SigningKeys
    limiter: RateLimiter
    trail: AuditTrail


@dataclass(frozen=True, slots=True)
class Edge:
    """The ports and settings of one edge replica."""

    settings: Settings
    door: CommandDoor
    log: EventLog
    reads: Reads
    keys: KeyRing
    trail: AuditTrail
    clock: Clock
    ids: Ids
    tokens: Tokens
    rates: RateLimits
    network: Network
    positions: PositionWaits
    standing: Standing


@dataclass(frozen=True, slots=True)
class Order:
    """A command as a door understood it. `aggregate_id` is None where a new one is created."""

    row: Row
    caller: Caller
    body: bytes
    trace: Trace
    aggregate_id: str | None = None
    key: str | None = None
    expected_version: int | None = None
    args: Mapping[str, str] = field(default_factory=dict)


async def give(edge: Edge, order: Order) -> tuple[str, CommandAnswer]:
    """Sends a command on its way; its aggregate's id and the host's answer. Raises `Problem`."""
    request = request_of(edge, order)
    return request.aggregate_id, await submitted(edge, order.row, request)


async def submitted(edge: Edge, row: Row, request: CommandRequest) -> CommandAnswer:
    """The host's answer. What stands elsewhere, and counts for it, is looked up first. Raises `Problem`."""
    if row.own_wallet is not None:
        await check_wallet(edge.reads.wallets, row, request)
    if row.asks_network and edge.network.closed:
        facts = await edge.network.facts(request.caller, request.body)
        request = msgspec.structs.replace(request, told=dict(facts))
    return await edge.door.submit(request)


def request_of(edge: Edge, order: Order) -> CommandRequest:
    """The command as its host will get it. Raises `Problem`."""
    row = order.row
    if not may_give(order.caller, row.name):
        raise Problem("forbidden", f"{row.name} is not for the role {order.caller.role}")
    key = edge.ids.new_id() if order.key is None else order.key
    aggregate_id = order.aggregate_id
    if aggregate_id is None:
        aggregate_id = _id_of_new(order, key)
    elif not is_aggregate_id(aggregate_id):
        raise Problem(code_of(row.missing))
    for name, value in order.args.items():
        if not is_id(value):
            raise Problem(code_of(row.args[name]))
    return CommandRequest(
        topic=row.topic,
        aggregate_id=aggregate_id,
        caller=order.caller,
        key=key,
        name=row.name,
        body=order.body,
        timeout_ms=edge.settings.command_timeout_ms,
        trace=order.trace,
        args=dict(order.args),
        expected_version=order.expected_version,
    )


class _ChosenId(msgspec.Struct):
    id: str | None = None


_chosen_id = msgspec.json.Decoder(_ChosenId)


def _id_of_new(order: Order, key: str) -> str:
    """The client's id, or else one that the same caller's same key leads to again."""
    try:
        chosen = _chosen_id.decode(order.body or b"{}").id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        chosen = ""
    if chosen is not None and not is_aggregate_id(chosen):
        wrong = decode(order.row.shape.input, order.body)
        assert isinstance(wrong, Malformed), "a body without a usable id is malformed"
        raise invalid(wrong.errors)
    if chosen is not None:
        return chosen
    digest = sha256(f"{order.caller.scope}\0{key}".encode()).digest()
    return f"{order.row.new_id_prefix}{b32encode(digest[:20]).decode().lower()}"


def checked_key(text: str | None) -> str | None:
    """An idempotency key as a client sent it. Raises `Problem`."""
    if text is None:
        return None
    if not 1 <= len(text) <= KEY_CHARS_MAX or not text.isascii() or not text.isprintable():
        raise invalid_at("/idempotencyKey", f"an idempotency key has 1 to {KEY_CHARS_MAX} printable ASCII characters")
    return text


def version_of_tag(text: str | None) -> int | None:
    """The version in an `If-Match` header; its quotes may have been lost on the way. Raises `Problem`."""
    if text is None:
        return None
    match = _VERSION_TAG.fullmatch(text)
    if match is None:
        raise invalid_at("/expectedVersion", 'If-Match holds one version in quotes, as in "7"')
    return int(match[1] or match[2])


def may_ask(query: str, caller: Caller) -> None:
    """Raises `Problem` where the role has no right to the query at all."""
    if not may_query(caller, query):
        raise Problem("forbidden", f"{query} is not for the role {caller.role}")


async def caught_up(edge: Edge, positions: str | None, projection: str | None = None) -> None:
    """Waits until the read models have applied these positions (a comma list). Raises `Problem`.

    Each topic has its own projection; `projection`: one that follows several, where the query stands behind that.
    """
    if not positions:
        return
    wanted = parsed(positions)
    if projection is not None:
        wanted = {projection: {partition: offset for each in wanted.values() for partition, offset in each.items()}}
    if len(wanted) == 1:
        [only] = wanted.items()
        await edge.positions.reached(*only)
    else:
        await asyncio.gather(*(edge.positions.reached(*each) for each in wanted.items()))
