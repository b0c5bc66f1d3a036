"""What callers asked for and were told, written down as it happens and held against the log at once."""

from collections import Counter
from dataclasses import dataclass

from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome
from ledger.messages.envelope import partition_of, position_text
from ledger.ports import CommandResult, ResultKey
from ledger.runtime.draft import request_hash
from ledger.store.memory_log import MemoryEventLog
from tests.simulation.chance import Chance
from tests.support.toy import Add

_EXECUTED = (Outcome.ACCEPTED, Outcome.REFUSED)
FINAL = (*_EXECUTED, Outcome.CONFLICT, Outcome.INVALID, Outcome.INTERNAL)
"""What a caller does not ask again about."""


class Violation(AssertionError):
    """A promise of the runtime was broken."""


def hold(promise: bool, broken: str, *figures: object) -> None:
    if not promise:
        raise Violation(f"{broken}: " + ", ".join(map(str, figures)))


@dataclass(frozen=True, eq=False)
class Wish:
    """A command as its caller means it. The correlation id tells its events from those of another under the key."""

    request: CommandRequest
    by: int

    @property
    def key(self) -> str:
        return self.request.key

    @property
    def id(self) -> str:
        return self.request.trace.correlation_id


class Book:
    """The callers' own record of a run."""

    def __init__(self, log: MemoryEventLog, partitions: int, chance: Chance, pepper: bytes) -> None:
        self._log = log
        self._partitions = partitions
        self._chance = chance
        self._pepper = pepper
        self.wishes: dict[str, list[Wish]] = {}
        self.told: dict[str, CommandAnswer] = {}
        self.doubtful: Counter[str] = Counter()

    def add(self, wish: Wish) -> None:
        self.wishes.setdefault(wish.key, []).append(wish)

    def result_key(self, wish: Wish) -> ResultKey:
        request = wish.request
        partition = partition_of(request.topic, request.aggregate_id, self._partitions)
        return ResultKey(partition, request.aggregate_id, request.caller.scope, request.key)

    def stored(self, wish: Wish) -> CommandResult | None:
        return self._log._results.get(self.result_key(wish))

    def _hash_of(self, wish: Wish) -> bytes:
        return request_hash("add", Add(wish.by), wish.request.expected_version, self._pepper)

    def sent(self, wish: Wish) -> None:
        """From now on it may be executed, whatever becomes of the caller."""
        self.doubtful[wish.key] += 1

    def heard(self, wish: Wish, answer: CommandAnswer) -> None:
        """A host has answered: what it says must be true in the log already."""
        if answer.outcome in _EXECUTED:
            self._holds_in_the_log(wish, answer)
        elif answer.outcome is not Outcome.UNKNOWN:
            self.doubtful[wish.key] -= 1
            self._was_not_executed(wish)
        match answer.outcome:
            case Outcome.CONFLICT:
                stored = self.stored(wish)
                other = stored is not None and stored.request_hash != self._hash_of(wish)
                hold(other, "a conflict with nothing", wish.id, stored)
            case Outcome.INVALID:
                hold("\0" in wish.key, "good data called invalid", wish.id, answer.body)
            case Outcome.INTERNAL:
                hold(wish.by == 13 or self._chance.strange, "a failure of ours without a cause", wish.id)
            case Outcome.FORBIDDEN:
                raise Violation("nothing is forbidden here")

    def _was_not_executed(self, wish: Wish) -> None:
        if not self.doubtful[wish.key] and wish.key not in self.told:
            hold(self.stored(wish) is None, "told to be not executed, and was", wish.id)

    def look_for_the_undead(self) -> None:
        """Nothing lands after all its callers were told that it was not executed."""
        for wishes in self.wishes.values():
            self._was_not_executed(wishes[0])

    def _holds_in_the_log(self, wish: Wish, answer: CommandAnswer) -> None:
        stored = self.stored(wish)
        hold(stored is not None, "answered, but not in the log", wish.id, answer)
        assert stored is not None
        hold(
            (answer.outcome is Outcome.ACCEPTED, answer.body) == (stored.accepted, stored.result),
            "the answer is not the stored one",
            wish.id,
            answer,
            stored,
        )
        hold(answer.position == position_text(stored.key.partition, stored.position), "another position", wish.id)
        first = self.told.get(wish.key)
        if first is None or not answer.replayed:
            hold(first is None or first.replayed, "two answers call themselves the first", wish.id)
            self.told[wish.key] = answer
