"""`ledger pos`: sets a network up on a running local server, and lets it work while somebody watches."""

import argparse
import asyncio
import contextlib
import signal
import sys
from datetime import timedelta
from typing import Any

import msgspec

from ledger.client.clock import now
from ledger.exits import Exit
from ledger.pos import network, recorded
from ledger.pos.figures import Figures
from ledger.pos.network import NoLine, Run
from ledger.pos.setting_up import SetUpFailed, pharmacy_of, set_up, terminal_name
from ledger.pos.view import show
from ledger.settings import Settings
from ledger.tokens import TokenRequest, sign

FAILED = 1


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """The exit code: 1 where a replay was not what was answered first, or an answer is missing."""
    try:
        if arguments.record is not None:
            arguments.record.mkdir(parents=True, exist_ok=True)
        return asyncio.run(_run(settings, arguments))
    except (SetUpFailed, NoLine, OSError) as error:
        print(f"ledger: {error}", file=sys.stderr)
        return FAILED


async def _run(settings: Settings, arguments: argparse.Namespace) -> int:
    name = f"{now():%m%d%H%M%S}"
    host = f"127.0.0.1:{settings.port}"
    admin = sign(TokenRequest("ADMIN"), settings, now())
    count = arguments.terminals
    await set_up(f"http://{host}", admin, name, count, arguments.cards, now().date(), _progress)
    _progress("")
    plan = Run(
        url=f"ws://{host}/ws/terminal",
        tokens=terminal_tokens(settings, name, count),
        name=name,
        cards=arguments.cards,
        rate=arguments.rate,
        frame=arguments.frame,
        seconds=arguments.seconds,
        chaos=arguments.chaos,
    )
    figures, stopping = Figures(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    showing = asyncio.create_task(show(figures, f"{count} terminals, {arguments.cards} cards, {_pace(arguments)}"))
    try:
        if arguments.record is None:
            seconds = await network.work(plan, figures, stopping)
        else:
            seconds = await recorded.work(plan, arguments.record, figures, stopping)
    finally:
        showing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await showing
    return _tell(figures, figures.report(seconds), arguments.json)


def terminal_tokens(settings: Settings, run_name: str, count: int) -> list[str]:
    """One for each terminal of a run, that outlives it."""
    at = now() - timedelta(seconds=1)
    return [
        sign(
            TokenRequest("PHARMACY", pharmacy_id=pharmacy_of(run_name, n), terminal_id=terminal_name(run_name, n)),
            settings,
            at,
        )
        for n in range(count)
    ]


def _tell(figures: Figures, report: dict[str, Any], as_json: bool) -> int:
    if as_json:
        print(msgspec.json.encode(report).decode())
    else:
        print("\n" + "\n".join(f"{name:>16}  {value}" for name, value in report.items() if value))
    missing = sum(figures.statuses.values()) == 0
    return FAILED if figures.broken_replays or missing else Exit.OK


def _pace(arguments: argparse.Namespace) -> str:
    pace = f"{arguments.rate:g} claims/s" if arguments.rate else "as fast as answers come"
    return f"{pace} in frames of {arguments.frame}{', with chaos' if arguments.chaos else ''}"


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)
