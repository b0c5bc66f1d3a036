"""Compares the records that terminals kept on their disks with the log.

Usage: python -m tests.load.record_against_log FOLDER. The folder is that of `ledger pos --record FOLDER`, the log that
of the local server. Exits with 1 where they differ.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from ledger.client import Entry, Record
from ledger.client.messages import SUBPROTOCOL, Result, frame_of, messages_of, text_of
from ledger.embedded import EmbeddedPostgres
from ledger.settings import load_settings

STORED = ("accepted", "refused")
ASKED_AT_ONCE = 50

_RESULTS = "SELECT key, aggregate_id, result, outcome FROM ledger.command_results WHERE key = ANY ($1::text[])"
_EFFECTS = """
SELECT event_data->>'prescriptionId' AS key, count(*) AS times FROM ledger.events
WHERE event_type IN ('PrescriptionClaimed', 'PrescriptionClaimRejected')
  AND event_data->>'prescriptionId' = ANY ($1::text[])
GROUP BY 1
"""
_HEADS = "SELECT topic, partition, head FROM ledger.partitions"


@dataclass
class Comparison:
    """`answered` were found in the log as they were given; `findings` says what was not."""

    records: int = 0
    answered: int = 0
    unanswered: int = 0
    replayed: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def entries_of(records: Iterable[Path]) -> list[list[Entry]]:
    """From the disk; the terminals must be closed."""
    found = []
    for path in records:
        with Record(path) as record:
            found.append(record.entries())
    return found


async def compare(dsn: str, records: Sequence[Path]) -> Comparison:
    """Every id that was answered stands in the log with the same answer, and every id had one effect at the most.

    Prescriptions must be named by the ids of their claims, as `ledger pos` does it.
    """
    found = Comparison(records=len(records))
    connection = await asyncpg.connect(dsn)
    try:
        heads = {(row["topic"], row["partition"]): row["head"] for row in await connection.fetch(_HEADS)}
        for entries in entries_of(records):
            claims = [entry for entry in entries if entry.command.type == "claimPrescription"]
            ids = [entry.command.id for entry in claims]
            stored = {row["key"]: row for row in await connection.fetch(_RESULTS, ids)}
            effects = {row["key"]: row["times"] for row in await connection.fetch(_EFFECTS, ids)}
            for entry in claims:
                _compare(entry, stored.get(entry.command.id), effects.get(entry.command.id, 0), heads, found)
    finally:
        await connection.close()
    return found


def _compare(entry: Entry, row: Any, effects: int, heads: dict[Any, int], found: Comparison) -> None:
    command, answer = entry.command, entry.answer
    if effects > 1:
        found.findings.append(f"{command.id} had {effects} effects")
    if answer is None:
        found.unanswered += 1
        return
    found.by_status[answer.status] += 1
    if answer.status not in STORED:
        if row is not None:
            found.findings.append(f"{command.id} was answered {answer.status}, and the log says {row['outcome']}")
        return
    if row is None:
        found.findings.append(f"{command.id} was acknowledged, and is not in the log")
        return
    found.answered += 1
    if (row["aggregate_id"], row["outcome"]) != (command.card, answer.status):
        found.findings.append(f"{command.id}: the log says {row['outcome']} for {row['aggregate_id']}")
    if answer.status == "accepted":
        _compare_accepted(command.id, answer.body, answer.position, row["result"], effects, heads, found)
    elif msgspec.json.decode(answer.body)["code"] != msgspec.json.decode(row["result"])["code"]:
        found.findings.append(f"{command.id}: {answer.body} is not {row['result']}")


def _compare_accepted(
    key: str, body: str, position: str | None, stored: str, effects: int, heads: dict[Any, int], found: Comparison
) -> None:
    if body != stored:
        found.findings.append(f"{key}: the terminal has {body}, and the log {stored}")
    status = msgspec.json.decode(body)["status"]
    if effects != (0 if status == "DUPLICATE" else 1):
        found.findings.append(f"{key} was {status}, and had {effects} effects")
    partition, _, offset = (position or "").partition("@")
    topic, _, number = partition.partition("/")
    if not offset or heads.get((topic, int(number)), 0) < int(offset):
        found.findings.append(f"{key}: the log does not reach {position}")


async def ask_again(url: str, token: str, record: Path, found: Comparison) -> None:
    """Sends every answered id of a record once more: the answers must be the same bytes, and marked as replayed."""
    [entries] = entries_of([record])
    answered = {
        entry.command.id: entry for entry in entries if entry.answer is not None and entry.answer.status in STORED
    }
    left = list(answered.values())
    headers = {"Authorization": f"Bearer {token}"}
    protocol = Subprotocol(SUBPROTOCOL)
    async with connect(url, subprotocols=[protocol], additional_headers=headers, compression=None) as socket:
        messages_of(str(await socket.recv()))
        while left:
            some, left = left[:ASKED_AT_ONCE], left[ASKED_AT_ONCE:]
            await socket.send(frame_of([text_of(entry.command) for entry in some]))
            waiting = {entry.command.id for entry in some}
            while waiting:
                for told in messages_of(str(await socket.recv())):
                    if isinstance(told, Result) and told.answer.id in waiting:
                        waiting.discard(told.answer.id)
                        _compare_replay(answered[told.answer.id], told, found)


def _compare_replay(entry: Entry, told: Result, found: Comparison) -> None:
    before, again = entry.answer, told.answer
    assert before is not None, "only what was answered is asked again"
    found.replayed += 1
    if (before.status, before.body, before.position) != (again.status, again.body, again.position):
        found.findings.append(f"{before.id}: first {before}, then {again}")
    if not again.replayed:
        found.findings.append(f"{before.id} was executed once more")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    records = sorted(parser.parse_args().folder.glob("*.db"))
    settings = load_settings()
    dsn = EmbeddedPostgres.running_dsn(settings.data_dir)
    if dsn is None or not records:
        print("there is no running server, or no record", file=sys.stderr)
        return 1
    found = asyncio.run(compare(dsn, records))
    for finding in found.findings:
        print(finding)
    print(f"{found.records} records: {found.answered:,} answers as in the log, {found.unanswered} without an answer")
    return 1 if found.findings else 0


if __name__ == "__main__":
    sys.exit(main())
