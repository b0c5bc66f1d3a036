"""What a person sees while terminals are at work."""

import asyncio
import shutil
import sys
from collections.abc import Callable
from time import perf_counter

from ledger.pos.figures import Figures, Histogram

EVERY_S = 0.5
PLAIN_EVERY_S = 2.0
BAR_CHARACTERS = 30


async def show(figures: Figures, title: str, write: Callable[[str], None] | None = None) -> None:
    """Rewrites some lines in place on a terminal; elsewhere says one line now and then. For ever."""
    out, live = write or sys.stdout.write, sys.stdout.isatty()
    drawn, answered_before, looked_at = 0, 0, perf_counter()
    while True:
        await asyncio.sleep(EVERY_S if live else PLAIN_EVERY_S)
        now = perf_counter()
        per_s = (figures.answered - answered_before) / (now - looked_at)
        answered_before, looked_at = figures.answered, now
        recent, figures.recent = figures.recent, Histogram()
        lines = screen(figures, title, per_s, recent) if live else [line(figures, per_s, recent)]
        out((f"\x1b[{drawn}F\x1b[J" if live and drawn else "") + "\n".join(lines) + "\n")
        sys.stdout.flush()
        drawn = len(lines)


def line(figures: Figures, per_s: float, recent: Histogram) -> str:
    return (
        f"{perf_counter() - figures.started_at:6.1f} s  {per_s:8,.0f}/s  {_latencies(recent)}  "
        f"answered {figures.answered:,} of {figures.sent:,}  reconnects {figures.reconnects}"
    )


def screen(figures: Figures, title: str, per_s: float, recent: Histogram) -> list[str]:
    """The picture, as wide as the terminal."""
    width = shutil.get_terminal_size().columns - 1
    lines = [
        title,
        f"{per_s:10,.0f} claims/s   {figures.connected} terminals connected, {figures.reconnects} reconnects",
        f"{'now':>10}  {_latencies(recent)}",
        f"{'run':>10}  {_latencies(figures.latencies)}",
        "",
    ]
    most = max(figures.statuses.values(), default=1)
    for status, count in figures.statuses.most_common():
        lines.append(f"{status:>24} {count:>10,}  {'#' * max(1, BAR_CHARACTERS * count // most)}")
    for what, found in (("sent again", figures.again), ("trouble", figures.troubles)):
        lines.extend(f"{f'{what}: {name}':>24} {count:>10,}" for name, count in found.most_common(4))
    if figures.replays or figures.broken_replays:
        lines.append(f"{'replays equal, broken':>24} {figures.replays:>10,}, {figures.broken_replays}")
    return [text[:width] for text in [*lines, "", *figures.last]]


def _latencies(found: Histogram) -> str:
    return "  ".join(f"p{percent} {found.percentile_ms(percent):8.1f} ms" for percent in (50, 95, 99))
