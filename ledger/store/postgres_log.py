"""The event log in PostgreSQL: `EventLog` over the one-call append of the migrations."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from ledger.messages.envelope import Envelope, PartitionId, recanonical
from ledger.ports import (
    Append,
    CommandResult,
    Committed,
    Duplicates,
    Fenced,
    Head,
    LayoutMismatch,
    ResultKey,
    Verdict,
)
from ledger.postgres.connections import borrowed
from ledger.postgres.errors import reading, writing
from ledger.postgres.statements import statement
from ledger.store.hints import PostgresHints

_SQL = {
    name: statement("ledger.store", name)
    for name in (
        "append",
        "results",
        "heads",
        "read_after",
        "read_aggregates",
        "lay_out",
        "take_ownership",
        "adopt",
        "bump",
        "place",
        "partition_counts",
        "time",
    )
}
_DUPLICATE_KEYS = "HP001"


class PostgresEventLog:
    """An `EventLog` on a pool whose connections work as `healthpay_app` with time-outs set."""

    def __init__(self, pool: asyncpg.Pool, hints: PostgresHints) -> None:
        self._pool = pool
        self._hints = hints

    async def append(self, append: Append) -> Verdict:
        row = await self._call_append(append)
        if row is None:
            return Duplicates(await self.results([result.key for result in append.results]))
        if row["verdict"] == "fenced":
            return Fenced(frozenset(append.moves[at - 1].partition for at in row["fenced"]))
        return Committed(row["recorded_at"])

    async def _call_append(self, append: Append) -> asyncpg.Record | None:
        """The function's answer; None where a key has its result already."""
        arguments = _append_arguments(append)
        async with borrowed(self._pool) as connection:
            try:
                async with writing():
                    row: asyncpg.Record | None = await connection.fetchrow(_SQL["append"], *arguments)
                    return row
            except asyncpg.PostgresError as error:
                if error.sqlstate == _DUPLICATE_KEYS:
                    return None
                raise

    async def results(self, keys: Collection[ResultKey]) -> Mapping[ResultKey, CommandResult]:
        columns = (
            [key.partition.topic for key in keys],
            [key.partition.partition for key in keys],
            [key.aggregate_id for key in keys],
            [key.caller for key in keys],
            [key.key for key in keys],
        )
        found = (_result_of(row) for row in await self._fetch("results", *columns))
        return {result.key: result for result in found}

    async def heads(self) -> Mapping[PartitionId, Head]:
        return _heads_of(await self._fetch("heads"))

    async def read_after(self, after: Mapping[PartitionId, int], events_max: int) -> Sequence[Envelope]:
        topics, numbers = [each.topic for each in after], [each.partition for each in after]
        rows = await self._fetch("read_after", topics, numbers, list(after.values()), events_max)
        return [_envelope_of(row) for row in rows[:events_max]]

    async def read_aggregates(
        self, partition: PartitionId, after: Mapping[str, int], events_max: int
    ) -> Sequence[Envelope]:
        aggregates = list(after), list(after.values())
        rows = await self._fetch("read_aggregates", partition.topic, partition.partition, *aggregates, events_max)
        return [_envelope_of(row) for row in rows]

    async def lay_out(self, topics: Iterable[str], partitions: int, hosts: Sequence[str]) -> None:
        present = {row["topic"]: row["partitions"] for row in await self._fetch("partition_counts")}
        wanted = list(topics)
        for topic in wanted:
            if present.get(topic, partitions) != partitions:
                raise LayoutMismatch(f"topic {topic} has {present[topic]} partitions, and not {partitions}")
        await self._fetch("lay_out", wanted, partitions, list(hosts))

    async def take_ownership(self, host: str, holder: str) -> Mapping[PartitionId, Head]:
        return _heads_of(await self._fetch("take_ownership", host, holder))

    async def adopt(self, host: str, holder: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, Head]:
        return await self._raise_epochs("adopt", host, holder, partitions)

    async def bump(self, host: str, holder: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, Head]:
        return await self._raise_epochs("bump", host, holder, partitions)

    async def _raise_epochs(
        self, name: str, host: str, holder: str, partitions: Collection[PartitionId]
    ) -> Mapping[PartitionId, Head]:
        topics, numbers = [each.topic for each in partitions], [each.partition for each in partitions]
        return _heads_of(await self._fetch(name, host, holder, topics, numbers))

    async def place(self, partition: PartitionId, host: str, epoch: int) -> Head | None:
        rows = await self._fetch("place", partition.topic, partition.partition, host, epoch)
        return _heads_of(rows).get(partition)

    async def time(self) -> datetime:
        return (await self._fetch("time"))[0]["now"]  # type: ignore[no-any-return]  # asyncpg's rows are untyped

    async def hint(self) -> None:
        await self._hints.send()

    async def wait_for_hint(self, timeout_s: float) -> None:
        await self._hints.wait(timeout_s)

    async def _fetch(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        async with borrowed(self._pool) as connection, reading():
            rows: list[asyncpg.Record] = await connection.fetch(_SQL[name], *arguments)
            return rows


def _append_arguments(append: Append) -> tuple[list[Any], ...]:
    """The arrays of `ledger.append`, in its order. Moves must come in key order, so that locks are taken in it."""
    moves, results, events = append.moves, append.results, append.events
    at = {move.partition: index for index, move in enumerate(moves, start=1)}
    assert [move.partition for move in moves] == sorted(at), "moves in key order, each partition once"
    return (
        [move.partition.topic for move in moves],
        [move.partition.partition for move in moves],
        [move.epoch for move in moves],
        [move.from_offset for move in moves],
        [move.to_offset for move in moves],
        [move.to_digest for move in moves],
        [at[result.key.partition] for result in results],
        [result.key.aggregate_id for result in results],
        [result.key.caller for result in results],
        [result.key.key for result in results],
        [result.request_hash for result in results],
        [result.accepted for result in results],
        [result.result.decode() for result in results],
        [result.position for result in results],
        [at[event.partition] for event in events],
        [event.offset for event in events],
        [event.aggregate_type for event in events],
        [event.aggregate_id for event in events],
        [event.version for event in events],
        [event.type for event in events],
        [event.schema_version for event in events],
        [event.data.decode() for event in events],
        [event.metadata.decode() for event in events],
        [event.occurred_at for event in events],
        [event.digest for event in events],
    )


def _heads_of(rows: Iterable[asyncpg.Record]) -> dict[PartitionId, Head]:
    return {
        PartitionId(row["topic"], row["partition"]): Head(
            row["head"], row["head_digest"], row["epoch"], row["host"], row["holder"]
        )
        for row in rows
    }


def _result_of(row: asyncpg.Record) -> CommandResult:
    partition = PartitionId(row["topic"], row["partition"])
    return CommandResult(
        key=ResultKey(partition, row["aggregate_id"], row["caller"], row["key"]),
        request_hash=row["request_hash"],
        accepted=row["outcome"] == "accepted",
        result=row["result"].encode(),
        position=row["position"],
    )


def _envelope_of(row: asyncpg.Record) -> Envelope:
    return Envelope(
        partition=PartitionId(row["topic"], row["partition"]),
        offset=row["offset"],
        aggregate_type=row["aggregate_type"],
        aggregate_id=row["aggregate_id"],
        version=row["version"],
        type=row["event_type"],
        schema_version=row["schema_version"],
        data=recanonical(row["event_data"]),
        metadata=recanonical(row["metadata"]),
        epoch=row["epoch"],
        occurred_at=row["occurred_at"],
        digest=row["digest"],
        recorded_at=row["recorded_at"],
    )
