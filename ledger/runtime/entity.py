"""One aggregate instance in memory, and a command that waits for it."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome
from ledger.messages.envelope import PartitionId, position_text
from ledger.ports import CommandResult, ResultKey
from ledger.runtime.family import Family

AggregateKey = tuple[PartitionId, str]


@dataclass(slots=True, eq=False)
class Entity:
    """An aggregate at rest: an object, not a task. `version` 0 and no state: it does not exist yet.

    `digest` is that of the event of that version. `snapshot_version`: when a snapshot of it was last taken.
    """

    aggregate_type: str = ""
    state: Any = None
    version: int = 0
    digest: bytes = b""
    snapshot_version: int = 0
    used_at: float = 0.0


class Reply:
    """The answer of one command, once there is one: a future without the loop, which a busy host feels."""

    __slots__ = ("_answer", "_then")

    def __init__(self) -> None:
        self._answer: CommandAnswer | None = None
        self._then: list[Callable[[CommandAnswer], None]] = []

    def done(self) -> bool:
        return self._answer is not None

    def result(self) -> CommandAnswer:
        assert self._answer is not None, "it is asked for only when it is there"
        return self._answer

    def give(self, answer: CommandAnswer) -> None:
        """Once; later answers are dropped. Whoever waits is told at once, and must not mail commands meanwhile."""
        if self._answer is not None:
            return
        self._answer = answer
        for then in self._then:
            then(answer)
        self._then.clear()

    def when_given(self, then: Callable[[CommandAnswer], None]) -> None:
        """At once where it is there already."""
        if self._answer is None:
            self._then.append(then)
        else:
            then(self._answer)


class Countdown:
    """Waits until all of some replies are given."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self._left = len(replies)
        self._zero = asyncio.get_running_loop().create_future()
        for reply in replies:
            reply.when_given(self._one_less)

    def _one_less(self, _answer: CommandAnswer) -> None:
        self._left -= 1
        # Who waited may have gone, and its future with it.
        if not self._left and not self._zero.done():
            self._zero.set_result(None)

    async def wait(self) -> None:
        await self._zero


@dataclass(slots=True, eq=False)
class PendingCommand:
    """A command in a host, from its arrival to its answer."""

    request: CommandRequest
    family: Family
    key: ResultKey
    command: Any
    request_hash: bytes
    command_id: str
    expires_at: float
    answer: Reply = field(default_factory=Reply)

    @property
    def partition(self) -> PartitionId:
        return self.key.partition

    @property
    def aggregate(self) -> AggregateKey:
        return self.key.partition, self.key.aggregate_id

    def reply(self, answer: CommandAnswer) -> None:
        """Answers once; later answers are dropped."""
        self.answer.give(answer)

    def reply_stored(self, stored: CommandResult) -> None:
        """Answers with what was stored under the key, or with a conflict where the request was another."""
        if stored.request_hash != self.request_hash:
            self.reply(CommandAnswer(Outcome.CONFLICT))
        else:
            self.reply(answer_of(stored, replayed=True))


def answer_of(stored: CommandResult, *, replayed: bool) -> CommandAnswer:
    """The answer that a stored result stands for."""
    outcome = Outcome.ACCEPTED if stored.accepted else Outcome.REFUSED
    return CommandAnswer(outcome, stored.result, position_text(stored.key.partition, stored.position), replayed)


def idle(entities: "OrderedDict[AggregateKey, Entity]", idle_since: float, resident_max: int) -> list[AggregateKey]:
    """Whom to passivate: the longest unused first, all beyond `resident_max` and all unused since `idle_since`.

    `entities` must stand in the order of their last use.
    """
    surplus = len(entities) - resident_max
    leaving = []
    for count, (key, entity) in enumerate(entities.items()):
        if count >= surplus and entity.used_at > idle_since:
            break
        leaving.append(key)
    return leaving
