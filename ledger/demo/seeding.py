"""Sends the demo's commands to a running server, and then the claims of a day, one after the other."""

import http.client
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from ledger.demo.plan import Member, Phase, live_claims, phases
from ledger.domain.calendar import cairo_date
from ledger.ports import Clock

BATCH_COMMANDS = 100
REQUEST_TIMEOUT_S = 60.0
TRIES_MAX = 5
TRY_AGAIN_AFTER_S = 1.0
THERE_ALREADY = ("_already_exists", "idempotency_conflict", "invalid_state", "already_covered")
"""Refusals of what an earlier run of another day has made."""

Say = Callable[[str], None]


class DemoFailed(Exception):
    """The server refused what the demo needs, or could not be reached; the text says what."""


class Demo:
    """One run against the server at `host` and `port`; `stopping` ends it between two requests."""

    def __init__(self, host: str, port: int, token: str, clock: Clock, stopping: threading.Event) -> None:
        self._host = host
        self._port = port
        self._token = token
        self._clock = clock
        self._stopping = stopping

    def seed(self, count: int, progress: Say) -> Counter[str]:
        """Makes everything; what became of the commands, by status. Raises `DemoFailed`."""
        found: Counter[str] = Counter()
        planned = phases(cairo_date(self._clock.now()), count)
        total = sum(len(phase.members) for phase in planned)
        done = 0
        for phase in planned:
            for batch in _batches(phase):
                if self._stopping.is_set():
                    return found
                found.update(self._outcome(result) for result in self._send(batch))
                done += len(batch)
                progress(f"demo {_bar(done, total)} {done:,} of {total:,} commands: {phase.name}")
        return found

    def go_on(self, count: int, claims_per_s: float) -> int:
        """Claims of today until it is stopped; how many. Raises `DemoFailed`."""
        sent = 0
        draw = random.Random()
        for member in live_claims(count, cairo_date(self._clock.now()), draw):
            if self._stopping.wait(1 / claims_per_s):
                break
            self._send([member])
            sent += 1
        return sent

    def _outcome(self, result: dict[str, Any]) -> str:
        body = result["body"]
        if result["status"] in (200, 201):
            return str(body.get("status", "ok")).lower()
        if any(word in body["code"] for word in THERE_ALREADY):
            return "there already"
        raise DemoFailed(f"{body['code']}: {body['detail']}")

    def _send(self, members: Sequence[Member]) -> list[dict[str, Any]]:
        """Tries again with the same keys: what was done by a try whose answer was lost is answered again."""
        body = json.dumps({"commands": members}).encode()
        for tries_left in range(TRIES_MAX - 1, -1, -1):
            try:
                return self._post(body)
            except (OSError, http.client.HTTPException) as error:
                if not tries_left or self._stopping.wait(TRY_AGAIN_AFTER_S):
                    raise DemoFailed(f"the server cannot be reached: {error}") from None
        raise AssertionError("the last try ends the loop")

    def _post(self, body: bytes) -> list[dict[str, Any]]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=REQUEST_TIMEOUT_S)
        try:
            headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
            connection.request("POST", "/api/v1/batch", body, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status == 503:
            raise http.client.HTTPException("it is not ready")
        if answer.status != 200:
            raise DemoFailed(f"{answer.status}: {text.decode(errors='replace')[:500]}")
        results: list[dict[str, Any]] = json.loads(text)["results"]
        return results


def _batches(phase: Phase) -> Sequence[Sequence[Member]]:
    members = iter(phase.members)
    return [batch for batch in iter(lambda: list(islice(members, BATCH_COMMANDS)), [])]


def _bar(done: int, total: int, width: int = 20) -> str:
    filled = width * done // total
    return "[" + "#" * filled + "-" * (width - filled) + "]"
