"""What a follower accepts as the log that it has followed so far."""

from collections.abc import Sequence

import msgspec
import pytest

from ledger.messages.envelope import Envelope, PartitionId, chained_digest
from ledger.ports import Checkpoint, Head
from projections.chain import Chain, GapInFeed, LogForked
from tests.support.feeds import ListFeed, story
from tests.support.medcard_log import MedCardLog, claimed, created

FIRST = PartitionId("medcard", 0)


def history(card: str, events: int = 6) -> list[Envelope]:
    log = MedCardLog()
    return [log.put(card, created()), *(log.put(card, claimed(f"c{number}")) for number in range(1, events))]


def rechained(events: Sequence[Envelope], epochs: Sequence[int]) -> list[Envelope]:
    """The same events under other epochs, as owners would have written them."""
    written: list[Envelope] = []
    for event, epoch in zip(events, epochs, strict=True):
        before = written[-1].digest if written else bytes(32)
        bare = msgspec.structs.replace(event, epoch=epoch)
        written.append(msgspec.structs.replace(bare, digest=chained_digest(before, bare)))
    return written


def followed(events: Sequence[Envelope]) -> Chain:
    chain = Chain()
    assert chain.unseen(events) == list(events)
    chain.advance(events)
    return chain


def test_the_whole_of_a_log_is_accepted_in_pieces_of_any_size() -> None:
    events = story(MedCardLog(4))
    chain = Chain()
    for size in (1, 7, 50, 92):
        piece, events = events[:size], events[size:]
        assert chain.unseen(piece) == piece
        chain.advance(piece)
    assert events == []


def test_an_altered_event_is_found_wherever_in_a_batch_it_stands() -> None:
    events = history("card-1")
    for at, event in enumerate(events):
        altered = msgspec.structs.replace(event, data=event.data.replace(b"EGP", b"USD"))
        with pytest.raises(LogForked, match=rf"{event.position} does not follow"):
            Chain().unseen([*events[:at], altered, *events[at + 1 :]])


def test_a_history_that_changes_in_the_middle_of_a_batch_is_found() -> None:
    ours, theirs = history("card-1"), history("card-2")
    with pytest.raises(LogForked, match="medcard/0@4"):
        Chain().unseen([*ours[:3], *theirs[3:]])


def test_a_lower_epoch_than_the_last_one_is_refused_in_one_batch_and_across_batches() -> None:
    fallen = rechained(history("card-1"), [3, 3, 5, 5, 4, 5])
    with pytest.raises(LogForked, match="medcard/0@5 has epoch 4 after epoch 5"):
        Chain().unseen(fallen)
    with pytest.raises(LogForked, match="epoch 4 after epoch 5"):
        followed(fallen[:4]).unseen(fallen[4:])
    assert followed(rechained(history("card-1"), [3, 3, 5, 5, 5, 9]))


async def test_the_epoch_is_remembered_over_a_restart() -> None:
    events = rechained(history("card-1"), [5, 5, 5, 4, 4, 4])
    chain = Chain()
    await chain.restore({FIRST: Checkpoint(3, events[2].digest)}, ListFeed(events))
    with pytest.raises(LogForked, match="medcard/0@4 has epoch 4 after epoch 5"):
        chain.unseen(events[3:])


async def test_a_log_without_the_event_at_a_checkpoint_is_not_followed() -> None:
    ours, theirs = history("card-1"), history("card-2")
    checkpoints = {FIRST: Checkpoint(4, ours[3].digest)}
    for log, why in ((theirs, "medcard/0@4 is not the event"), (ours[:3], "medcard/0@4 was applied, and is not in")):
        with pytest.raises(LogForked, match=why):
            await Chain().restore(checkpoints, ListFeed(log))
    await Chain().restore(checkpoints, ListFeed(ours))


def test_what_comes_again_is_skipped_if_it_is_the_same() -> None:
    ours, theirs = history("card-1"), history("card-2")
    chain = followed(ours[:4])
    assert chain.unseen(ours) == ours[4:]
    with pytest.raises(LogForked, match="medcard/0@4 is not the event that was applied"):
        chain.unseen(theirs)


def test_an_event_that_is_left_out_is_named() -> None:
    events = history("card-1")
    with pytest.raises(GapInFeed, match="medcard/0@4 came after medcard/0@2"):
        Chain().unseen([events[0], events[1], events[3]])


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (Head(3), "the log ends at medcard/0@3, and had 4"),
        (Head(), "the log ends at medcard/0@0, and had 4"),
        (Head(4, b"another"), "medcard/0@4 is not the event that was applied"),
    ],
)
def test_heads_that_cannot_be_those_of_the_log_are_refused(head: Head, why: str) -> None:
    chain = followed(history("card-1")[:4])
    with pytest.raises(LogForked, match=why):
        chain.compare(chain.checkpoints, {FIRST: head})


def test_heads_at_or_beyond_what_was_applied_are_those_of_the_log() -> None:
    events = history("card-1")
    chain = followed(events[:4])
    chain.compare(chain.checkpoints, {FIRST: Head(4, events[3].digest), PartitionId("medcard", 1): Head(9)})
    chain.compare(chain.checkpoints, {FIRST: Head(6, events[5].digest)})
