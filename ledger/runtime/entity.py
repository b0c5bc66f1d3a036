"""One aggregate instance in memory, and a command that waits for it."""

import asyncio
from collections import OrderedDict
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
    answer: asyncio.Future[CommandAnswer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def partition(self) -> PartitionId:
        return self.key.partition

    @property
    def aggregate(self) -> AggregateKey:
        return self.key.partition, self.key.aggregate_id

    def reply(self, answer: CommandAnswer) -> None:
        """Answers once; later answers are dropped."""
        if not self.answer.done():
            self.answer.set_result(answer)

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
