"""Bugs put in on purpose: a simulation that does not find them proves nothing."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from ledger.messages.commands import CommandAnswer, CommandRequest
from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import StoreUnavailable
from ledger.runtime.draft import Draft
from ledger.runtime.entity import Countdown, Entity, PendingCommand, Reply, answer_of
from ledger.runtime.host import AggregateHost
from ledger.runtime.lane import Lane
from ledger.runtime.partition_clock import PartitionClock
from ledger.runtime.replay import Replay
from ledger.runtime.residents import Residents
from ledger.snapshots import Snapshot


@contextmanager
def _instead(owner: type, name: str, bugged: Callable[..., Any]) -> Iterator[None]:
    right = getattr(owner, name)
    setattr(owner, name, bugged)
    try:
        yield
    finally:
        setattr(owner, name, right)


def answers_before_the_commit() -> AbstractContextManager[None]:
    right = Draft.numbered

    def numbered(self: Draft, *given: Any) -> Any:
        append = right(self, *given)
        for member, result in zip(self._members, self._results, strict=True):
            member.command.reply(answer_of(result, replayed=False))
        return append

    return _instead(Draft, "numbered", numbered)


def forgets_to_look_the_keys_up() -> AbstractContextManager[None]:
    """After an unknown outcome; the log itself would still refuse the second result under a key."""

    async def find_out(self: Lane, commands: Sequence[PendingCommand]) -> list[PendingCommand]:
        partitions = {command.partition for command in commands}
        self._residents.forget(partitions)
        while True:
            try:
                bumped = await self._around.log.bump(self._host, self._holder, partitions)
            except StoreUnavailable:
                await asyncio.sleep(0.2)
                continue
            self._heads.update(bumped)
            self._drop_lost(partitions - bumped.keys())
            return list(commands)

    return _instead(Lane, "_find_out", find_out)


def looks_the_keys_up_without_a_new_epoch() -> AbstractContextManager[None]:
    """So that the append whose outcome is unknown may still land."""

    async def find_out(self: Lane, commands: Sequence[PendingCommand]) -> list[PendingCommand]:
        partitions = {command.partition for command in commands}
        self._residents.forget(partitions)
        while True:
            try:
                heads = await self._around.log.heads()
                stored = await self._around.log.results([command.key for command in commands])
                break
            except StoreUnavailable:
                await asyncio.sleep(0.2)
        self._heads.update({partition: heads[partition] for partition in partitions & self._heads.keys()})
        for command in commands:
            if command.key in stored:
                command.reply_stored(stored[command.key])
        return list(commands)

    return _instead(Lane, "_find_out", find_out)


def trusts_its_residents_after_an_unknown_outcome() -> AbstractContextManager[None]:
    def forget(self: Residents, partitions: Collection[PartitionId]) -> None:
        return None

    return _instead(Residents, "forget", forget)


def runs_a_key_in_flight_twice() -> AbstractContextManager[None]:
    class Forgetful(dict[Any, Any]):
        def get(self, *_key: Any) -> Any:
            return None

    right = AggregateHost.__init__

    def init(self: AggregateHost, *given: Any) -> None:
        right(self, *given)
        self._in_flight = Forgetful()

    return _instead(AggregateHost, "__init__", init)


def lets_a_caller_that_goes_away_take_its_commands_along() -> AbstractContextManager[None]:
    async def submit(self: AggregateHost, requests: Sequence[CommandRequest]) -> list[CommandAnswer]:
        accepted = [self._accept(request) for request in requests]
        waiting = [each for each in accepted if isinstance(each, Reply)]
        try:
            if waiting:
                await Countdown(waiting).wait()
        except asyncio.CancelledError:
            # As it is where the work runs in the caller's own task.
            for task in self._tasks:
                if task.get_name().startswith("lane"):
                    task.cancel()
            raise
        return [each.result() if isinstance(each, Reply) else each for each in accepted]

    return _instead(AggregateHost, "submit", submit)


def lets_time_go_back() -> AbstractContextManager[None]:
    def stamp(self: PartitionClock, partitions: Collection[PartitionId]) -> Mapping[PartitionId, datetime]:
        return dict.fromkeys(partitions, self._clock.now())

    return _instead(PartitionClock, "stamp", stamp)


def stops_a_lane_at_the_first_surprise() -> AbstractContextManager[None]:
    return _instead(Lane, "_settle_loudly", Lane._settle)


def stays_the_owner_when_it_is_fenced() -> AbstractContextManager[None]:
    """Loads the heads of its new owner, epoch and all, and goes on beside it."""

    def drop(self: Lane, partitions: Collection[PartitionId]) -> None:
        self._residents.forget(partitions)
        heads = self._around.log._log._heads
        self._heads.update({partition: heads[partition] for partition in partitions})

    return _instead(Lane, "_drop", drop)


@contextmanager
def keeps_what_is_not_committed_and_believes_it() -> Iterator[None]:
    """Either alone does no harm: a snapshot of what was never committed stands on an event that the log has not."""
    append, begin_from = Lane._append, Replay._begin_from

    async def append_and_keep(self: Lane, draft: Draft) -> list[PendingCommand]:
        for aggregate, pending in draft._pending.items():
            entity = Entity(pending.aggregate_type, pending.state, pending.version, b"no event's")
            self._residents._snapshotter.offer(aggregate, entity)
        return await append(self, draft)

    async def believe(self: Replay, snapshot: Snapshot, event: Envelope) -> None:
        await begin_from(self, replace(snapshot, digest=event.digest), event)

    with _instead(Lane, "_append", append_and_keep), _instead(Replay, "_begin_from", believe):
        yield


BUGS: Mapping[str, Callable[[], AbstractContextManager[None]]] = {
    bug.__name__: bug
    for bug in (
        answers_before_the_commit,
        forgets_to_look_the_keys_up,
        looks_the_keys_up_without_a_new_epoch,
        trusts_its_residents_after_an_unknown_outcome,
        runs_a_key_in_flight_twice,
        lets_a_caller_that_goes_away_take_its_commands_along,
        lets_time_go_back,
        stops_a_lane_at_the_first_surprise,
        stays_the_owner_when_it_is_fenced,
        keeps_what_is_not_committed_and_believes_it,
    )
}
