"""The databases of a run: what ends is started again, also where two end in the same moment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import supervisor
from ledger.console import Console
from ledger.settings import Settings
from ledger.supervisor import StopAsked, Supervisor


class StandIn:
    """A database, or the server, that ends when it is told to. Real ones cannot be made to end in such a moment."""

    address = "here"
    started = False
    pid = 0

    def __init__(self, on_start: Callable[[], None] = lambda: None) -> None:
        self.ended = False
        self.starts = 0
        self._on_start = on_start

    def start(self) -> None:
        self.ended, self.starts = False, self.starts + 1
        self._on_start()

    def tail(self) -> str:
        return ""

    def ended_with(self) -> None:
        return None


def test_a_database_that_ends_while_another_is_started_again_is_started_again_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Supervisor(Settings(data_dir=tmp_path), ["server"], Console(), 1.0)
    parts: Any = run
    postgres = StandIn()
    valkey = StandIn(lambda: setattr(postgres, "ended", True))
    parts._postgres, parts._valkey, parts._server = postgres, valkey, StandIn()
    valkey.ended = True

    def no_children(_kept: set[int]) -> None:
        """The test has children of its own. Once both databases run, the run is asked to end."""
        if postgres.starts:
            parts._signals_received = 1

    monkeypatch.setattr(supervisor, "reap_orphans", no_children)
    monkeypatch.setattr(supervisor, "POLL_INTERVAL_S", 0.0)
    with pytest.raises(StopAsked):
        parts._serve()
    assert (postgres.starts, valkey.starts) == (1, 1)
