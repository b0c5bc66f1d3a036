"""Clients of hosts without an edge: each key until it is acknowledged, while something is done to the database."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec

from ledger.messages.commands import Caller, CommandAnswer, CommandRequest, Outcome, Trace
from tests.support.record import Acknowledged, Claim, Record

THINK_S = 0.02
RETRY_AFTER_S = 0.05
TRY_TIMEOUT_MS = 1_500
ANSWERED_WITHIN_S = 20.0
"""A host always answers: with what happened, or with what it does not know. This is long past every time-out."""
HONEST = {Outcome.EXPIRED, Outcome.UNKNOWN, Outcome.OVERLOADED, Outcome.FENCED}
CALLER = Caller("tester", "ADMIN")


class Hosts(Protocol):
    """A host, or a way to several of them."""

    async def submit(self, requests: Sequence[CommandRequest]) -> Sequence[CommandAnswer]: ...


def command(
    topic: str, aggregate_id: str, name: str, body: Any, key: str, *, args: dict[str, str] | None = None
) -> CommandRequest:
    """As an edge would send it."""
    encoded, trace = msgspec.json.encode(body), Trace("rest", "corr-1")
    return CommandRequest(topic, aggregate_id, CALLER, key, name, encoded, TRY_TIMEOUT_MS, trace, args or {})


def claim_command(claim: Claim) -> CommandRequest:
    return command("medcard", claim.card, "claimPrescription", claim.body, claim.key)


async def ask(hosts: Hosts, request: CommandRequest) -> CommandAnswer:
    async with asyncio.timeout(ANSWERED_WITHIN_S):
        [answer] = await hosts.submit([request])
    return answer


async def settled(hosts: Hosts, request: CommandRequest) -> CommandAnswer:
    """Again and again under its key, until the outcome is known."""
    while True:
        answer = await ask(hosts, request)
        if answer.outcome not in HONEST:
            return answer
        await asyncio.sleep(RETRY_AFTER_S)


class HostLoad:
    """Claims on cards, between `async with` and its end; its clients then finish the keys that they have begun.

    Every fourth client takes EXPIRED at its word and never asks again: `not_executed` are its keys, whose claims must
    never turn up in the log.
    """

    def __init__(self, hosts: Hosts, record: Record, name: str, cards: Sequence[str], clients: int = 12) -> None:
        self.acknowledged: list[Acknowledged] = []
        self.not_executed: set[str] = set()
        self.troubles: Counter[str] = Counter()
        self._hosts = hosts
        self._record = record
        self._claims: Iterator[Claim] = (Claim(card, f"{name}-{n}") for n, card in enumerate(itertools.cycle(cards)))
        self._clients = clients
        self._ending = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._client(number)) for number in range(self._clients)]
        await self.more(40)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        if kind is not None:
            for task in self._tasks:
                task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=kind is not None)
        assert kind is not None or results == [None] * self._clients

    async def more(self, count: int, such: Callable[[Acknowledged], bool] = lambda _: True) -> float:
        """Waits for so many more acknowledgements; when the first of them came, by the monotonic clock."""
        seen, found = len(self.acknowledged), []
        async with asyncio.timeout(60):
            while len(found) < count:
                self._fail_with_clients()
                await asyncio.sleep(0.005)
                found = [each for each in self.acknowledged[seen:] if such(each)]
        return found[0].answered_at

    async def since(self, moment: float, such: Callable[[Acknowledged], bool] = lambda _: True) -> float:
        """Seconds from a moment to the first acknowledgement of what was sent after it."""
        async with asyncio.timeout(60):
            while True:
                self._fail_with_clients()
                answered = (each.answered_at for each in self.acknowledged if each.sent_at >= moment and such(each))
                if (first := min(answered, default=None)) is not None:
                    return first - moment
                await asyncio.sleep(0.005)

    def _fail_with_clients(self) -> None:
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _client(self, number: int) -> None:
        trusting = number % 4 == 3
        while not self._ending:
            claim = next(self._claims)
            self._record.sent(claim)
            await self._until_acknowledged(claim, trusting)
            await asyncio.sleep(THINK_S)

    async def _until_acknowledged(self, claim: Claim, trusting: bool) -> None:
        told: set[Outcome] = set()
        while True:
            sent_at = time.monotonic()
            answer = await ask(self._hosts, claim_command(claim))
            if answer.outcome is Outcome.ACCEPTED:
                body, answered_at = answer.body.decode(), time.monotonic()
                acknowledged = Acknowledged(claim, body, answer.position, sent_at, answered_at)
                self._record.acknowledged(acknowledged)
                self.acknowledged.append(acknowledged)
                return
            assert answer.outcome in HONEST, answer
            self.troubles[answer.outcome] += 1
            told.add(answer.outcome)
            # After an `unknown` the key must be asked for again; an `expired` of a later try speaks of that try alone.
            if trusting and told == {Outcome.EXPIRED}:
                self.not_executed.add(claim.key)
                return
            await asyncio.sleep(RETRY_AFTER_S)
