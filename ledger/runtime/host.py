"""An aggregate host: the actors of all aggregates of some partitions, without Ray.

Commands come in as lists and are answered when their outcome is durable. The work runs in tasks of the host's own:
a caller that goes away cancels nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome
from ledger.messages.envelope import Envelope, PartitionId, partition_of
from ledger.ports import Head, ResultKey, StoreUnavailable
from ledger.runtime.draft import command_id, request_hash
from ledger.runtime.entity import Countdown, PendingCommand, Reply
from ledger.runtime.family import Family, Malformed, NotYours
from ledger.runtime.lane import RETRY_AFTER_S, Lane
from ledger.runtime.partition_clock import PartitionClock
from ledger.runtime.placement import called_for, furthest, gone_back, holder_of_start, lost_by
from ledger.runtime.snapshotting import Snapshotter
from ledger.runtime.surroundings import HostLimits, Surroundings

_log = logging.getLogger(__name__)

_OVERLOADED = CommandAnswer(Outcome.OVERLOADED, msgspec.json.encode({"retryAfterS": RETRY_AFTER_S}))
HINT_INTERVAL_S = 0.002
"""Hints to followers are gathered for so long, so that a busy host does not send one for every commit."""
PLACEMENT_POLL_S = 0.25
"""How often a host looks whether partitions were moved to it or away; commands for what it does not own wake it."""
PLACEMENT_PAUSE_S = 0.05
"""The least time between two such looks, however many wrong doors are knocked at."""


@dataclass(frozen=True, slots=True)
class HostStats:
    """Figures of the moment, and since the start how many snapshots were written, failed, or had no room to wait."""

    partitions: int
    mailbox_depth: int
    residents: int
    in_flight: int
    snapshots_written: int
    snapshots_failed: int
    snapshots_passed_over: int


class AggregateHost:
    """Owns the partitions whose row names it. `start` once; then `submit` from any task of the same loop."""

    def __init__(self, name: str, around: Surroundings, limits: HostLimits) -> None:
        self._name = name
        self._around = around
        self._limits = limits
        self._lanes: list[Lane] = []
        self._partitions: dict[str, int] = {}
        self._in_flight: dict[ResultKey, PendingCommand] = {}
        self._families = {
            (family.topic, name): family for family in around.families.values() for name in family.commands
        }
        self._snapshotter = Snapshotter(around, limits.snapshot_every_events)
        self._pepper = b""
        self._holder = ""
        self._stopped = False
        self._called: set[PartitionId] = set()
        self._seen: Mapping[PartitionId, Head] = {}
        self._misrouted = asyncio.Event()
        self._committed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Takes the partitions that name this host, once, under a new epoch. Raises `StoreUnavailable`."""
        self._pepper = await self._around.keyring.pepper()
        heads, store_time = await self._around.log.heads(), await self._around.log.time()
        self._holder = holder_of_start(self._name, heads, store_time, self._around.ids.new_id())
        for partition in heads:
            self._partitions[partition.topic] = self._partitions.get(partition.topic, 0) + 1
        owned = await self._around.log.take_ownership(self._name, self._holder)
        times = await self._newest_times(owned)
        for number in range(self._limits.append_lanes):
            mine = {each: head for each, head in owned.items() if self._lane_number(each) == number}
            self._open_lane(mine, times, store_time)
        self._tasks.append(asyncio.create_task(self._send_hints(), name="hints"))
        self._tasks.append(asyncio.create_task(self._follow_placement(), name="placement"))
        self._tasks.append(asyncio.create_task(self._snapshotter.run(), name="snapshots"))
        _log.info("host %s owns %d partitions", self._name, len(owned))

    def _open_lane(
        self, heads: Mapping[PartitionId, Head], times: Mapping[PartitionId, datetime], store_time: datetime
    ) -> None:
        clock = PartitionClock(self._around.clock, times, store_time)
        around, limits = self._around, self._limits
        lane = Lane(self._name, self._holder, around, limits, heads, clock, self._snapshotter, self._committed.set)
        self._lanes.append(lane)
        self._tasks.append(asyncio.create_task(lane.run(), name=f"lane {len(self._lanes)}"))

    def _lane_number(self, partition: PartitionId) -> int:
        return partition.partition % self._limits.append_lanes

    def _owner_of(self, partition: PartitionId) -> Lane | None:
        """The lane of a partition that is ours now; a host that has stopped owns nothing."""
        lane = self._lanes[self._lane_number(partition)] if self._lanes and not self._stopped else None
        return lane if lane is not None and lane.owns(partition) else None

    async def _newest_times(self, owned: Mapping[PartitionId, Head]) -> dict[PartitionId, datetime]:
        before_newest = {partition: head.offset - 1 for partition, head in owned.items() if head.offset}
        newest: Sequence[Envelope] = []
        if before_newest:
            newest = await self._around.log.read_after(before_newest, len(before_newest))
        return {event.partition: event.occurred_at for event in newest}

    async def stop(self) -> None:
        """Stops working; what waits is answered as not executed, and what comes later as fenced."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for lane in self._lanes:
            lane.abandon()
        for command in list(self._in_flight.values()):
            command.reply(CommandAnswer(Outcome.UNKNOWN))

    async def owns_its_partitions(self) -> bool:
        """Whether it owns every partition whose row names it. Raises `StoreUnavailable`."""
        heads = await self._around.log.heads()
        return all(self._owner_of(partition) for partition, head in heads.items() if head.host == self._name)

    def stats(self) -> HostStats:
        owned = sum(lane.partitions_owned for lane in self._lanes)
        depth = sum(lane.mailbox_depth for lane in self._lanes)
        return HostStats(
            partitions=owned,
            mailbox_depth=depth,
            residents=sum(lane.residents for lane in self._lanes),
            in_flight=len(self._in_flight),
            snapshots_written=self._snapshotter.written,
            snapshots_failed=self._snapshotter.failed,
            snapshots_passed_over=self._snapshotter.passed_over,
        )

    async def submit(self, requests: Sequence[CommandRequest]) -> list[CommandAnswer]:
        """The answers, in the order of the requests. Cancelling this call cancels none of the commands."""
        accepted = [self._accept(request) for request in requests]
        if running := [each for each in accepted if isinstance(each, Reply)]:
            await Countdown(running).wait()
        return [each.result() if isinstance(each, Reply) else each for each in accepted]

    def _accept(self, request: CommandRequest) -> CommandAnswer | Reply:
        partition = self._partition_of(request)
        lane = self._owner_of(partition) if partition is not None else None
        if partition is None or lane is None:
            self._misrouted.set()
            return CommandAnswer(Outcome.FENCED)
        family = self._families.get((request.topic, request.name))
        if family is None:
            return _invalid(Malformed(({"code": "invalid_request", "path": "", "detail": "no such command"},)))
        command = family.parse(request)
        if isinstance(command, Malformed):
            return _invalid(command)
        if isinstance(command, NotYours):
            return CommandAnswer(Outcome.FORBIDDEN, msgspec.json.encode({"detail": command.detail}))
        key = ResultKey(partition, request.aggregate_id, request.caller.scope, request.key)
        hashed = request_hash(request.name, command, request.expected_version, self._pepper)
        running = self._in_flight.get(key)
        if running is not None:
            return self._behind(running, request, hashed)
        return self._mail(lane, self._pending(request, family, key, command, hashed))

    def _behind(self, running: PendingCommand, request: CommandRequest, hashed: bytes) -> Reply:
        """Under a key in flight the same request shares the one answer. Another waits for it, too: which of them is
        the conflict is known when one is stored, perhaps since long ago."""
        shared = Reply()
        arrived_at = self._around.clock.monotonic()

        def then(answer: CommandAnswer) -> None:
            stored = answer.outcome in (Outcome.ACCEPTED, Outcome.REFUSED)
            if running.request_hash == hashed:
                shared.give(msgspec.structs.replace(answer, replayed=stored))
            elif stored:
                shared.give(CommandAnswer(Outcome.CONFLICT))
            else:
                # Not from within: whoever gives the answer may be going through the mailbox.
                asyncio.get_running_loop().call_soon(again)

        def again() -> None:
            waited_ms = int((self._around.clock.monotonic() - arrived_at) * 1000)
            later = self._accept(msgspec.structs.replace(request, timeout_ms=request.timeout_ms - waited_ms))
            if isinstance(later, CommandAnswer):
                shared.give(later)
            else:
                later.when_given(shared.give)

        running.answer.when_given(then)
        return shared

    def _partition_of(self, request: CommandRequest) -> PartitionId | None:
        partitions = self._partitions.get(request.topic)
        return None if partitions is None else partition_of(request.topic, request.aggregate_id, partitions)

    def _pending(
        self, request: CommandRequest, family: Family, key: ResultKey, command: object, hashed: bytes
    ) -> PendingCommand:
        identity = command_id((request.topic, request.aggregate_id, key.caller, key.key))
        expires_at = self._around.clock.monotonic() + request.timeout_ms / 1000
        return PendingCommand(request, family, key, command, hashed, identity, expires_at)

    def _mail(self, lane: Lane, command: PendingCommand) -> CommandAnswer | Reply:
        if len(self._in_flight) >= self._limits.host_mailbox_max or not lane.mail(command):
            return _OVERLOADED
        self._in_flight[command.key] = command
        command.answer.when_given(lambda _answer: self._leave(command.key))
        return command.answer

    def _leave(self, key: ResultKey) -> None:
        self._in_flight.pop(key, None)

    async def _follow_placement(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PLACEMENT_POLL_S):
                    await self._misrouted.wait()
            self._misrouted.clear()
            try:
                await self._take_and_lose()
            except StoreUnavailable as error:
                _log.warning("the placement cannot be followed: %s", error)
            except Exception:
                _log.exception("the placement cannot be followed")
            await asyncio.sleep(PLACEMENT_PAUSE_S)

    async def _take_and_lose(self) -> None:
        """Takes what was moved here since the last look, under a new epoch, and forgets what is another's."""
        log, known = self._around.log, furthest(self._seen, *(lane.heads for lane in self._lanes))
        heads = self._seen = await log.heads()
        if older := gone_back(known, heads):
            self._halt(older)
        if self._stopped:
            return
        lost = {each: heads[each] for each in lost_by(self._name, self._holder, heads) if self._owner_of(each)}
        # A call whose answer is lost may have been done: what it asked for is asked for again.
        self._called |= called_for(self._name, self._holder, heads)
        for number, lane in enumerate(self._lanes):
            lane.lose({each: row for each, row in lost.items() if self._lane_number(each) == number})
        if not self._called:
            return
        taken = await log.adopt(self._name, self._holder, self._called)
        times = await self._newest_times(taken)
        self._called.clear()
        for number, lane in enumerate(self._lanes):
            lane.take_over({each: head for each, head in taken.items() if self._lane_number(each) == number}, times)

    def _halt(self, older: Collection[PartitionId]) -> None:
        """What is in memory, keys of persons included, may be of a future that is lost: only a new start may go on."""
        _log.critical(
            "host %s stops: the log is an older one than it was: %s", self._name, ", ".join(map(str, sorted(older)))
        )
        self._stopped = True
        for lane in self._lanes:
            lane.lose_all()

    async def _send_hints(self) -> None:
        while True:
            await self._committed.wait()
            self._committed.clear()
            try:
                await self._around.log.hint()
            except Exception:
                # Followers poll as well: a lost hint costs them a moment, this task's end would cost it for ever.
                _log.exception("a hint could not be sent")
            await asyncio.sleep(HINT_INTERVAL_S)


def _invalid(malformed: Malformed) -> CommandAnswer:
    return CommandAnswer(Outcome.INVALID, msgspec.json.encode({"errors": malformed.errors}))
