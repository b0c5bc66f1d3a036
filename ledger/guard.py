"""Stands between the supervisor and the server: when either ends, however it ends, the server's whole family ends.

`python -m ledger.guard COMMAND …`. The supervisor does the same while it lives; the guard is for its `kill -9`.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from ledger.embedded.process import (
    POLL_INTERVAL_S,
    adopt_orphans,
    descendants,
    die_with_us,
    is_alive,
    kill_all,
    reap_orphans,
)

GRACE_S = 15.0
IDLE_INTERVAL_S = 0.2
SWEEPS_MAX = 5


def main(command: Sequence[str]) -> int:
    """Runs the command until it ends or a SIGTERM comes; gives its exit code, past 128 for a signal."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, frame: asked.append(got))
    adopt_orphans()
    server = subprocess.Popen(list(command), start_new_session=True, preexec_fn=die_with_us(signal.SIGTERM))
    while server.poll() is None and not asked:
        reap_orphans({server.pid})
        time.sleep(IDLE_INTERVAL_S)
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    while server.poll() is None and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL_S)
    sweep(set())
    code = server.wait()
    return code if code >= 0 else 128 - code


def sweep(spared: set[int]) -> None:
    """Kills our descendants, adopted daemons included, except `spared` and their descendants."""
    for _ in range(SWEEPS_MAX):  # a process may fork while we look
        kept = {*spared, *(process.pid for pid in spared for process in descendants(pid))}
        doomed = [process for process in descendants(os.getpid()) if process.pid not in kept and is_alive(process)]
        if not doomed:
            return
        kill_all(doomed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
