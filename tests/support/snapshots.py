"""States there and back again, in one step."""

from typing import Any

from ledger.clocks import SeededIds
from ledger.messages.sealing import DataKeys
from ledger.messages.snapshots import StateCodec
from ledger.messages.state_parts import Seals


def stored(codec: StateCodec, aggregate_id: str, state: Any, keys: DataKeys) -> bytes:
    """The whole state as it is stored."""
    seals = Seals(aggregate_id, keys, SeededIds(7).random_bytes)
    return b"\n".join(codec.encode(part, seals) for part in codec.slices(state))


def loaded(codec: StateCodec, aggregate_id: str, data: bytes, keys: DataKeys) -> Any:
    """The whole state as it is read."""
    reader, seals = codec.reader(codec.schema_version), Seals(aggregate_id, keys, SeededIds(8).random_bytes)
    for line in data.split(b"\n"):
        reader.take(reader.read(line), seals)
    return reader.state()


def persons_of(codec: StateCodec, state: Any) -> set[str]:
    """Whose keys are needed to store a state."""
    return {person for part in codec.slices(state) for person in codec.persons(part)}
