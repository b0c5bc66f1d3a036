"""A client's record against the log: one effect for each key, the same bytes again, and an audit that finds nothing."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg
import httpx
import msgspec

from ledger.embedded import EmbeddedPostgres
from ledger.messages.envelope import PartitionId
from tests.support.claim_load import ClaimLoad, give
from tests.support.record import Acknowledged, Record
from tests.support.server import ROOT, Server

CAUGHT_UP_WITHIN_S = 20.0
ASKED_AT_ONCE = 12

_RESULTS = "SELECT key, aggregate_id, result, outcome FROM ledger.command_results WHERE key = ANY ($1::text[])"
_CLAIMS = """
SELECT event_data->>'prescriptionId' AS key, count(*) AS times FROM ledger.events
WHERE event_type IN ('PrescriptionClaimed', 'PrescriptionClaimRejected') AND event_data->>'prescriptionId' LIKE $1
GROUP BY 1
"""


def query(server: Server, statement: str, *arguments: Any) -> list[Any]:
    """Rows from the server's database, past the server."""

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(EmbeddedPostgres.running_dsn(server.data_dir))
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    return asyncio.run(ask())


def placement(server: Server) -> dict[PartitionId, Any]:
    """The rows of `ledger.partitions`."""
    rows = query(server, "SELECT topic, partition, host, holder, epoch, head FROM ledger.partitions")
    return {PartitionId(row["topic"], row["partition"]): row for row in rows}


def reconcile(server: Server, record: Record, load: ClaimLoad) -> None:
    """After a fault, when its load has ended. `record` is read from the disk."""
    assert load.undocumented == []
    assert load.given_up == []
    sent, acknowledged = record.read()
    assert acknowledged.keys() == sent
    check_log(server, sent, acknowledged)
    asyncio.run(_ask_again(server, list(acknowledged.values())))
    check_audit(server, acknowledged)


def check_log(server: Server, sent: Collection[str], acknowledged: Mapping[str, Acknowledged]) -> None:
    """Every acknowledged answer stands in the log as it was given, and every key had one effect."""
    stored = {row["key"]: row for row in query(server, _RESULTS, list(sent))}
    for key, answer in acknowledged.items():
        row = stored[key]
        assert (row["aggregate_id"], row["result"], row["outcome"]) == (answer.claim.card, answer.body, "accepted")
    names = {key.rsplit("-", 1)[0] for key in sent}
    effects = {row["key"]: row["times"] for name in names for row in query(server, _CLAIMS, f"{name}-%")}
    assert set(effects.values()) <= {1}
    assert acknowledged.keys() <= effects.keys() <= set(sent)


async def _ask_again(server: Server, acknowledged: Sequence[Acknowledged]) -> None:
    token, left = server.token(), list(acknowledged)

    async def ask() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=30, trust_env=False) as http:
            while left:
                before = left.pop()
                again = await give(http, before.claim, token)
                assert (again.status_code, again.text) == (200, before.body)
                assert again.headers["idempotency-replayed"] == "true"
                assert again.headers["ledger-position"] == before.position

    await asyncio.gather(*(ask() for _ in range(ASKED_AT_ONCE)))


def check_audit(server: Server, acknowledged: Mapping[str, Acknowledged]) -> None:
    """`ledger verify` finds nothing, the read models included, once they have caught up."""
    newest: dict[str, int] = {}
    for answer in acknowledged.values():
        partition, offset = answer.position.split("@")
        newest[partition] = max(newest.get(partition, 0), int(offset))
    card = next(iter(acknowledged.values())).claim.card
    audit(server, card, ",".join(f"{partition}@{offset}" for partition, offset in newest.items()), len(acknowledged))


def audit(server: Server, card: str, positions: str, events_min: int) -> None:
    """`ledger verify` finds nothing, once the read models have reached the positions."""
    wait_until_caught_up(server, card, positions)
    done = subprocess.run(
        [sys.executable, "-m", "ledger", "verify", "--json"],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        check=False,
    )
    report = msgspec.json.decode(done.stdout)
    assert (done.returncode, report["findings"]) == (0, []), done.stderr
    assert report["counts"]["events"] >= events_min


def wait_until_caught_up(server: Server, card: str, positions: str) -> None:
    deadline = time.monotonic() + CAUGHT_UP_WITHIN_S
    while True:
        seen = server.request(
            "GET", f"/api/v1/medcards/{card}/spend", token=server.token(), headers={"Min-Position": positions}
        )
        if seen.status == 200:
            return
        assert seen.json["code"] in ("not_caught_up", "unavailable"), seen.body
        assert time.monotonic() < deadline, "the read models do not catch up"
