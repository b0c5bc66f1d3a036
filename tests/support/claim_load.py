"""Clients that keep claiming, each key until it is acknowledged, while something is done to the server."""

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Self

import httpx

from tests.support.record import Acknowledged, Claim, Record
from tests.support.server import Server

RETRY_AFTER_S = 0.1
THINK_S = 0.06
WARM_UP_CLAIMS = 120
TRY_TIMEOUT_S = 15.0
PATIENCE_S = 45.0
"""How long a client repeats one key before it gives up, which no fault of these tests may bring it to."""
RETRYABLE = {"unavailable", "overloaded", "outcome_unknown"}


def documented(answer: httpx.Response) -> bool:
    """A 503 as the API describes it: a problem with a code that may be repeated, and when."""
    if answer.status_code != 503 or answer.headers.get("content-type") != "application/problem+json":
        return False
    return "retry-after" in answer.headers and answer.json()["code"] in RETRYABLE


class ClaimLoad:
    """Runs in a thread of its own between `with` and its end; its clients then finish the keys that they have begun."""

    def __init__(self, server: Server, record: Record, name: str, cards: Sequence[str], clients: int = 12) -> None:
        self.acknowledged: list[Acknowledged] = []
        self.troubles: Counter[str] = Counter()
        self.undocumented: list[str] = []
        self.given_up: list[str] = []
        self._server = server
        self._record = record
        self._claims = (Claim(card, f"{name}-{n}") for n, card in enumerate(itertools.cycle(cards)))
        self._clients = clients
        self._token = server.token()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="load")

    def __enter__(self) -> Self:
        self._thread.start()
        self.wait_for(lambda each: True, WARM_UP_CLAIMS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def wait_for(self, wanted: Callable[[Acknowledged], bool], count: int = 1, within_s: float = 40.0) -> None:
        """Until so many acknowledgements of that kind have come."""
        deadline = time.monotonic() + within_s
        while sum(map(wanted, tuple(self.acknowledged))) < count:
            assert time.monotonic() < deadline, (
                f"no service: {self.troubles}, {self.undocumented[:3]}\n{self._server.log_tail()}"
            )
            assert self._thread.is_alive()
            time.sleep(0.01)

    def wait_for_cards(self, cards: Collection[str], since: float, per_card: int = 2) -> None:
        """Until claims sent since then were acknowledged on each of the cards."""
        for card in cards:
            self.wait_for(lambda each, card=card: each.claim.card == card and each.sent_at >= since, per_card)  # type: ignore[misc]

    async def _run(self) -> None:
        await asyncio.gather(*(self._client() for _ in range(self._clients)))

    async def _client(self) -> None:
        base = f"http://127.0.0.1:{self._server.port}"
        async with httpx.AsyncClient(base_url=base, timeout=TRY_TIMEOUT_S, trust_env=False) as http:
            while not self._stopping.is_set():
                claim = next(self._claims)
                self._record.sent(claim)
                await self._until_acknowledged(http, claim)
                await asyncio.sleep(THINK_S)

    async def _until_acknowledged(self, http: httpx.AsyncClient, claim: Claim) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            sent_at = time.monotonic()
            try:
                answer = await give(http, claim, self._token)
            except httpx.TransportError as error:
                self.troubles[type(error).__name__] += 1
            else:
                if answer.status_code == 200:
                    self._acknowledge(claim, answer, sent_at)
                    return
                self._trouble(answer)
            await asyncio.sleep(RETRY_AFTER_S)
        self.given_up.append(claim.key)

    def _acknowledge(self, claim: Claim, answer: httpx.Response, sent_at: float) -> None:
        position = answer.headers["ledger-position"]
        acknowledged = Acknowledged(claim, answer.text, position, sent_at, time.monotonic())
        self._record.acknowledged(acknowledged)
        self.acknowledged.append(acknowledged)

    def _trouble(self, answer: httpx.Response) -> None:
        if documented(answer):
            self.troubles[f"503 {answer.json()['code']}"] += 1
        else:
            self.undocumented.append(f"{answer.status_code} {answer.text[:200]}")


async def give(http: httpx.AsyncClient, claim: Claim, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": claim.key}
    return await http.post(claim.path, json=claim.body, headers=headers)
