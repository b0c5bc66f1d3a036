"""Figures of a long log: the audit's time and memory, and a rebuild while events arrive and readers look.

    python -m tests.load.rebuild_figures [EVENTS]

Loads a log through the real append into a database of its own; prints what it measured.
"""

import asyncio
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from pydantic import SecretStr

from ledger import bootstrap, operators
from ledger.clocks import SystemClock
from ledger.embedded import EmbeddedPostgres
from ledger.postgres.connections import open_pool
from ledger.readstores.medcard_reads import PostgresMedCardReads
from ledger.settings import Settings
from ledger.store.migrate import migrate
from projections.projector import Projector
from projections.registry import JOURNAL_GROUP, MEDCARD_GROUP
from tests.load.loader import Loader, load_steadily
from tests.support.feeds import until

CARDS = 10_000
WATCHED_CARDS = 1_000
EVENTS_PER_S = 1_000
LOOK_EVERY_S = 0.1


def memory_mb() -> float:
    """The most that this process has ever had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure(settings: Settings, events: int) -> None:
    assert settings.database_url is not None
    await migrate(settings.database_url.get_secret_value())
    await bootstrap.lay_out(settings)
    async with bootstrap.open_projector(settings, MEDCARD_GROUP.topics) as ports:
        loader = Loader(ports.log, CARDS)
        began = time.monotonic()
        await loader.load(events)
        print(f"loaded {events:,} events in {time.monotonic() - began:.0f} s", flush=True)
        began = time.monotonic()
        for group in (MEDCARD_GROUP, JOURNAL_GROUP):
            await operators.rebuild(settings, group.name, lambda _text: None, resume=False)
            print(f"first build of {group.name} and those before: {time.monotonic() - began:.1f} s", flush=True)
        await audit(settings)
        projector = Projector(MEDCARD_GROUP, ports.log, ports.feed, ports.store, SystemClock())
        following = asyncio.create_task(projector.run())
        await rebuild_under_load(settings, loader)
        await until(lambda: sum(projector.positions.values()) == loader.written)
        projector.stop()
        await following
    await operators.rebuild(settings, JOURNAL_GROUP.name, lambda _text: None, resume=False)
    report = await operators.verify(settings, lambda _text: None, folds=False)
    print(f"audited once more: {'sound' if report.sound else report.findings}", flush=True)


async def audit(settings: Settings) -> None:
    for folds in (False, True):
        before, began = memory_mb(), time.monotonic()
        report = await operators.verify(settings, lambda _text: None, folds=folds)
        took = time.monotonic() - began
        verdict = "sound" if report.sound else f"{report.findings}"
        name = "with the folds" if folds else "without the folds"
        print(
            f"verify {name}: {took:.1f} s, {verdict}; memory at most {memory_mb():.0f} MB, before {before:.0f} MB",
            flush=True,
        )


async def rebuild_under_load(settings: Settings, loader: Loader) -> None:
    done, looks = asyncio.Event(), Looks()
    loading = asyncio.create_task(load_steadily(loader, EVENTS_PER_S, done))
    looking = asyncio.create_task(looks.look(settings, loader.card_ids[:WATCHED_CARDS], done))
    await asyncio.sleep(3)
    before, began = loader.written, time.monotonic()
    built = await asyncio.to_thread(
        lambda: asyncio.run(operators.rebuild(settings, MEDCARD_GROUP.name, lambda _text: None, resume=False))
    )
    took = time.monotonic() - began
    appended = loader.written - before
    await asyncio.sleep(2)
    done.set()
    await asyncio.gather(loading, looking)
    print(
        f"rebuild of {built.events:,} events in {took:.1f} s, while {appended / took:.0f} events/s were appended; "
        f"{looks.count} looks at {WATCHED_CARDS} cards, {looks.missing} rows missing, "
        f"the slowest {looks.slowest_s * 1000:.0f} ms",
        flush=True,
    )


class Looks:
    """A reader that asks for the same cards again and again."""

    def __init__(self) -> None:
        self.count = 0
        self.missing = 0
        self.slowest_s = 0.0

    async def look(self, settings: Settings, cards: list[str], done: asyncio.Event) -> None:
        assert settings.database_url is not None
        pool = await open_pool(settings.database_url.get_secret_value(), 2, 5_000, 2_000)
        reads = PostgresMedCardReads(pool)
        while not done.is_set():
            began = time.monotonic()
            spends, holders = await reads.spend(cards, "2026-11"), await reads.beneficiaries(cards)
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            self.count += 1
            self.missing += 2 * len(cards) - len(spends) - len(holders)
            await asyncio.sleep(LOOK_EVERY_S)
        await pool.close()


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    folder = Path(tempfile.mkdtemp(prefix="hp-figures-"))
    server = EmbeddedPostgres(folder)
    server.start()
    try:
        asyncio.run(measure(Settings(database_url=SecretStr(server.dsn())), events))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
