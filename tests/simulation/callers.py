"""Callers: they ask, lose patience, hang up, ask again under the same key, and write down what they are told."""

import asyncio
from collections.abc import Sequence

import msgspec

from ledger.messages.commands import CommandAnswer, Outcome, Trace
from tests.simulation.book import FINAL, Book, Violation, Wish, hold
from tests.simulation.world import Process, World
from tests.support.toy import COUNTER_MAX, add

AMOUNTS = (1, 2, 3, 5, 7, 100, COUNTER_MAX // 2, -COUNTER_MAX // 2, 13)
ANSWER_GRACE_S = 30.0
TRIES = 4
ROUNDS_MORE = 3


class Callers:
    """Some clients of one world; they share their keys, so that tries of one command meet each other."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.chance
        self._random = world.random
        self._book: Book = world.book
        self._aggregates = [f"a{number}" for number in range(self._random.choice((1, 2, 4)))]
        self._wishes: list[Wish] = []

    async def client(self) -> None:
        for _ in range(self._random.choice((1, 2, 3))):
            await asyncio.sleep(self._chance.between(0.0, 1.5))
            await self._insist([self._wish() for _ in range(self._random.choice((1, 1, 2, 3)))], TRIES)

    async def _insist(self, wishes: Sequence[Wish], tries: int) -> None:
        """Asks until everything is answered, or until it gives up."""
        for _ in range(tries):
            process = self._world.process_for(wishes[0].request.aggregate_id)
            answers = await self._ask(process, wishes)
            wishes = [wish for wish in wishes if answers.get(wish.id, _UNKNOWN).outcome not in FINAL]
            if not wishes:
                return
            await asyncio.sleep(self._chance.between(0.0, 0.5))

    async def _ask(self, process: Process, wishes: Sequence[Wish]) -> dict[str, CommandAnswer]:
        """What came back, by wish; nothing where the line broke."""
        heard: dict[str, CommandAnswer] = {}
        for wish in wishes:
            self._book.sent(wish)
        await asyncio.sleep(self._chance.moment())
        call = asyncio.create_task(self._call(process, wishes, heard))
        process.calls.add(call)
        call.add_done_callback(process.calls.discard)
        if not process.alive:
            call.cancel()
        elif self._chance.strikes("disconnect"):
            asyncio.get_running_loop().call_later(self._chance.between(0.0, 0.5), call.cancel)
        await asyncio.wait((call,))
        if not call.cancelled():
            call.result()
        return heard

    async def _call(self, process: Process, wishes: Sequence[Wish], heard: dict[str, CommandAnswer]) -> None:
        begun = self._world.loop.time()
        answers = await process.host.submit([wish.request for wish in wishes])
        longest_s = max(wish.request.timeout_ms for wish in wishes) / 1000
        waited_s = self._world.loop.time() - begun
        hold(waited_s <= longest_s + ANSWER_GRACE_S, "an answer comes too late", [wish.id for wish in wishes], waited_s)
        for wish, answer in zip(wishes, answers, strict=True):
            self._world.tell("%s answers %s: %s %s", process.name, wish.id, answer.outcome, answer.body)
            self._book.heard(wish, answer)
            heard[wish.id] = answer

    # What they wish for.

    def _wish(self) -> Wish:
        if self._wishes and self._chance.strikes("repeat"):
            return self._patiently(self._random.choice(self._wishes))
        if self._wishes and self._chance.strikes("conflict"):
            return self._another_under_the_key(self._random.choice(self._wishes))
        number = len(self._wishes)
        key = f"k{number}" + ("\0" if self._chance.strikes("bad data") else "")
        version = self._random.randrange(4) if self._random.random() < 0.1 else None
        return self._new(
            self._random.choice(self._aggregates), self._random.choice(AMOUNTS), key, f"w{number}", version
        )

    def _new(self, aggregate_id: str, by: int, key: str, wish_id: str, version: int | None = None) -> Wish:
        patience_ms = int(self._chance.between(0, 1_500)) if self._chance.strikes("impatient") else 5_000
        request = add(aggregate_id, by, key, timeout_ms=patience_ms, version=version)
        wish = Wish(msgspec.structs.replace(request, trace=Trace("rest", wish_id)), by)
        self._wishes.append(wish)
        self._book.add(wish)
        return wish

    def _another_under_the_key(self, wish: Wish) -> Wish:
        return self._new(wish.request.aggregate_id, wish.by + 1, wish.key, f"{wish.id}'{len(self._wishes)}")

    def _patiently(self, wish: Wish) -> Wish:
        return Wish(msgspec.structs.replace(wish.request, timeout_ms=5_000), wish.by)

    # When all faults are over.

    async def settle(self) -> None:
        """Every wish is asked about once more and gets its last answer; then every counter is asked for its total."""
        told = set(self._book.told)
        for name in self._world.names:
            mine = [wish for wish in self._wishes if self._world.process_for(wish.request.aggregate_id).name == name]
            answers = await self._all_answered(name, [self._patiently(wish) for wish in mine])
            for wish in mine:
                if wish.key in told and answers[wish.id].outcome in _DECIDED:
                    hold(answers[wish.id].replayed, "not a replay", wish.id)
        for aggregate_id in self._aggregates:
            probe = self._patiently(self._new(aggregate_id, 0, f"probe of {aggregate_id}", f"probe of {aggregate_id}"))
            answers = await self._all_answered(self._world.process_for(aggregate_id).name, [probe])
            hold(answers[probe.id].outcome is Outcome.ACCEPTED, "a counter cannot be asked", aggregate_id, answers)

    async def _all_answered(self, name: str, wishes: Sequence[Wish]) -> dict[str, CommandAnswer]:
        """Nothing is wrong any more: a host may be full for a moment, but gives every answer."""
        answers: dict[str, CommandAnswer] = {}
        waiting = list(wishes)
        for _ in range(len(waiting) + ROUNDS_MORE):
            if not waiting:
                return answers
            heard = await self._ask(self._world.current[name], waiting)
            answers |= {wish: answer for wish, answer in heard.items() if answer.outcome in FINAL}
            waiting = [wish for wish in waiting if wish.id not in answers]
            told = {heard[wish.id].outcome for wish in waiting}
            hold(told <= {Outcome.OVERLOADED}, "no answer although nothing is wrong any more", heard)
            await asyncio.sleep(0.01)
        raise Violation(f"nothing goes on: {waiting}")


_UNKNOWN = CommandAnswer(Outcome.UNKNOWN)
_DECIDED = (Outcome.ACCEPTED, Outcome.REFUSED)
