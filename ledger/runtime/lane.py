"""A lane: some partitions of a host whose commands are committed together, one append in flight at a time."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from ledger.messages.commands import CommandAnswer, Outcome
from ledger.messages.envelope import PartitionId
from ledger.ports import Append, BadData, Committed, Duplicates, Fenced, Head, OutcomeUnknown, StoreUnavailable
from ledger.runtime.draft import Draft, MemberFailed
from ledger.runtime.entity import AggregateKey, PendingCommand
from ledger.runtime.partition_clock import PartitionClock
from ledger.runtime.placement import gone_back
from ledger.runtime.residents import Residents
from ledger.runtime.snapshotting import Snapshotter
from ledger.runtime.stored_answers import stored_answers
from ledger.runtime.surroundings import HostLimits, Surroundings

_log = logging.getLogger(__name__)

RETRY_AFTER_S = 1
"""What an overloaded host tells its callers to wait."""
_STORE_RETRY_S = 0.2
PASSIVATE_EVERY_S = 30.0
"""How often a lane without work looks for aggregates to passivate."""


class Lane:
    """Owns the heads and residents of its partitions; nobody else touches them, so no step needs a lock."""

    def __init__(
        self,
        host: str,
        holder: str,
        around: Surroundings,
        limits: HostLimits,
        heads: Mapping[PartitionId, Head],
        times: PartitionClock,
        snapshotter: Snapshotter,
        on_commit: Callable[[], None],
    ) -> None:
        self._host = host
        self._holder = holder
        self._around = around
        self._limits = limits
        self._heads = dict(heads)
        self._times = times
        self._on_commit = on_commit
        self._residents = Residents(around, limits, snapshotter)
        self._queue: deque[PendingCommand] = deque()
        self._waiting: dict[AggregateKey, int] = {}
        self._changes: deque[Callable[[], None]] = deque()
        self._arrived = asyncio.Event()

    @property
    def heads(self) -> Mapping[PartitionId, Head]:
        """As this lane has left them."""
        return self._heads

    def owns(self, partition: PartitionId) -> bool:
        return partition in self._heads

    @property
    def partitions_owned(self) -> int:
        return len(self._heads)

    @property
    def mailbox_depth(self) -> int:
        return len(self._queue)

    @property
    def residents(self) -> int:
        return len(self._residents)

    def mail(self, command: PendingCommand) -> bool:
        """Puts a command into the mailbox of its aggregate; False where that is full."""
        waiting = self._waiting.get(command.aggregate, 0)
        if waiting >= self._limits.aggregate_mailbox_max:
            return False
        self._waiting[command.aggregate] = waiting + 1
        self._queue.append(command)
        self._arrived.set()
        return True

    def take_over(self, heads: Mapping[PartitionId, Head], newest: Mapping[PartitionId, datetime]) -> None:
        """Owns these partitions, too, from its next batch on."""
        if heads:
            self._change(lambda: self._adopt(heads, newest))

    def lose(self, others: Mapping[PartitionId, Head]) -> None:
        """Owns these partitions no longer, from its next batch on. `others`: the rows that name another owner."""
        if others:
            self._change(lambda: self._drop_lost({each for each, row in others.items() if self._is_older(each, row)}))

    def _is_older(self, partition: PartitionId, row: Head) -> bool:
        """Whether we hold the partition as it was before this row: a batch on its way may have bumped it since."""
        known = self._heads.get(partition)
        return known is not None and known.epoch < row.epoch

    def lose_all(self) -> None:
        """Owns nothing from its next batch on, whatever the rows say."""
        self._change(lambda: self._drop_lost(tuple(self._heads)))

    def _change(self, change: Callable[[], None]) -> None:
        # Never under a batch on its way: its heads must be those that it was numbered from.
        self._changes.append(change)
        self._arrived.set()

    def _adopt(self, heads: Mapping[PartitionId, Head], newest: Mapping[PartitionId, datetime]) -> None:
        self._residents.forget(heads.keys())
        self._times.learn(newest)
        for partition, head in heads.items():
            if partition not in self._heads or self._is_older(partition, head):
                self._heads[partition] = head
        _log.info("took %s", ", ".join(map(str, heads)), extra={"host": self._host})

    async def run(self) -> None:
        """Works until it is cancelled. While an append is in flight, commands gather; the next one takes them all."""
        while True:
            with contextlib.suppress(TimeoutError):
                # Not `wait_for`: in Python 3.11 it loses a cancellation that comes together with the event.
                async with asyncio.timeout(PASSIVATE_EVERY_S):
                    await self._arrived.wait()
            self._arrived.clear()
            while self._queue or self._changes:
                while self._changes:
                    self._changes.popleft()()
                await self._settle_loudly(self._take())
                self._residents.passivate()
            self._residents.passivate()

    def abandon(self) -> None:
        """Answers what still waits: it was not executed."""
        while self._queue:
            self._queue.popleft().reply(CommandAnswer(Outcome.EXPIRED))

    def _take(self) -> list[PendingCommand]:
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), self._limits.batch_commands_max))]
        for command in batch:
            left = self._waiting[command.aggregate] - 1
            if left:
                self._waiting[command.aggregate] = left
            else:
                del self._waiting[command.aggregate]
        return batch

    async def _settle_loudly(self, batch: Sequence[PendingCommand]) -> None:
        """A failure that nobody foresaw never stops the lane: what was written is found out, the rest is our bug."""
        try:
            await self._settle(batch)
        except Exception:
            _log.exception("a batch failed", extra={"host": self._host, "commands": len(batch)})
            waiting = [command for command in batch if command.partition in self._heads]
            for command in await self._find_out(waiting):
                command.reply(CommandAnswer(Outcome.INTERNAL))
            for command in batch:
                command.reply(CommandAnswer(Outcome.FENCED))

    async def _settle(self, batch: Sequence[PendingCommand]) -> None:
        """Brings every command of the batch to its answer; goes round again for those that a verdict sends back."""
        commands = list(batch)
        while commands := self._executable(commands):
            try:
                draft = await self._decided(commands)
                commands = await self._append(draft)
            except BadData as error:
                await self._halve(commands, error)
                return
            except StoreUnavailable as error:
                _log.warning("the store is away: %s", error)
                await asyncio.sleep(_STORE_RETRY_S)

    def _executable(self, commands: Sequence[PendingCommand]) -> list[PendingCommand]:
        """Those still worth executing: their partition is ours, and their caller still waits."""
        now = self._around.clock.monotonic()
        kept = []
        for command in commands:
            if command.answer.done():
                continue
            if command.partition not in self._heads:
                command.reply(CommandAnswer(Outcome.FENCED))
            elif command.expires_at <= now:
                command.reply(CommandAnswer(Outcome.EXPIRED))
            else:
                kept.append(command)
        return kept

    async def _decided(self, commands: Sequence[PendingCommand]) -> Draft:
        await self._residents.bring({command.aggregate for command in commands})
        entities = self._residents.entities
        draft = Draft(entities, self._times.stamp({command.partition for command in commands}))
        for command in commands:
            if command.aggregate in entities:
                draft.decide(command)
            else:
                command.reply(CommandAnswer(Outcome.INTERNAL))
        return draft

    async def _append(self, draft: Draft) -> list[PendingCommand]:
        """Those whose turn comes again; all others have been answered."""
        if not draft.commands:
            return []
        keys = await self._around.keyring.ensure(draft.persons)
        try:
            append = draft.numbered(self._heads, keys, self._around.ids.random_bytes)
        except MemberFailed as failure:
            _log.error("a command cannot be stored: %s", failure, exc_info=failure)
            failure.command.reply(CommandAnswer(Outcome.INTERNAL))
            return draft.commands
        try:
            verdict = await self._around.log.append(append)
        except OutcomeUnknown as error:
            _log.warning("the outcome of an append is unknown: %s", error)
            return await self._find_out(draft.commands)
        match verdict:
            case Committed(recorded_at):
                self._times.store_said(recorded_at)
                self._move_heads(append)
                draft.apply(self._residents.entities)
                self._residents.committed(draft.changed)
                self._on_commit()
                return []
            case Fenced(partitions):
                self._drop(partitions)
            case Duplicates(results):
                for command in draft.commands:
                    if command.key in results:
                        command.reply_stored(results[command.key])
        return draft.commands

    def _move_heads(self, append: Append) -> None:
        for move in append.moves:
            head = self._heads[move.partition]
            self._heads[move.partition] = head.moved_to(move.to_offset, move.to_digest)

    def _drop(self, partitions: Collection[PartitionId]) -> None:
        """Another owner has them: forget them, and never bump their epoch again."""
        _log.warning("fenced: %s", ", ".join(map(str, partitions)), extra={"host": self._host})
        self._residents.forget(partitions)
        for partition in partitions:
            self._heads.pop(partition, None)

    async def _find_out(self, commands: Sequence[PendingCommand]) -> list[PendingCommand]:
        """After an unknown outcome: bump the own epochs, which waits for a stray append; then look the keys up.

        Only then is it known what happened. Callers whose time is up meanwhile are told that nobody knows.
        """
        partitions = {command.partition for command in commands}
        self._residents.forget(partitions)
        while True:
            try:
                bumped = await self._around.log.bump(self._host, self._holder, partitions)
                older = gone_back(self._heads, bumped)
                self._heads.update(bumped)
                self._drop_lost((partitions - bumped.keys()) | older)
                partitions = partitions & self._heads.keys()
                stored = await stored_answers(self._around.log, [command.key for command in commands])
                break
            except Exception as error:
                # Whatever it is, nothing may be answered or written before this has been found out.
                _log.warning("the outcome cannot be found out yet: %r", error)
                self._answer_late(commands)
                await asyncio.sleep(_STORE_RETRY_S)
        for command in commands:
            if command.key in stored:
                command.reply_stored(stored[command.key])
        return list(commands)

    def _drop_lost(self, partitions: Collection[PartitionId]) -> None:
        if partitions:
            self._drop(partitions)

    def _answer_late(self, commands: Sequence[PendingCommand]) -> None:
        """Of these nobody knows what happened; what waits behind them was not executed."""
        now = self._around.clock.monotonic()
        for late, outcome in ((commands, Outcome.UNKNOWN), (self._queue, Outcome.EXPIRED)):
            for command in late:
                if command.expires_at <= now:
                    command.reply(CommandAnswer(outcome))

    async def _halve(self, commands: Sequence[PendingCommand], error: BadData) -> None:
        """Finds the member whose data the store refuses, and keeps the others."""
        waiting = [command for command in commands if not command.answer.done()]
        if len(waiting) == 1:
            _log.warning("the store refuses a command's data: %s", error)
            detail = {"code": "invalid_request", "path": "", "detail": "the data cannot be stored"}
            waiting[0].reply(CommandAnswer(Outcome.INVALID, msgspec.json.encode({"errors": [detail]})))
            return
        middle = len(waiting) // 2
        await self._settle(waiting[:middle])
        await self._settle(waiting[middle:])
