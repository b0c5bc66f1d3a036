"""The demo beside a server that runs: seeds it, and lets its pharmacies work until it is stopped."""

import threading
from collections import Counter

from ledger.clocks import SystemClock
from ledger.console import Console
from ledger.demo.seeding import Demo, DemoFailed
from ledger.settings import Settings
from ledger.tokens import TokenRequest, sign

COUNT = 100
CLAIMS_PER_S = 2.0


class Show:
    """One demo in a thread of its own; `stop` ends it soon. Nothing that befalls it ends the server."""

    def __init__(self, settings: Settings, host: str, console: Console) -> None:
        clock = SystemClock()
        token = sign(TokenRequest(role="ADMIN", sub="demo"), settings, clock.now())
        self._stopping = threading.Event()
        self._demo = Demo(host, settings.port, token, clock, self._stopping)
        self._console = console
        self._thread = threading.Thread(target=self._run, name="demo", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        try:
            found = self._demo.seed(COUNT, self._console.progress)
            self._console.line(f"Demo data: {COUNT} pharmacies, wallets and cards; {_told(found)}.")
            self._console.line(f"Their pharmacies go on with {CLAIMS_PER_S:g} claims a second.")
            self._demo.go_on(COUNT, CLAIMS_PER_S)
        except DemoFailed as failure:
            self._console.error(f"The demo ended: {failure}")


def _told(found: Counter[str]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in found.most_common())
