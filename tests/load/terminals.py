"""Terminals at work on a server of their own: how many claims a second, how late, and what each part spends on one.

Usage: python -m tests.load.terminals [--rate 2000] [--terminals 50] [--frame 20] [--cards 20000] [--seconds 15].
A rate of 0 keeps every window full (a closed loop); any other is an open loop, whose latencies begin when a claim was
meant to be sent. Prints one JSON line.
"""

import argparse
import asyncio
import resource
import sys
import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from ledger.pos.command import terminal_tokens
from ledger.pos.figures import Figures
from ledger.pos.network import Run, work
from ledger.pos.setting_up import set_up
from ledger.settings import Settings
from tests.load.bench import ROLES, cpu_seconds, say
from tests.support.server import Server

WARM_UP_S = 3.0
RATES = {"HEALTHPAY_RATE_LIMIT_PHARMACY_PER_HOUR": "1000000000", "HEALTHPAY_RATE_LIMIT_ADMIN_PER_HOUR": "1000000000"}
"""What a server's settings must say: a few hundred terminals stand for a whole network of them."""


def terminals_load(
    server: Server, *, terminals: int, cards: int, rate: float, frame: int, seconds: float, warm_up_s: float = WARM_UP_S
) -> dict[str, Any]:
    """The figures of one run on cards of its own, with the CPU of each part of the server, and of the terminals."""
    name, base = f"{time.time_ns() % 10**10}", f"127.0.0.1:{server.port}"
    today = datetime.now(UTC).date()
    asyncio.run(set_up(f"http://{base}", server.token(), name, terminals, cards, today, lambda _text: None))
    tokens = terminal_tokens(Settings(data_dir=server.data_dir), name, terminals)
    run = Run(f"ws://{base}/ws/terminal", tokens, name, cards, rate, frame, seconds, warm_up_s)
    figures = Figures()
    before, own_before = cpu_seconds(server), own_cpu_s()
    measured_s = asyncio.run(work(run, figures, asyncio.Event()))
    after, own_after = cpu_seconds(server), own_cpu_s()
    spent = {role: after[role] - before[role] for role in ROLES} | {"terminals": own_after - own_before}
    per_claim = {role: round(used / max(1, figures.answered) * 1e6) for role, used in spent.items()}
    return {**figures.report(measured_s), "cpu_us_per_claim": per_claim}


def own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description="terminals at work on a server of their own")
    for name, kind, default in (("terminals", int, 50), ("cards", int, 20_000), ("frame", int, 20)):
        parser.add_argument(f"--{name}", type=kind, default=default)
    parser.add_argument("--rate", type=float, default=2_000.0)
    parser.add_argument("--seconds", type=float, default=15.0)
    arguments = vars(parser.parse_args())
    server = Server(RATES)
    try:
        say("starting a server")
        server.start()
        say(f"terminals: {arguments}")
        report = terminals_load(server, **arguments)
    finally:
        server.discard()
    print(msgspec.json.encode(report).decode())
    return 1 if report["troubles"] or report["broken_replays"] else 0


if __name__ == "__main__":
    sys.exit(main())
