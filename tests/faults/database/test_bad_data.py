"""A command whose data the database refuses, among good ones: it alone is refused, and nobody waits for it."""

import asyncio
import time
from typing import cast

import msgspec
import pytest

from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome
from ledger.ports import EventLog
from tests.support.faulty_log import FaultyLog
from tests.support.host_load import ask, claim_command
from tests.support.host_stage import HostStage, opened_host
from tests.support.record import Claim
from tests.support.recoveries import note

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(90)]

BAD_ONES = 60
WAIT_MAX_S = 2.0


def bad(number: int, card: str) -> CommandRequest:
    """No door lets such text in: a NUL in the key, in the event's metadata, and in the id of the aggregate."""
    request = claim_command(Claim(card, f"bad-{number}"))
    match number % 3:
        case 0:
            return msgspec.structs.replace(request, key=f"nul\0-{number}")
        case 1:
            trace = msgspec.structs.replace(request.trace, correlation_id="a\0b")
            return msgspec.structs.replace(request, trace=trace)
        case _:
            return msgspec.structs.replace(request, aggregate_id=f"{card}\0")


def assert_refused(answer: CommandAnswer) -> None:
    assert answer.outcome is Outcome.INVALID, answer
    assert b"the data cannot be stored" in answer.body


async def test_bad_ones_among_good_ones_are_refused_by_name_and_hold_up_nobody(stage: HostStage) -> None:
    async with opened_host(stage.settings) as host:
        async with stage.load(host, "good-ones", clients=40) as load:
            began, waits = time.monotonic(), []
            for number in range(BAD_ONES):
                sent_at = time.monotonic()
                assert_refused(await ask(host, bad(number, stage.cards[number % len(stage.cards)])))
                waits.append(time.monotonic() - sent_at)
            ended = time.monotonic()
            back_s = await load.since(ended)
            meanwhile = [each for each in load.acknowledged if began < each.sent_at < ended]
            note(f"{BAD_ONES} commands that the database refuses, one after the other", load, back_s)
        assert not load.troubles
        assert len(meanwhile) > BAD_ONES, "good ones go on beside them"
        assert max([*waits, *(each.answered_at - each.sent_at for each in meanwhile)]) < WAIT_MAX_S
        assert await stage.query("SELECT 1 FROM ledger.events WHERE event_data->>'prescriptionId' LIKE 'bad-%'") == []


async def test_a_bad_one_in_an_append_whose_outcome_is_lost_holds_up_nobody_either(stage: HostStage) -> None:
    """Its key cannot even be asked for."""
    logs: list[FaultyLog] = []

    def faulty(log: EventLog) -> EventLog:
        logs.append(FaultyLog(log))
        return cast(EventLog, logs[0])

    one_lane = stage.settings.model_copy(update={"append_lanes": 1})
    async with opened_host(one_lane, around_log=faulty) as host:
        logs[0].faults.append("lost before")
        good = [claim_command(Claim(card, f"beside-{card}")) for card in stage.cards]
        async with asyncio.timeout(10):
            *answers, refused = await host.submit([*good, bad(0, stage.cards[0])])
        assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED] * len(good)
        assert_refused(refused)
