"""What became of a command, for the caller who gave it."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw

from ledger.api.answers import Answer
from ledger.api.edge import Edge, checked_key, may_ask
from ledger.api.errors import Problem, public_facts
from ledger.api.inputs import Input
from ledger.api.wire import is_aggregate_id
from ledger.messages.commands import Caller
from ledger.messages.envelope import partition_of, position_text
from ledger.ports import ResultKey


class Topic(StrEnum):
    WALLET = "wallet"
    PAYMENT = "payment"
    MEDCARD = "medcard"


class CommandStatusInput(Input, frozen=True, kw_only=True, omit_defaults=True):
    """Where the command was sent to."""

    topic: Topic
    aggregate: Annotated[str, Meta(max_length=64)]


class StoredOutcome(StrEnum):
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"


class CommandStatusView(Answer, frozen=True, kw_only=True):
    """The stored outcome. `answer`: what was answered, or the refusal's `code` and `facts`."""

    key: str
    topic: str
    aggregate_id: str
    status: StoredOutcome
    position: str
    answer: Annotated[Raw, Meta(extra_json_schema={"type": "object"})]


_encode = msgspec.json.Encoder(decimal_format="number").encode


async def command_status(edge: Edge, caller: Caller, key: str, given: CommandStatusInput) -> CommandStatusView:
    """The outcome that stands under this caller's key. Raises `Problem`: `command_not_found` where none does (yet)."""
    may_ask("commandStatus", caller)
    checked_key(key)
    partitions = sum(1 for partition in await edge.log.heads() if partition.topic == given.topic.value)
    if not is_aggregate_id(given.aggregate) or not partitions:
        raise Problem("command_not_found")
    partition = partition_of(given.topic.value, given.aggregate, partitions)
    wanted = ResultKey(partition, given.aggregate, caller.scope, key)
    found = (await edge.log.results([wanted])).get(wanted)
    if found is None:
        raise Problem("command_not_found")
    return CommandStatusView(
        key=key,
        topic=given.topic.value,
        aggregate_id=given.aggregate,
        status=StoredOutcome.ACCEPTED if found.accepted else StoredOutcome.REFUSED,
        position=position_text(partition, found.position),
        answer=Raw(found.result if found.accepted else _refusal(found.result)),
    )


def _refusal(result: bytes) -> bytes:
    stored: dict[str, Any] = msgspec.json.decode(result)
    return _encode({"code": stored["code"], "facts": public_facts(stored.get("facts", {}))})
