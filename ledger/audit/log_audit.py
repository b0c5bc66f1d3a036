"""The log against itself: offsets, epochs and digests from the first event to the head. Versions are left to SQL."""

from dataclasses import dataclass

from ledger.audit.findings import Progress, Report
from ledger.following import LogReader, read_ahead
from ledger.messages.envelope import DIGEST_OF_NOTHING, Envelope, PartitionId, chained_digest
from ledger.ports import Head

PAGE_EVENTS = 2_000


@dataclass(slots=True)
class _Walk:
    offset: int = 0
    digest: bytes = DIGEST_OF_NOTHING
    epoch: int = 0


async def audit_log(log: LogReader, report: Report, progress: Progress) -> None:
    """Walks every partition to the head that it has when its turn comes; a page in memory, whatever there is.

    Raises `StoreUnavailable`.
    """
    for partition in sorted(await log.heads()):
        head = (await log.heads())[partition]
        walk = _Walk()
        async for page in read_ahead(log, partition, 0, head.offset, PAGE_EVENTS):
            for event in page:
                _step(walk, event, report)
            progress(f"{partition}: {walk.offset:,} of {head.offset:,} events")
        if walk.offset < head.offset:
            report.found("offsets", str(partition), f"ends after {walk.offset}, its head says {head.offset}")
        _compare_with_head(partition, walk, head, report)


def _step(walk: _Walk, event: Envelope, report: Report) -> None:
    report.looked_at("events")
    if event.offset != walk.offset + 1:
        report.found("offsets", event.position, f"comes after offset {walk.offset}")
    if event.epoch < walk.epoch:
        report.found("epochs", event.position, f"epoch {event.epoch} after epoch {walk.epoch}")
    if chained_digest(walk.digest, event) != event.digest:
        report.found("digests", event.position, "was changed, or an event before it is missing")
    walk.offset, walk.digest, walk.epoch = event.offset, event.digest, event.epoch


def _compare_with_head(partition: PartitionId, walk: _Walk, head: Head, report: Report) -> None:
    report.looked_at("heads")
    if (walk.offset, walk.digest) != (head.offset, head.digest):
        report.found("heads", str(partition), "the head is not the digest of the last event")
