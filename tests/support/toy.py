"""A toy family of aggregates: a counter. It shows that the runtime knows nothing of the business."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ledger.domain.kinds import Erased, Event, Refusal, Unchanged, personal
from ledger.messages.codec import EventCodec
from ledger.messages.commands import Caller, CommandRequest, Trace
from ledger.messages.snapshots import StateCodec
from ledger.runtime.family import Answered, Malformed, Moment


@dataclass(frozen=True, slots=True)
class Counted(Event):
    by: int
    who: str
    note: str | Erased = personal(of="who")


@dataclass(frozen=True, slots=True)
class LimitReached(Refusal):
    total: int


@dataclass(frozen=True, slots=True)
class Add:
    by: int
    note: str = ""


COUNTER_MAX = 1_000_000


class CounterFamily:
    """State: the total. `add` refuses beyond the maximum, and breaks on 13, as a decider with a bug would."""

    topic = "medcard"
    aggregate_type = "counter"
    codec = EventCodec([Counted])
    states = StateCodec(int)

    @property
    def commands(self) -> Collection[str]:
        return ("add",)

    def parse(self, request: CommandRequest) -> Any:
        try:
            return msgspec.json.decode(request.body, type=Add)
        except msgspec.MsgspecError as error:
            return Malformed(({"code": "invalid_request", "path": "", "detail": str(error)},))

    def decide(self, state: Any, command: Add, moment: Moment) -> Event | Refusal | Unchanged:
        if command.by == 13:
            raise AssertionError("a bug in a decider")
        total = (state or 0) + command.by
        if total > COUNTER_MAX:
            return LimitReached(state or 0)
        return Counted(command.by, moment.request.caller.principal, command.note)

    def hides(self, state: Any, command: Add, request: CommandRequest) -> bool:
        return False

    def facts(self, state: Any, command: Add, refusal: Refusal) -> Mapping[str, Any]:
        return dict(msgspec.to_builtins(refusal))

    def evolve(self, state: Any, event: Any) -> int:
        return (state or 0) + event.by

    def refuse_foreign(self, command: Any) -> Refusal:
        return LimitReached(0)

    def reply(self, state: Any, command: Any, outcome: Event | Unchanged, answered: Answered) -> bytes:
        return msgspec.json.encode({"total": state, "position": answered.position, "version": answered.version})


def add(
    aggregate_id: str, by: int, key: str, *, note: str = "", timeout_ms: int = 5_000, version: int | None = None
) -> CommandRequest:
    """A command to a counter."""
    return CommandRequest(
        topic="medcard",
        aggregate_id=aggregate_id,
        caller=Caller("tester", "ADMIN"),
        key=key,
        name="add",
        body=msgspec.json.encode({"by": by, "note": note}),
        timeout_ms=timeout_ms,
        trace=Trace("rest", "corr-1"),
        expected_version=version,
    )
