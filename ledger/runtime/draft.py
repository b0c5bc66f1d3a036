"""A batch on its way to the log: decided on pending state, then numbered and chained into one append."""

import dataclasses
import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from ledger.domain.kinds import Event, Refusal, Unchanged
from ledger.messages.commands import CommandAnswer, Outcome
from ledger.messages.envelope import Envelope, PartitionId, canonical_json, chained_digest, position_text
from ledger.messages.sealing import DataKeys
from ledger.ports import Append, CommandResult, Head, HeadMove
from ledger.runtime.entity import AggregateKey, Entity, PendingCommand, answer_of
from ledger.runtime.family import Answered, Moment, refusal_code

_log = logging.getLogger(__name__)
_NO_DIGEST = b""
_PLAIN = frozenset((str, int, bool, date, datetime, type(None)))
_defaults: dict[type, tuple[tuple[str, Any], ...] | None] = {}
_sorted_json = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class VersionConflict(Refusal):
    """The aggregate has another version than the caller expected."""

    version: int


class MemberFailed(Exception):
    """An event cannot be stored or an answer not be written: our bug, and this command's alone."""

    def __init__(self, command: PendingCommand) -> None:
        super().__init__(command.request.name)
        self.command = command


@dataclass(slots=True)
class _Pending:
    """An aggregate as this batch would leave it."""

    aggregate_type: str
    state: Any
    version: int


_NOTHING = _Pending("", None, 0)


@dataclass(frozen=True, slots=True)
class _Member:
    command: PendingCommand
    outcome: Event | Refusal | Unchanged
    at: datetime
    state: Any
    version: int


class Draft:
    """Decides commands one after the other; nothing of it is visible to anybody before `apply`."""

    def __init__(self, entities: Mapping[AggregateKey, Entity], times: Mapping[PartitionId, datetime]) -> None:
        """`times`: what the host's clock says now in each partition; events of a batch share it."""
        self._entities = entities
        self._times = times
        self._pending: dict[AggregateKey, _Pending] = {}
        self._members: list[_Member] = []
        self._results: list[CommandResult] = []
        self._digests: dict[AggregateKey, bytes] = {}

    @property
    def commands(self) -> list[PendingCommand]:
        return [member.command for member in self._members]

    @property
    def changed(self) -> Collection[AggregateKey]:
        """The aggregates that this batch moves on."""
        return self._pending.keys()

    @property
    def persons(self) -> set[str]:
        """Whose keys are needed to seal the events of this batch."""
        found: set[str] = set()
        for member in self._members:
            if isinstance(member.outcome, Event):
                found |= member.command.family.codec.persons(member.outcome)
        return found

    def decide(self, command: PendingCommand) -> None:
        """Adds a command with its outcome. A failure of the decider is our bug: it answers that command alone."""
        try:
            self._decide(command)
        except Exception:
            _log.exception("the decider failed", extra={"command": command.request.name})
            command.reply(CommandAnswer(Outcome.INTERNAL))

    def _decide(self, command: PendingCommand) -> None:
        request, family = command.request, command.family
        before = self._pending.get(command.aggregate) or self._resident(command.aggregate)
        own_kind = before.aggregate_type == family.aggregate_type
        if before.version and own_kind and family.hides(before.state, command.command, request):
            before = _NOTHING
        at = self._times[command.partition]
        outcome: Event | Refusal | Unchanged
        if request.expected_version is not None and request.expected_version != before.version:
            outcome = VersionConflict(before.version)
        elif before.version and not own_kind:
            outcome = family.refuse_foreign(command.command)
        else:
            outcome = family.decide(before.state, command.command, Moment(at, command.command_id, request))
        assert before is not _NOTHING or not isinstance(outcome, Event), "what is hidden can only be refused"
        state, version = before.state, before.version
        if isinstance(outcome, Event):
            state, version = family.evolve(state, outcome), version + 1
            self._pending[command.aggregate] = _Pending(family.aggregate_type, state, version)
        self._members.append(_Member(command, outcome, at, state, version))

    def _resident(self, aggregate: AggregateKey) -> _Pending:
        entity = self._entities[aggregate]
        return _Pending(entity.aggregate_type, entity.state, entity.version)

    def numbered(self, heads: Mapping[PartitionId, Head], keys: DataKeys, nonce: Callable[[int], bytes]) -> Append:
        """The append: events numbered from the heads and chained, one result for every command.

        Raises `MemberFailed`; the others can be decided again without it.
        """
        ends = {member.command.partition: heads[member.command.partition] for member in self._members}
        events: list[Envelope] = []
        self._results = []
        for member in self._members:
            try:
                self._number(member, ends, events, keys, nonce)
            except Exception as error:
                raise MemberFailed(member.command) from error
        moves = [
            HeadMove(partition, heads[partition].epoch, heads[partition].offset, end.offset, end.digest)
            for partition, end in sorted(ends.items())
        ]
        return Append(moves, self._results, events)

    def _number(
        self,
        member: _Member,
        ends: dict[PartitionId, Head],
        events: list[Envelope],
        keys: DataKeys,
        nonce: Callable[[int], bytes],
    ) -> None:
        partition = member.command.partition
        if isinstance(member.outcome, Event):
            event = _envelope_of(member, member.outcome, ends[partition], keys, nonce)
            ends[partition] = ends[partition].moved_to(event.offset, event.digest)
            self._digests[member.command.aggregate] = event.digest
            events.append(event)
        self._results.append(_result_of(member, ends[partition].offset))

    def apply(self, entities: Mapping[AggregateKey, Entity]) -> None:
        """After the commit: the pending states become the states, and every caller is answered."""
        for aggregate, pending in self._pending.items():
            entity = entities[aggregate]
            entity.aggregate_type, entity.state, entity.version = pending.aggregate_type, pending.state, pending.version
            entity.digest = self._digests[aggregate]
        for member, result in zip(self._members, self._results, strict=True):
            member.command.reply(answer_of(result, replayed=False))


