"""The heads of the log, printed to be kept elsewhere: whoever has the print can tell whether the log was rewritten."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.audit.findings import Report
from ledger.following import LogReader
from ledger.messages.envelope import PartitionId, parse_positions, position_text, time_text

_LINE = re.compile(r"(\S+) ([0-9a-f]{64}) epoch (\d{1,18}) (\S+)")
_TOTAL = re.compile(r"all ([0-9a-f]{64})")


class UnreadableHeads(Exception):
    """This is no print of heads, or it was altered."""


@dataclass(frozen=True, slots=True)
class KeptHead:
    """What a partition's head was."""

    partition: PartitionId
    offset: int
    digest: str
    epoch: int

    @property
    def position(self) -> str:
        return position_text(self.partition, self.offset)


async def print_heads(log: LogReader, at: datetime) -> str:
    """A line for each partition (position, digest, epoch, time of the newest event), and a digest over these lines.

    The digest of a head covers all events up to it. Raises `StoreUnavailable`.
    """
    lines = []
    for partition, head in sorted((await log.heads()).items()):
        newest = await log.read_after({partition: head.offset - 1}, 1) if head.offset else ()
        recorded_at = newest[0].recorded_at if newest else None
        when = "-" if recorded_at is None else time_text(recorded_at)
        lines.append(f"{position_text(partition, head.offset)} {head.digest.hex()} epoch {head.epoch} {when}")
    return "\n".join([f"# heads of the log at {time_text(at)}", *lines, f"all {_over(lines)}"]) + "\n"


def parse_heads(text: str) -> Sequence[KeptHead]:
    """Of a print. Raises `UnreadableHeads`."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    total = _TOTAL.fullmatch(lines[-1]) if lines else None
    if total is None:
        raise UnreadableHeads("the last line is not the digest over all")
    if total[1] != _over(lines[:-1]):
        raise UnreadableHeads("the digest over all is not that of the lines: the print was altered")
    return [_kept(line) for line in lines[:-1]]


async def audit_kept(log: LogReader, kept: Sequence[KeptHead], report: Report) -> None:
    """Whether the log still has every kept head, and with it all that came before. Raises `StoreUnavailable`."""
    heads = await log.heads()
    for each in kept:
        report.looked_at("kept_heads")
        head = heads.get(each.partition)
        if head is None or head.offset < each.offset:
            ends = "is not there" if head is None else f"ends at {head.offset}"
            report.found(
                "kept_heads", each.position, f"was there when the heads were printed; the partition {ends} now"
            )
        elif each.offset:
            await _compare(log, each, report)


async def _compare(log: LogReader, kept: KeptHead, report: Report) -> None:
    found = await log.read_after({kept.partition: kept.offset - 1}, 1)
    if not found or found[0].offset != kept.offset or found[0].digest.hex() != kept.digest:
        report.found("kept_heads", kept.position, "is another event than when the heads were printed")


def _kept(line: str) -> KeptHead:
    match = _LINE.fullmatch(line)
    positions = None if match is None else parse_positions(match[1])
    if match is None or positions is None or len(positions) != 1:
        raise UnreadableHeads(f"this is no head: {line[:100]}")
    [(partition, offset)] = positions.items()
    return KeptHead(partition, offset, match[2], int(match[3]))


def _over(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
