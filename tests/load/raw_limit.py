"""The raw limit: the same rows, one connection, batches of 300, straight to PostgreSQL through the append function."""

import asyncio
import time
from functools import partial

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.clocks import SystemClock, SystemIds
from ledger.messages.codec import CODECS
from ledger.messages.envelope import Envelope, PartitionId, canonical_json
from ledger.ports import Append, CommandResult, Committed, Head, HeadMove, ResultKey
from ledger.postgres.connections import connect_for_hints, open_pool
from ledger.store.hints import PostgresHints
from ledger.store.migrate import migrate
from ledger.store.postgres_log import PostgresEventLog
from tests.support.cards import paid

BATCH = 300
BATCHES = 60
_PARTITION = PartitionId("medcard", 0)
_ANSWER = b"x" * 330
_METADATA = canonical_json({"principal": "bench", "role": "ADMIN", "correlationId": "x" * 22, "source": "rest"})


def _batch(first_offset: int, epoch: int) -> Append:
    ids, codec, now = SystemIds(), CODECS["medcard"], SystemClock().now()
    key = {"user-123": AESGCM(ids.random_bytes(32))}
    events, results = [], []
    for offset in range(first_offset, first_offset + BATCH):
        card = f"card-{offset}"
        data = codec.encode(card, paid(prescription_id=f"rx-{offset}"), key, ids.random_bytes)
        events.append(
            Envelope(
                _PARTITION,
                offset,
                "medcard",
                card,
                1,
                data.type,
                data.schema_version,
                data.data,
                _METADATA,
                epoch,
                now,
                bytes(32),
            )
        )
        result_key = ResultKey(_PARTITION, card, "bench", f"key-{offset}")
        results.append(CommandResult(result_key, bytes(16), True, _ANSWER, offset))
    end = first_offset + BATCH - 1
    return Append([HeadMove(_PARTITION, epoch, first_offset - 1, end, bytes(32))], results, events)


async def raw_appends_per_second(dsn: str) -> float:
    """Durable events a second; `dsn` names an empty database, in which this leaves its rows."""
    await migrate(dsn)
    pool = await open_pool(dsn, 1, 10_000, 10_000)
    try:
        log = PostgresEventLog(pool, PostgresHints(partial(connect_for_hints, dsn, 1_000)))
        await log.lay_out(["medcard"], 1, ["bench"])
        head: Head = (await log.take_ownership("bench", "bench"))[_PARTITION]
        batches = [_batch(1 + number * BATCH, head.epoch) for number in range(BATCHES)]
        for warm_up in batches[:5]:
            assert isinstance(await log.append(warm_up), Committed)
        began = time.perf_counter()
        for batch in batches[5:]:
            assert isinstance(await log.append(batch), Committed)
        return (BATCHES - 5) * BATCH / (time.perf_counter() - began)
    finally:
        await pool.close()


def measure(dsn: str) -> float:
    return asyncio.run(raw_appends_per_second(dsn))
