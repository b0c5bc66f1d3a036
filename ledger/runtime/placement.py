"""What the placement says to one start of a host: which partitions are its own to take, and which it has lost."""

from collections.abc import Mapping
from datetime import UTC, datetime

from ledger.messages.envelope import PartitionId
from ledger.ports import Head

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = 20


def holder_of_start(host: str, heads: Mapping[PartitionId, Head], store_time: datetime, unique: str) -> str:
    """The name of a start: it sorts after those of all earlier starts of the host.

    By the store's clock, which all starts share; and past every start that holds a partition, in case it went back.
    """
    microseconds = int((store_time - _EPOCH).total_seconds() * 1_000_000)
    known = [_number_of(head.holder) + 1 for head in heads.values() if head.host == host]
    return f"{max([microseconds, *known]):0{_DIGITS}d} {unique}"


def _number_of(holder: str) -> int:
    digits = holder[:_DIGITS]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def called_for(host: str, holder: str, heads: Mapping[PartitionId, Head]) -> set[PartitionId]:
    """What an operator has moved here: rows that name the host, held by nobody or by an earlier start of it.

    What a later start of the same name has taken is never taken back: this one is the past.
    """
    return {partition for partition, head in heads.items() if head.host == host and head.holder < holder}


def furthest(*pictures: Mapping[PartitionId, Head]) -> dict[PartitionId, Head]:
    """Of each partition the head that is furthest on."""
    found: dict[PartitionId, Head] = {}
    for picture in pictures:
        for partition, head in picture.items():
            known = found.get(partition, head)
            found[partition] = max(known, head, key=lambda each: (each.epoch, each.offset))
    return found


def gone_back(known: Mapping[PartitionId, Head], heads: Mapping[PartitionId, Head]) -> set[PartitionId]:
    """Where the log is not the one that was known before `heads` were read, but a restored older one.

    Epochs and offsets never fall, and the event at an offset never changes.
    """
    both = {partition: (known[partition], head) for partition, head in heads.items() if partition in known}
    return {
        partition
        for partition, (before, now) in both.items()
        if now.epoch < before.epoch
        or now.offset < before.offset
        or (now.offset == before.offset and now.digest != before.digest)
    }


def lost_by(host: str, holder: str, heads: Mapping[PartitionId, Head]) -> set[PartitionId]:
    """What is another's, whatever this start believes."""
    return {partition for partition, head in heads.items() if (head.host, head.holder) != (host, holder)}
