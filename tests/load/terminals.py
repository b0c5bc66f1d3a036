"""`python -m tests.load.terminals [ROW ...]`: claims over terminals' websockets, as the product's table names them.

A whole server of its own; the terminals are those of `ledger pos`, in this process, on the same cores. Prints a line
for each row and one JSON line. SECONDS, CARDS and TERMINALS may be set in the environment.
"""

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import Any

import msgspec

from ledger.client.clock import now
from ledger.pos import network
from ledger.pos.command import terminal_tokens
from ledger.pos.figures import Figures
from ledger.pos.network import Run
from ledger.pos.setting_up import set_up
from ledger.settings import Settings, load_settings
from tests.load.bench import commit, cpu_seconds, pss_mb, say
from tests.support.server import Server

SECONDS = float(os.environ.get("SECONDS", "30"))
WARM_UP_S = 5.0
CARDS = int(os.environ.get("CARDS", "20000"))
TERMINALS = int(os.environ.get("TERMINALS", "200"))
NAME = "bench"


@dataclass(frozen=True)
class Row:
    """`rate` 0: as fast as answers come."""

    title: str
    frame: int
    terminals: int
    rate: float = 0.0


ROWS = {
    "frames20": Row("frames of 20, as fast as answers come", 20, 20),
    "frames1": Row("frames of 1, 200 sockets, as fast as answers come", 1, TERMINALS),
    "open2000": Row("2,000/s in frames of 1", 1, TERMINALS, 2_000),
    "open5000": Row("5,000/s in frames of 5", 5, TERMINALS, 5_000),
}


def main() -> int:
    wanted = sys.argv[1:] or list(ROWS)
    server = Server(
        {"HEALTHPAY_RATE_LIMIT_PHARMACY_PER_HOUR": "1000000000", "HEALTHPAY_RATE_LIMIT_ADMIN_PER_HOUR": "1000000000"}
    )
    try:
        say("starting a server")
        server.start()
        settings = load_settings(server.environment)
        say(f"making {CARDS} cards and {TERMINALS} terminals")
        base = f"http://127.0.0.1:{server.port}"
        asyncio.run(set_up(base, server.token("ADMIN"), NAME, TERMINALS, CARDS, now().date(), lambda _text: None))
        rows = {name: measured(server, settings, ROWS[name]) for name in wanted}
        report = {"commit": commit(), "load_average": os.getloadavg()[0], "pss_mb": pss_mb(server), "rows": rows}
    finally:
        server.discard()
    print(msgspec.json.encode(report).decode())
    return 0


def measured(server: Server, settings: Settings, row: Row) -> dict[str, Any]:
    plan = Run(
        url=f"ws://127.0.0.1:{server.port}/ws/terminal",
        tokens=terminal_tokens(settings, NAME, TERMINALS)[: row.terminals],
        name=NAME,
        keys=f"{row.frame}x{row.rate:.0f}",
        cards=CARDS,
        rate=row.rate,
        frame=row.frame,
        seconds=SECONDS,
        warm_up_s=WARM_UP_S,
    )
    figures, before = Figures(), cpu_seconds(server)
    seconds = asyncio.run(network.work(plan, figures, asyncio.Event()))
    after = cpu_seconds(server)
    spent = {role: round((after[role] - before[role]) / figures.answered * 1e6) for role in after}
    found = {**figures.report(seconds), "cpu_us_per_claim": spent, "cpu_us": sum(spent.values())}
    say(f"{row.title}: {found['per_s']}/s, p50 {found['p50_ms']} p95 {found['p95_ms']} ms, CPU µs {spent}")
    return found


if __name__ == "__main__":
    sys.exit(main())
