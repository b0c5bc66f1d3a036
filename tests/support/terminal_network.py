"""Terminals with records on disk at work on a server, while something is done to it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ledger.pos import recorded
from ledger.pos.figures import Figures
from ledger.pos.network import Run
from ledger.pos.setting_up import pharmacy_of, set_up, terminal_name
from tests.support.server import Server

TERMINALS, CARDS, RATE, FRAME = 4, 24, 80.0, 4


@dataclass
class Network:
    """`records`: one a terminal, to be read when the network is closed."""

    run: Run
    folder: Path
    figures: Figures = field(default_factory=Figures)

    @property
    def records(self) -> list[Path]:
        return [recorded.record_of(self.folder, number) for number in range(len(self.run.tokens))]

    def wait_for_answers(self, count: int, within_s: float) -> None:
        """So many more than there are now."""
        wanted, deadline = self.figures.answered + count, time.monotonic() + within_s
        while self.figures.answered < wanted:
            assert time.monotonic() < deadline, f"no service: {self.figures}"
            time.sleep(0.02)


@contextmanager
def network_at_work(server: Server, folder: Path, name: str) -> Iterator[Network]:
    """Lines are cut at random all the time. At the end all terminals have had the time to get their last answers."""
    base = f"127.0.0.1:{server.port}"
    today = datetime.now(UTC).date()
    asyncio.run(set_up(f"http://{base}", server.token(), name, TERMINALS, CARDS, today, lambda _text: None))
    tokens = [
        server.token("PHARMACY", pharmacy=pharmacy_of(name, number), terminal=terminal_name(name, number))
        for number in range(TERMINALS)
    ]
    run = Run(f"ws://{base}/ws/terminal", tokens, name, CARDS, RATE, FRAME, chaos=True)
    network = Network(run, folder)
    stopping: list[asyncio.Event] = []
    failures: list[BaseException] = []

    async def work() -> None:
        stopping.append(asyncio.Event())
        await recorded.work(run, folder, network.figures, stopping[0])

    def run_it() -> None:
        loop.run_until_complete(work())

    def keep_failure() -> None:
        try:
            run_it()
        except BaseException as failure:
            failures.append(failure)

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=keep_failure, name="terminals")
    thread.start()
    try:
        yield network
    finally:
        if stopping:
            loop.call_soon_threadsafe(stopping[0].set)
        thread.join()
        loop.close()
    assert not failures, failures
