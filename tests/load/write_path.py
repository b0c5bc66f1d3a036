"""What a claim costs behind the edge, part by part: host, append, projector, each beside PostgreSQL's share of it.

`python -m tests.load.write_path [CLAIMS] [CARDS] [--profile PART]` starts a PostgreSQL of its own, sends claims
through a real host in calls as an edge makes them, then lets the projectors of all groups follow what was written.
Prints a line for each part and one JSON line. Processor time, not elapsed: what others do meanwhile is not counted.
`--profile host` or `projector` prints where our own process spent that part.
"""

import argparse
import asyncio
import cProfile
import pstats
import random
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import psutil

from ledger import bootstrap
from ledger.embedded import EmbeddedPostgres
from ledger.messages.commands import Caller, CommandRequest, Outcome, Trace, decode_requests, encode_requests
from ledger.runtime.host import AggregateHost
from ledger.settings import Settings
from ledger.store.migrate import migrate
from projections.registry import GROUPS
from tests.support.doors import CARD
from tests.support.host_load import command
from tests.support.host_stage import following, opened_host, settings_on, until

CLAIMS = 60_000
CARDS = 20_000
CALL_COMMANDS = 140
"""As many as fit into the bytes of one call of the edge."""
CALLS_AT_ONCE = 2
CATCH_UP_S = 600.0
SEED = 7
_PHARMACIES = 50
_ITEM = {"drugCode": "D1", "drugName": "Panadol Extra 500mg", "quantity": 1, "unitPrice": "0.04", "totalPrice": "0.04"}


@dataclass(slots=True)
class Spent:
    """Seconds of processor time: our own process, and all of PostgreSQL's."""

    own_s: float
    database_s: float
    wal_bytes: int


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("claims", type=int, nargs="?", default=CLAIMS)
    parser.add_argument("cards", type=int, nargs="?", default=CARDS)
    parser.add_argument("--profile", choices=("host", "projector"))
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hp-write-"))
    postgres = EmbeddedPostgres(folder)
    postgres.start()
    try:
        asyncio.run(_run(postgres, wanted.claims, wanted.cards, wanted.profile))
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


async def _run(postgres: EmbeddedPostgres, claims: int, cards: int, profile: str | None) -> None:
    settings = settings_on(postgres.dsn(), partitions=8, append_lanes=1)
    await migrate(postgres.dsn())
    await bootstrap.lay_out(settings)
    async with opened_host(settings) as host:
        await _make_cards(host, cards)
        await _caught_up(settings)
        calls = list(_calls(claims, cards))
        submitted = await _measured(postgres, lambda: _submit(host, calls), profile == "host")
    projected = await _measured(postgres, lambda: _caught_up(settings), profile == "projector")
    report: dict[str, Any] = {"claims": claims, "cards": cards}
    for name, spent in (("host", submitted), ("projector", projected)):
        report[f"{name}_us"] = round(spent.own_s / claims * 1e6, 1)
        report[f"{name}_database_us"] = round(spent.database_s / claims * 1e6, 1)
        report[f"{name}_wal_bytes"] = round(spent.wal_bytes / claims)
        print(
            f"{name:10}{report[f'{name}_us']:8} µs, database {report[f'{name}_database_us']:6} µs, "
            f"{report[f'{name}_wal_bytes']:5} bytes of WAL a claim"
        )
    print(msgspec.json.encode(report).decode())


async def _make_cards(host: AggregateHost, cards: int) -> None:
    for name, body in (("createMedCard", CARD), ("activateMedCard", {})):
        for first in range(0, cards, CALL_COMMANDS):
            requests = [
                command("medcard", f"card-{number}", name, {**body, "id": f"card-{number}"} if body else body, name)
                for number in range(first, min(cards, first + CALL_COMMANDS))
            ]
            answers = await host.submit([msgspec.structs.replace(each, timeout_ms=60_000) for each in requests])
            assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}, answers[0]


def _calls(claims: int, cards: int) -> Iterator[bytes]:
    """The bytes of the calls: cards by Zipf's law, every claim of another prescription."""
    choice = random.Random(SEED)
    weights = list(accumulate(1 / rank for rank in range(1, cards + 1)))
    for first in range(0, claims, CALL_COMMANDS):
        chosen = choice.choices(range(cards), cum_weights=weights, k=min(CALL_COMMANDS, claims - first))
        yield encode_requests([_claim(card, number) for number, card in enumerate(chosen, start=first)])


def _claim(card: int, number: int) -> CommandRequest:
    pharmacy = f"pharmacy-{number % _PHARMACIES}"
    body = {
        "prescriptionId": f"rx-{number}",
        "pharmacyId": pharmacy,
        "beneficiaryId": CARD["userId"],
        "totalAmount": "0.05",
        "items": [_ITEM],
    }
    caller = Caller(pharmacy, "PHARMACY", pharmacy, f"terminal-{number % 200}")
    trace = Trace("terminal", f"session-{number % 200}")
    encoded = msgspec.json.encode(body)
    return CommandRequest(
        "medcard", f"card-{card}", caller, f"key-{number}", "claimPrescription", encoded, 60_000, trace
    )


async def _submit(host: AggregateHost, calls: list[bytes]) -> None:
    waiting = iter(calls)

    async def one_at_a_time() -> None:
        for call in waiting:
            answers = await host.submit(decode_requests(call))
            assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}, answers[0]

    await asyncio.gather(*(one_at_a_time() for _ in range(CALLS_AT_ONCE)))


async def _caught_up(settings: Settings) -> None:
    async with following(settings, *GROUPS) as projectors:
        await until(lambda: all(each.well and not each.behind for each in projectors), CATCH_UP_S)


async def _measured(postgres: EmbeddedPostgres, work: Callable[[], Awaitable[None]], profiled: bool) -> Spent:
    own, database, wal = psutil.Process(), _database_s(postgres), await _wal(postgres)
    began = sum(own.cpu_times()[:2])
    with ExitStack() as stack:
        profile = stack.enter_context(cProfile.Profile()) if profiled else None
        await work()
    own_s = sum(own.cpu_times()[:2]) - began
    if profile is not None:
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(25).sort_stats(
            "cumtime"
        ).print_stats(70)
    return Spent(own_s, _database_s(postgres) - database, await _wal(postgres) - wal)


def _database_s(postgres: EmbeddedPostgres) -> float:
    """Of the server and all its children, also those that have ended."""
    server = psutil.Process(postgres.pid)
    used = sum(server.cpu_times()[:4])
    for child in server.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            used += sum(child.cpu_times()[:2])
    return float(used)


async def _wal(postgres: EmbeddedPostgres) -> int:
    connection = await asyncpg.connect(postgres.dsn())
    try:
        return int(await connection.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main())
