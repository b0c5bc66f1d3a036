"""What must be true of the log when a run has come to rest, computed anew with plain sums."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import msgspec

from ledger.messages.envelope import DIGEST_OF_NOTHING, Envelope, PartitionId, chained_digest, position_text
from ledger.ports import CommandResult, Head
from ledger.runtime.partition_clock import CLOCK_AHEAD_MAX
from ledger.store.memory_log import MemoryEventLog
from tests.simulation.book import Book, hold
from tests.support.toy import COUNTER_MAX

_AHEAD_MAX = CLOCK_AHEAD_MAX + timedelta(milliseconds=1)
"""A microsecond may be lost between floats and times."""


def check_log(log: MemoryEventLog, book: Book) -> None:
    """Raises `Violation` with the first promise that the log breaks."""
    for partition, head in log._heads.items():
        _check_chain(partition, head, log._events[partition])
    by_wish = _events_by_wish(log)
    results = {(key.aggregate_id, key.key): result for key, result in log._results.items()}
    for result in results.values():
        _check_result(result, log._events[result.key.partition], book)
    accepted = sum(result.accepted for result in results.values())
    hold(accepted == len(by_wish), "events and accepted results do not match", len(by_wish), accepted)
    _check_nothing_is_lost(book, results)


def _check_chain(partition: PartitionId, head: Head, events: list[Envelope]) -> None:
    """No gap and no fork; epochs and times only go forward; versions count each aggregate's events."""
    digest, epoch, at = DIGEST_OF_NOTHING, 0, None
    versions: dict[str, int] = defaultdict(int)
    for offset, event in enumerate(events, start=1):
        digest = chained_digest(digest, event)
        versions[event.aggregate_id] += 1
        hold(event.offset == offset, "a gap in the offsets", event.position, offset)
        hold(event.digest == digest, "the digests do not chain", event.position)
        hold(event.version == versions[event.aggregate_id], "a gap in the versions", event.position, event.version)
        hold(epoch <= event.epoch, "an epoch goes back", event.position, event.epoch, epoch)
        hold(at is None or at <= event.occurred_at, "time goes back", event.position, at, event.occurred_at)
        assert event.recorded_at is not None
        hold(
            event.occurred_at <= event.recorded_at + _AHEAD_MAX,
            "an event from the future",
            event.position,
            event.occurred_at - event.recorded_at,
        )
        epoch, at = event.epoch, event.occurred_at
    hold((head.offset, head.digest) == (len(events), digest), "the head is not the newest event", partition, head)
    hold(epoch <= head.epoch, "the head's epoch is an old one", partition, head)


def _events_by_wish(log: MemoryEventLog) -> dict[str, Envelope]:
    found: dict[str, Envelope] = {}
    for event in (event for events in log._events.values() for event in events):
        wish = msgspec.json.decode(event.metadata)["correlationId"]
        hold(wish not in found, "one command, two events", wish, event.position)
        found[wish] = event
    return found


def _check_result(result: CommandResult, events: list[Envelope], book: Book) -> None:
    """An answer says what the sum over the log up to its position says."""
    until = [event for event in events[: result.position] if event.aggregate_id == result.key.aggregate_id]
    total = sum(msgspec.json.decode(event.data)["by"] for event in until)
    said: dict[str, Any] = msgspec.json.decode(result.result)
    name = f"{result.key.aggregate_id}/{result.key.key}"
    if result.accepted:
        position = position_text(result.key.partition, result.position)
        hold(bool(until) and until[-1].offset == result.position, "an accepted command without its event", name)
        wish = msgspec.json.decode(until[-1].metadata)["correlationId"]
        hold(wish in [each.id for each in book.wishes[result.key.key]], "another command's event", name, wish)
        expected = {"total": total, "position": position, "version": len(until)}
        hold(said == expected, "the answer is not the sum", name, said, expected)
        return
    by_code: dict[str, object] = {
        "limit_reached": {"total": total},
        "version_conflict": {"version": len(until)},
    }
    hold(by_code.get(said["code"]) == said["facts"], "the refusal is not what the sum says", name, said, total)
    _check_refusal_had_cause(book, result, said["code"], total, len(until))


def _check_refusal_had_cause(book: Book, result: CommandResult, code: str, total: int, version: int) -> None:
    wishes = book.wishes[result.key.key]
    if code == "limit_reached":
        hold(any(total + wish.by > COUNTER_MAX for wish in wishes), "refused without a cause", result)
    else:
        expected = [wish.request.expected_version for wish in wishes]
        hold(any(each not in (None, version) for each in expected), "refused without a cause", result)


def _check_nothing_is_lost(book: Book, results: dict[tuple[str, str], CommandResult]) -> None:
    for key, wishes in book.wishes.items():
        stored = any(wish.request.aggregate_id == aggregate and key == k for aggregate, k in results for wish in wishes)
        hold(stored or key not in book.told, "an acknowledged command is lost", key)
