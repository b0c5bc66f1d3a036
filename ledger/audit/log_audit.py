"""The log against itself: offsets, versions, epochs and digests from the first event to the head."""

from dataclasses import dataclass, field

from ledger.audit.findings import Progress, Report
from ledger.messages.envelope import DIGEST_OF_NOTHING, Envelope, PartitionId, chained_digest
from ledger.ports import EventLog, Head

PAGE_EVENTS = 5_000


@dataclass(slots=True)
class _Walk:
    offset: int = 0
    digest: bytes = DIGEST_OF_NOTHING
    epoch: int = 0
    versions: dict[str, int] = field(default_factory=dict)


async def audit_log(log: EventLog, report: Report, progress: Progress) -> None:
    """Walks every partition to the head that it has when its turn comes. Raises `StoreUnavailable`."""
    for partition in sorted(await log.heads()):
        head = (await log.heads())[partition]
        walk = _Walk()
        while walk.offset < head.offset:
            page = await log.read_after({partition: walk.offset}, min(PAGE_EVENTS, head.offset - walk.offset))
            if not page:
                report.found("offsets", str(partition), f"ends after {walk.offset}, its head says {head.offset}")
                break
            for event in page:
                _step(walk, event, report)
            progress(f"{partition}: {walk.offset:,} of {head.offset:,} events")
        _compare_with_head(partition, walk, head, report)


def _step(walk: _Walk, event: Envelope, report: Report) -> None:
    report.looked_at("events")
    if event.offset != walk.offset + 1:
        report.found("offsets", event.position, f"comes after offset {walk.offset}")
    if event.epoch < walk.epoch:
        report.found("epochs", event.position, f"epoch {event.epoch} after epoch {walk.epoch}")
    expected = walk.versions.get(event.aggregate_id, 0) + 1
    if event.version != expected:
        report.found("versions", event.position, f"version {event.version} of {event.aggregate_id}, not {expected}")
    if chained_digest(walk.digest, event) != event.digest:
        report.found("digests", event.position, "was changed, or an event before it is missing")
    walk.offset, walk.digest, walk.epoch = event.offset, event.digest, event.epoch
    walk.versions[event.aggregate_id] = event.version


def _compare_with_head(partition: PartitionId, walk: _Walk, head: Head, report: Report) -> None:
    report.looked_at("heads")
    if (walk.offset, walk.digest) != (head.offset, head.digest):
        report.found("heads", str(partition), "the head is not the digest of the last event")
