"""Heads of the log that were printed and kept elsewhere, and a log that is held against them."""

import pytest
from pydantic import SecretStr

from ledger import bootstrap, by_hand
from ledger.audit.findings import Report
from ledger.audit.kept_heads import UnreadableHeads, audit_kept, parse_heads, print_heads
from ledger.clocks import ManualClock
from ledger.messages.envelope import PartitionId, partition_of
from ledger.ports import Head
from ledger.settings import Settings
from ledger.store.memory_log import MemoryEventLog
from tests.load.loader import Loader
from tests.support.feeds import ListFeed, story
from tests.support.medcard_log import START, MedCardLog, created

pytestmark = pytest.mark.postgres


async def test_a_print_of_a_log_is_found_in_it_for_as_long_as_it_grows(database: str) -> None:
    settings = Settings(database_url=SecretStr(database), partitions=2)
    await bootstrap.lay_out(settings)
    async with bootstrap.open_projector(settings, {"medcard"}) as ports:
        loader = Loader(ports.log, cards=5)
        prints = [await by_hand.heads(settings)]
        for _ in range(2):
            await loader.load(50)
            prints.append(await by_hand.heads(settings))
    for text in prints:
        report = await by_hand.verify(settings, lambda _text: None, {}, parse_heads(text))
        assert report.findings == []
        assert report.counts["kept_heads"] == 6
    first, *partitions, last = prints[-1].splitlines()
    assert first.startswith("# heads of the log at 20")
    assert len(partitions) == 6
    at = partition_of("medcard", loader.card_ids[0], 2)
    assert any(line.startswith(f"{at}@") and " epoch 1 20" in line for line in partitions)
    assert last.startswith("all ")


async def heads_of(log: ListFeed) -> str:
    return await print_heads(log, START)


async def test_a_log_that_was_cut_is_not_the_one_that_was_printed() -> None:
    events = story(MedCardLog(2))
    kept = parse_heads(await heads_of(ListFeed(events)))
    for log, why in ((events[:-10], "ends at"), ([], "is not there")):
        report = Report()
        await audit_kept(ListFeed(log), kept, report)
        assert not report.sound
        assert all(why in finding.what for finding in report.findings)


async def test_another_event_under_the_number_of_a_kept_head_is_named() -> None:
    ours, theirs = MedCardLog(), MedCardLog()
    kept = parse_heads(await heads_of(ListFeed([ours.put("card-1", created())])))
    report = Report()
    await audit_kept(ListFeed([theirs.put("card-2", created())]), kept, report)
    [finding] = report.findings
    assert (finding.where, finding.what) == ("medcard/0@1", "is another event than when the heads were printed")


async def test_an_altered_print_is_refused() -> None:
    text = await heads_of(ListFeed(story(MedCardLog(2))))
    assert len(parse_heads(text)) == 2
    digit = text.index("@") + 1
    altered = text[:digit] + str((int(text[digit]) + 1) % 10) + text[digit + 1 :]
    cut = "\n".join(line for line in text.splitlines() if not line.startswith("medcard/1"))
    for broken in (altered, cut, text.rpartition("all")[0], "", "nonsense"):
        with pytest.raises(UnreadableHeads):
            parse_heads(broken)


async def test_a_partition_without_events_has_a_head_without_time() -> None:
    log = MemoryEventLog(ManualClock(START))
    await log.lay_out(["medcard"], 1, ["host-0"])
    [kept] = parse_heads(await print_heads(log, START))
    assert (kept.partition, kept.offset, kept.digest) == (PartitionId("medcard", 0), 0, Head().digest.hex())
    report = Report()
    await audit_kept(log, [kept], report)
    assert report.sound
