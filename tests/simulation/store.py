"""The log as one host sees it: over a network that delays, loses and breaks."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import Append, CommandResult, Head, OutcomeUnknown, ResultKey, StoreUnavailable, Verdict
from ledger.snapshots import Snapshot
from ledger.store.memory_log import MemoryEventLog
from ledger.store.memory_snapshots import MemorySnapshots
from tests.simulation.chance import Chance

PATIENCE_S = 2.0
"""How long a host waits for the store's answer before it gives up."""

Tell = Callable[..., None]


def at_once(deed: Coroutine[Any, Any, Any]) -> Any:
    """What the log in memory answers: none of its methods awaits."""
    try:
        deed.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("the log in memory awaits nothing")


class Line:
    """An `EventLog` for one process. What is on its way to the store arrives also where the process has died since."""

    def __init__(self, log: MemoryEventLog, chance: Chance, name: str, tell: Tell) -> None:
        self._log = log
        self._chance = chance
        self._name = name
        self._tell = tell

    async def append(self, append: Append) -> Verdict:
        return await self._sent("append", lambda: self._log.append(append), self._fate_of_append(append))

    async def results(self, keys: Collection[ResultKey]) -> Mapping[ResultKey, CommandResult]:
        return await self._read("results", lambda: self._log.results(keys))

    async def heads(self) -> Mapping[PartitionId, Head]:
        return await self._read("heads", lambda: self._log.heads())

    async def read_after(self, after: Mapping[PartitionId, int], events_max: int) -> Sequence[Envelope]:
        return await self._read("read_after", lambda: self._log.read_after(after, events_max))

    async def read_aggregates(
        self, partition: PartitionId, after: Mapping[str, int], events_max: int
    ) -> Sequence[Envelope]:
        return await self._read("read_aggregates", lambda: self._log.read_aggregates(partition, after, events_max))

    async def lay_out(self, topics: Iterable[str], partitions: int, hosts: Sequence[str]) -> None:
        await self._read("lay_out", lambda: self._log.lay_out(topics, partitions, hosts))

    async def take_ownership(self, host: str, holder: str) -> Mapping[PartitionId, Head]:
        return await self._bump("take_ownership", lambda: self._log.take_ownership(host, holder))

    async def adopt(self, host: str, holder: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, Head]:
        return await self._bump("adopt", lambda: self._log.adopt(host, holder, partitions))

    async def bump(self, host: str, holder: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, Head]:
        return await self._bump("bump", lambda: self._log.bump(host, holder, partitions))

    async def time(self) -> datetime:
        return await self._read("time", lambda: self._log.time())

    async def hint(self) -> None:
        await self._read("hint", lambda: self._log.hint())

    async def wait_for_hint(self, timeout_s: float) -> None:
        await self._log.wait_for_hint(timeout_s)

    async def ask(self, what: str, deed: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """What may be done and not be answered, without harm."""
        fates = (("read away", "away"), ("bump unanswered", "unanswered"))
        return await self._sent(what, deed, next((fate for name, fate in fates if self._chance.strikes(name)), ""))

    # The network.

    def _fate_of_append(self, append: Append) -> str:
        faults = ("lost before", "lost after", "late", "away", "slow", "strange before", "strange after")
        fate = next((fault for fault in faults if self._chance.strikes(fault)), "")
        self._tell(
            "%s append of %s: %s",
            self._name,
            ", ".join(f"{result.key.aggregate_id}/{result.key.key}" for result in append.results),
            fate or "well",
        )
        return fate

    async def _read(self, what: str, deed: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        return await self._sent(what, deed, "away" if self._chance.strikes("read away") else "")

    async def _bump(self, what: str, deed: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        fate = "away" if self._chance.strikes("read away") else ""
        fate = "unanswered" if self._chance.strikes("bump unanswered") else fate
        answer = await self._sent(what, deed, fate)
        self._tell("%s %s: %s", self._name, what, {str(key): head.epoch for key, head in answer.items()})
        return answer

    async def _sent(self, what: str, deed: Callable[[], Coroutine[Any, Any, Any]], fate: str) -> Any:
        """Goes there, happens, comes back; or does not."""
        loop, chance = asyncio.get_running_loop(), self._chance
        answered: asyncio.Future[Any] = loop.create_future()
        there, back = chance.moment(), chance.moment()
        if fate == "slow":
            there += chance.between(0.0, 4.0)
        if fate == "late":
            there = PATIENCE_S / 2 + chance.between(0.0, 3.0)
        if fate in ("late", "lost after", "unanswered", "strange after"):
            loop.call_later(there, self._lands, what, deed)
        elif fate in ("", "slow"):
            loop.call_later(there, self._arrives, deed, back, answered)
        if fate in ("lost before", "lost after", "late"):
            await asyncio.sleep(chance.between(0.0, PATIENCE_S))
            raise OutcomeUnknown(fate)
        if fate in ("away", "unanswered"):
            await asyncio.sleep(there + back)
            raise StoreUnavailable(f"{what}: {fate}")
        if fate in ("strange before", "strange after"):
            await asyncio.sleep(there + back)
            raise RuntimeError(f"something that no contract names, {fate}")
        return await answered

    def _arrives(
        self, deed: Callable[[], Coroutine[Any, Any, Any]], back: float, answered: asyncio.Future[Any]
    ) -> None:
        loop = asyncio.get_running_loop()
        try:
            told, answer = _settle, at_once(deed())
        except Exception as error:
            told, answer = _fail, error
        if back:
            loop.call_later(back, told, answered, answer)
        else:
            told(answered, answer)

    def _lands(self, what: str, deed: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        try:
            answer: object = at_once(deed())
        except Exception as error:
            answer = error
        self._tell("%s %s lands unheard: %s", self._name, what, type(answer).__name__)


class SnapshotLine:
    """`Snapshots` for one process, over the same network as its log."""

    def __init__(self, snapshots: MemorySnapshots, line: Line) -> None:
        self._snapshots = snapshots
        self._line = line

    async def newest(self, partition: PartitionId, aggregate_ids: Collection[str]) -> Sequence[Snapshot]:
        return await self._line.ask("newest", lambda: self._snapshots.newest(partition, aggregate_ids))

    async def save(self, snapshot: Snapshot) -> None:
        await self._line.ask("save", lambda: self._snapshots.save(snapshot))

    async def discard(self, snapshot: Snapshot) -> None:
        await self._line.ask("discard", lambda: self._snapshots.discard(snapshot))


def _settle(answered: asyncio.Future[Any], answer: Any) -> None:
    if not answered.done():
        answered.set_result(answer)


def _fail(answered: asyncio.Future[Any], error: Exception) -> None:
    if not answered.done():
        answered.set_exception(error)
