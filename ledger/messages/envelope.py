"""The envelope of a stored event, its canonical bytes, and the digest that chains a partition."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

DIGEST_OF_NOTHING = bytes(32)
"""The digest before a partition's first event."""

_sorted_json = msgspec.json.Encoder(order="sorted")
_CANONICAL = (
    b'{"aggregateId":%b,"aggregateType":"%b","data":%b,"epoch":%d,"metadata":%b,"occurredAt":"%b","position":"%b",'
    b'"schemaVersion":%d,"type":"%b","version":%d}'
)
_POSITION = re.compile(r"([a-z]{1,32})/(0|[1-9]\d{0,8})@(0|[1-9]\d{0,17})")


class PartitionId(NamedTuple):
    """A partition of a topic; prints as `medcard/1`."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}"


def partition_of(topic: str, aggregate_id: str, partitions: int) -> PartitionId:
    """Where an aggregate lives: crc32 of its id, the same in every process and for ever."""
    return PartitionId(topic, crc32(aggregate_id.encode()) % partitions)


def position_text(partition: PartitionId, offset: int) -> str:
    """`medcard/1@1042`."""
    return f"{partition.topic}/{partition.partition}@{offset}"


def parse_positions(text: str) -> dict[PartitionId, int] | None:
    """Positions from a comma list such as `medcard/1@1042,wallet/0@7`, or None where it is malformed.

    A partition that is named twice counts with its highest offset.
    """
    positions: dict[PartitionId, int] = {}
    for part in text.split(","):
        match = _POSITION.fullmatch(part.strip())
        if match is None:
            return None
        partition = PartitionId(match[1], int(match[2]))
        positions[partition] = max(positions.get(partition, 0), int(match[3]))
    return positions


def time_text(at: datetime) -> str:
    """UTC in ISO 8601 with microseconds, always: `2026-11-23T09:15:02.114523Z`."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """One event as it stands in the log. `data` and `metadata` are canonical JSON: compact, keys sorted, UTF-8.

    `recorded_at` is None until the event is committed. Times are UTC.
    """

    partition: PartitionId
    offset: int
    aggregate_type: str
    aggregate_id: str
    version: int
    type: str
    schema_version: int
    data: bytes
    metadata: bytes
    epoch: int
    occurred_at: datetime
    digest: bytes
    recorded_at: datetime | None = None

    @property
    def position(self) -> str:
        return position_text(self.partition, self.offset)

    def public(self) -> dict[str, Any]:
        """The envelope with its public names: a Kafka value, a row of the history API."""
        recorded_at = None if self.recorded_at is None else time_text(self.recorded_at)
        return {
            "position": self.position,
            "aggregateType": self.aggregate_type,
            "aggregateId": self.aggregate_id,
            "version": self.version,
            "type": self.type,
            "schemaVersion": self.schema_version,
            "occurredAt": time_text(self.occurred_at),
            "recordedAt": recorded_at,
            "epoch": self.epoch,
            "digest": self.digest.hex(),
            "data": msgspec.json.decode(self.data),
            "metadata": msgspec.json.decode(self.metadata),
        }

    def canonical(self) -> bytes:
        """What the digest covers: all of it but `recordedAt` and `digest`, as compact JSON with sorted keys."""
        return _CANONICAL % (
            _sorted_json.encode(self.aggregate_id),
            self.aggregate_type.encode(),
            self.data,
            self.epoch,
            self.metadata,
            time_text(self.occurred_at).encode(),
            self.position.encode(),
            self.schema_version,
            self.type.encode(),
            self.version,
        )


def chained_digest(previous: bytes, envelope: Envelope) -> bytes:
    """SHA-256 over the partition's previous digest and the envelope's canonical bytes."""
    return hashlib.sha256(previous + envelope.canonical()).digest()


def canonical_json(value: Mapping[str, Any] | msgspec.Struct) -> bytes:
    """Compact UTF-8 JSON with sorted keys."""
    return _sorted_json.encode(value)


def recanonical(json_text: str | bytes) -> bytes:
    """The canonical bytes of JSON that a database has stored in an order and spacing of its own."""
    return _sorted_json.encode(msgspec.json.decode(json_text))
