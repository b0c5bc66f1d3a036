"""The same network with `ledger.client.Terminal`: every terminal keeps its record on disk, and sends what it says."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter

from ledger.client import Backoff, ClientError, Options, ProblemError, Sync, Terminal
from ledger.pos.claims import Claims, card_name, member_name
from ledger.pos.figures import Figures
from ledger.pos.network import DRAIN_S, Run

CUT_EVERY_S = (0.5, 4.0)
AMOUNT = "0.05"


def record_of(folder: Path, number: int) -> Path:
    return folder / f"terminal-{number}.db"


async def work(run: Run, folder: Path, figures: Figures, stopping: asyncio.Event) -> float:
    """As `network.work`; the records stay in `folder`, which must be there.

    Every terminal sends the next frame of claims together."""
    draw = random.Random(run.seed)
    claims = Claims(run.name, run.cards, draw)
    options = Options(
        sync=Sync.PROCESS_CRASH, frame_commands_max=run.frame, reconnect=Backoff(0.05, 2.0), answer_timeout_s=10.0
    )
    async with AsyncExitStack() as stack:
        terminals = [
            await stack.enter_async_context(Terminal(run.url, token, record=record_of(folder, n), options=options))
            for n, token in enumerate(run.tokens)
        ]
        figures.started_at = figures.measured_from = perf_counter()
        giving: set[asyncio.Task[None]] = set()
        tasks = [asyncio.create_task(_pace(run, terminals, claims, figures, giving))]
        if run.chaos:
            tasks.extend(asyncio.create_task(_cut(terminal, draw, figures)) for terminal in terminals)
        try:
            async with asyncio.timeout(run.seconds):
                await stopping.wait()
        except TimeoutError:
            pass
        measured_s, figures.in_time = perf_counter() - figures.measured_from, figures.latencies.count
        for task in tasks:
            task.cancel()
        if giving:
            await asyncio.wait(giving, timeout=DRAIN_S)
        figures.reconnects = sum(terminal.reconnects for terminal in terminals)
        return measured_s


async def _pace(
    run: Run, terminals: Sequence[Terminal], claims: Claims, figures: Figures, giving: set[asyncio.Task[None]]
) -> None:
    every_s = run.frame / (run.rate or 100.0)
    began, number = perf_counter(), 0
    while True:
        now = perf_counter()
        while (due := began + number * every_s) <= now:
            for _ in range(run.frame):
                task = asyncio.create_task(_claim(run, terminals[number % len(terminals)], claims, figures, due))
                giving.add(task)
                task.add_done_callback(giving.discard)
            number += 1
        figures.connected = sum(terminal.online for terminal in terminals)
        await asyncio.sleep(due - now)


async def _claim(run: Run, terminal: Terminal, claims: Claims, figures: Figures, meant_at: float) -> None:
    claim = claims.next()
    figures.sent += 1
    try:
        answer = await terminal.claim(
            card_name(run.name, claim.card),
            prescription_id=claim.id,
            beneficiary_id=member_name(claim.card),
            total=AMOUNT,
            id=claim.id,
        )
    except ProblemError as problem:
        status = problem.code
    except ClientError as error:
        figures.troubles[type(error).__name__] += 1
        return
    else:
        status = answer.status
    now = perf_counter()
    figures.took(status, meant_at, now)
    figures.last.append(f"{claim.id:<24} {claim.card:>7}  {status:<12} {(now - meant_at) * 1000:8.1f} ms")


async def _cut(terminal: Terminal, draw: random.Random, figures: Figures) -> None:
    while True:
        await asyncio.sleep(draw.uniform(*CUT_EVERY_S))
        terminal.cut()
        figures.reconnects += 1