def _envelope_of(member: _Member, event: Event, head: Head, keys: DataKeys, nonce: Callable[[int], bytes]) -> Envelope:
    command = member.command
    stored = command.family.codec.encode(command.key.aggregate_id, event, keys, nonce)
    envelope = Envelope(
        partition=command.partition,
        offset=head.offset + 1,
        aggregate_type=command.family.aggregate_type,
        aggregate_id=command.key.aggregate_id,
        version=member.version,
        type=stored.type,
        schema_version=stored.schema_version,
        data=stored.data,
        metadata=_metadata_of(command),
        epoch=head.epoch,
        occurred_at=member.at,
        digest=_NO_DIGEST,
    )
    return msgspec.structs.replace(envelope, digest=chained_digest(head.digest, envelope))


def _metadata_of(command: PendingCommand) -> bytes:
    caller, trace = command.request.caller, command.request.trace
    who = {
        "principal": caller.principal,
        "role": caller.role,
        "terminal": caller.terminal_id,
        "correlationId": trace.correlation_id,
        "causationId": trace.causation_id,
        "traceId": trace.trace_id,
        "source": trace.source,
    }
    return canonical_json({name: text for name, text in who.items() if text is not None})


def _result_of(member: _Member, position: int) -> CommandResult:
    command, outcome = member.command, member.outcome
    if isinstance(outcome, Refusal):
        facts = _facts_of(member, outcome)
        body = msgspec.json.encode({"code": refusal_code(outcome), "facts": facts})
    else:
        answered = Answered(command.key.aggregate_id, position_text(command.partition, position), member.version)
        body = command.family.reply(member.state, command.command, outcome, answered)
    return CommandResult(command.key, command.request_hash, not isinstance(outcome, Refusal), body, position)


def _facts_of(member: _Member, refusal: Refusal) -> Mapping[str, Any]:
    if isinstance(refusal, VersionConflict):
        return {"version": refusal.version}
    return member.command.family.facts(member.state, member.command.command, refusal)


def request_hash(name: str, command: Any, expected_version: int | None, pepper: bytes) -> bytes:
    """Of the parsed, normalised fields that the client sent, without time; keyed, so that it gives nothing away.

    What has its default counts as not sent: a field that a later release adds leaves the hashes of old requests alone.
    """
    fields = _sorted_json.encode((name, _sent(command), expected_version))
    return hashlib.blake2b(fields, digest_size=16, key=pepper).digest()


def _sent(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, tuple):
        return [_sent(part) for part in value]
    kind = type(value)
    if kind not in _defaults:
        _defaults[kind] = _defaults_of(kind)
    defaults = _defaults[kind]
    if defaults is None:
        return value
    sent = {}
    for name, default in defaults:
        given = getattr(value, name)
        if given is not default and given != default:
            sent[name] = given if type(given) in _PLAIN else _sent(given)
    return sent


def _defaults_of(kind: type) -> tuple[tuple[str, Any], ...] | None:
    """The fields of a dataclass; None of another class."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple((field.name, field.default) for field in dataclasses.fields(kind))


def command_id(key: Iterable[str]) -> str:
    """The identity of a command, the same for every try of it: a digest of what its key is scoped to."""
    return hashlib.blake2b("\0".join(key).encode(), digest_size=15).hexdigest()
