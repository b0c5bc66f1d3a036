"""Fills a log through the real append: cards and their claims, with the answers of the commands that made them."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable

import msgspec

from ledger.messages.envelope import Envelope, PartitionId, canonical_json, chained_digest
from ledger.ports import Append, CommandResult, Committed, EventLog, HeadMove, ResultKey
from tests.support.medcard_log import MedCardLog, claimed, created

BATCH_EVENTS = 200


class Loader:
    """Writes as the only owner of the topic `medcard`, one batch after the other."""

    def __init__(self, log: EventLog, cards: int) -> None:
        self.card_ids = [f"card-{number:06}" for number in range(cards)]
        self.written = 0
        self._log = log
        self._writer: MedCardLog | None = None
        self._heads: dict[PartitionId, Envelope] = {}
        self._stories = itertools.count()

    def on(self, log: EventLog) -> "Loader":
        """The same writer, over other connections; this one must not write any more."""
        other = Loader(log, len(self.card_ids))
        other.written, other._writer, other._heads, other._stories = (
            self.written,
            self._writer,
            self._heads,
            self._stories,
        )
        return other

    async def load(self, events: int, told: Callable[[str], None] = lambda _text: None) -> None:
        """So many more events: first every card, then claims, card after card."""
        writer = self._writer or await self._begin()
        for start in range(0, events, BATCH_EVENTS):
            await self._append([self._next(writer) for _ in range(min(BATCH_EVENTS, events - start))])
            told(f"{start:,} of {events:,} events")

    async def poison(self, card: str) -> None:
        """A claim that nobody can make anything of, chained and answered like any other."""
        assert self._writer is not None
        event = msgspec.structs.replace(self._writer.put(card, claimed("poison")), data=canonical_json({}))
        before = self._heads[event.partition].digest
        await self._append([msgspec.structs.replace(event, digest=chained_digest(before, event))])

    def _next(self, writer: MedCardLog) -> Envelope:
        number = next(self._stories)
        lap, card = divmod(number, len(self.card_ids))
        return writer.put(self.card_ids[card], claimed(f"claim-{lap}") if lap else created(f"user-{card}"))

    async def _begin(self) -> MedCardLog:
        """The writer's events are of epoch 1."""
        heads = await self._log.take_ownership("host-0", "loader")
        assert {head.epoch for head in heads.values()} == {1}, "the log must be new, and its host host-0"
        self._writer = MedCardLog(sum(partition.topic == "medcard" for partition in heads))
        return self._writer

    async def _append(self, events: list[Envelope]) -> None:
        parts: dict[PartitionId, list[Envelope]] = defaultdict(list)
        for event in events:
            parts[event.partition].append(event)
        moves = [
            HeadMove(partition, 1, part[0].offset - 1, part[-1].offset, part[-1].digest)
            for partition, part in sorted(parts.items())
        ]
        ordered = [event for move in moves for event in parts[move.partition]]
        verdict = await self._log.append(Append(moves, [_answer(event) for event in ordered], ordered))
        assert isinstance(verdict, Committed), verdict
        self._heads.update({partition: part[-1] for partition, part in parts.items()})
        self.written += len(events)


def _answer(event: Envelope) -> CommandResult:
    key = ResultKey(event.partition, event.aggregate_id, "loader", f"{event.aggregate_id}-{event.version}")
    return CommandResult(key, b"hash", True, b'{"status":"PAID"}', event.offset)


async def load_steadily(loader: Loader, events_per_s: int, done: asyncio.Event) -> None:
    """About so many events a second, in small batches, until it is done."""
    pause_s = 0.05
    loop = asyncio.get_running_loop()
    due = loop.time()
    while not done.is_set():
        await loader.load(int(events_per_s * pause_s))
        due += pause_s
        await asyncio.sleep(max(0.0, due - loop.time()))
