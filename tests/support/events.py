"""Appends made by hand, for the contract of the log."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from ledger.messages.envelope import Envelope, PartitionId, canonical_json, chained_digest
from ledger.ports import Append, CommandResult, Head, HeadMove, ResultKey

AT = datetime(2026, 11, 23, 9, 15, 2, 114523, tzinfo=UTC)


def envelope(partition: PartitionId, head: Head, aggregate_id: str, version: int, note: str = "") -> Envelope:
    """The next event after a head."""
    event = Envelope(
        partition=partition,
        offset=head.offset + 1,
        aggregate_type="counter",
        aggregate_id=aggregate_id,
        version=version,
        type="Counted",
        schema_version=1,
        data=canonical_json({"by": 1, "note": note}),
        metadata=canonical_json({"principal": "tester"}),
        epoch=head.epoch,
        occurred_at=AT,
        digest=b"",
    )
    return msgspec.structs.replace(event, digest=chained_digest(head.digest, event))


def result(
    partition: PartitionId, aggregate_id: str, key: str, position: int, *, accepted: bool = True
) -> CommandResult:
    body = b'{"text":"\xd8\xb9","position":%d}' % position
    return CommandResult(ResultKey(partition, aggregate_id, "tester", key), b"hash", accepted, body, position)


def append_of(partition: PartitionId, head: Head, events: Sequence[Envelope], keys: Sequence[str]) -> Append:
    """An append of these events, with a result under each key."""
    end = events[-1] if events else None
    move = HeadMove(
        partition,
        head.epoch,
        head.offset,
        head.offset if end is None else end.offset,
        head.digest if end is None else end.digest,
    )
    return Append([move], [result(partition, "a", key, move.to_offset) for key in keys], events)
