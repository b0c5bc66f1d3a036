"""What the release before wrote."""

from collections.abc import Callable

import msgspec
import pytest

from ledger.domain.kinds import Event
from ledger.messages.codec import EventCodec, EventData
from ledger.messages.envelope import canonical_json
from ledger.messages.sealing import DataKeys


def write_claims_without_their_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims and reversals are stored in the first version of their schema, until the patch is undone."""
    today = EventCodec.encode

    def before(
        codec: EventCodec, aggregate_id: str, event: Event, keys: DataKeys, nonce: Callable[[int], bytes]
    ) -> EventData:
        stored = today(codec, aggregate_id, event, keys, nonce)
        if stored.schema_version == 1:
            return stored
        data = msgspec.json.decode(stored.data, type=dict[str, object])
        del data["planId"]
        return EventData(stored.type, 1, canonical_json(data))

    monkeypatch.setattr(EventCodec, "encode", before)
