"""The clock of a host is turned an hour back and forward: time in the log, days, holds and deadlines go on."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import asyncpg
import msgspec
import pytest

from ledger.clocks import SystemClock
from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome
from ledger.runtime.partition_clock import CLOCK_AHEAD_MAX
from tests.support.host_load import TRY_TIMEOUT_MS, Hosts, ask, command
from tests.support.host_stage import HostStage, opened_host
from tests.support.recoveries import note

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(90)]

HOUR = timedelta(hours=1)
SILENCE_MAX_S = 2.0


class TurnedClock(SystemClock):
    """The machine's, with its wall clock put elsewhere."""

    def __init__(self) -> None:
        self.by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by

    def put(self, at: datetime) -> None:
        self.by = at - super().now()


async def assert_time_never_went_back(stage: HostStage) -> None:
    backwards = await stage.query(
        'SELECT 1 FROM (SELECT occurred_at < lag(occurred_at) OVER (PARTITION BY topic, partition ORDER BY "offset")'
        " AS back FROM ledger.events) steps WHERE back"
    )
    assert backwards == []
    ahead = await stage.query(
        "SELECT 1 FROM ledger.events WHERE occurred_at > recorded_at + $1::interval", CLOCK_AHEAD_MAX
    )
    assert ahead == []


async def test_turning_the_clock_under_load_is_felt_by_nobody(stage: HostStage) -> None:
    clock, turns = TurnedClock(), (-HOUR, HOUR, -HOUR, timedelta())
    async with opened_host(stage.settings, clock=clock) as host, stage.load(host, "clock-turned") as load:
        for by in turns:
            clock.by = by
            turned_at = time.monotonic()
            await load.more(60)
        note("clock of the host an hour back, forward, back", load, await load.since(turned_at))
        times = sorted(each.answered_at for each in load.acknowledged)
        assert max(after - before for before, after in pairwise(times)) < SILENCE_MAX_S
        assert not load.troubles
    await assert_time_never_went_back(stage)


async def test_a_new_host_with_an_earlier_clock_goes_on_from_the_time_of_the_one_before(stage: HostStage) -> None:
    ahead, behind = TurnedClock(), TurnedClock()
    ahead.by, behind.by = HOUR, -HOUR
    for name, clock in (("ahead", ahead), ("behind", behind)):
        async with opened_host(stage.settings, clock=clock) as host, stage.load(host, f"clock-{name}") as load:
            began = time.monotonic()
            note(f"a host whose clock is an hour {name} takes over", load, await load.since(began))
            await load.more(60)
    await assert_time_never_went_back(stage)


async def test_deadlines_do_not_follow_the_clock(stage: HostStage) -> None:
    clock = TurnedClock()
    async with opened_host(stage.settings, clock=clock) as host:
        owner = await asyncpg.connect(stage.dsn)
        try:
            async with owner.transaction():
                await owner.execute("SELECT 1 FROM ledger.partitions FOR UPDATE")
                for by in (-HOUR, HOUR):
                    asked_at = time.monotonic()
                    asking = asyncio.create_task(ask(host, activate("card-0", f"deadline {by}")))
                    await asyncio.sleep(0.1)
                    clock.by = by
                    assert (await asking).outcome is Outcome.EXPIRED
                    lock_timeout_s = stage.settings.lock_timeout_ms / 1000
                    waited_s = time.monotonic() - asked_at
                    assert TRY_TIMEOUT_MS / 1000 <= waited_s < TRY_TIMEOUT_MS / 1000 + lock_timeout_s + 1
        finally:
            await owner.close()


def activate(card: str, key: str) -> CommandRequest:
    return command("medcard", card, "activateMedCard", {}, key)


def cairo(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Two hours ahead of UTC from the end of October on."""
    return datetime(2025, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=2)


class Till:
    """Commands on one wallet; what each was answered."""

    def __init__(self, hosts: Hosts, wallet: str) -> None:
        self.hosts = hosts
        self._wallet = wallet
        self.said: dict[str, CommandAnswer] = {}

    async def do(self, name: str, key: str, body: object = None, **args: str) -> CommandAnswer:
        request = command("wallet", self._wallet, name, {} if body is None else body, key, args=args)
        self.said[key] = await ask(self.hosts, request)
        return self.said[key]

    async def debit(self, amount: int, key: str) -> str:
        """`accepted`, or the code of the refusal."""
        answer = await self.do("debitWallet", key, {"amount": amount, "purpose": "purchase"})
        code = msgspec.json.decode(answer.body).get("code", "accepted")
        assert answer.outcome in (Outcome.ACCEPTED, Outcome.REFUSED), answer
        return str(code)


async def opened(hosts: Hosts, wallet: str, **limits: int) -> Till:
    till = Till(hosts, wallet)
    for name, body in (
        ("createWallet", {"userId": "user-1", "id": wallet, **limits}),
        ("activateWallet", {}),
        ("creditWallet", {"amount": 5_000, "source": "cash-desk"}),
    ):
        assert (await till.do(name, name, body)).outcome is Outcome.ACCEPTED
    return till


async def days_of(stage: HostStage, event_type: str) -> Sequence[str]:
    statement = (
        "SELECT event_data->>'day' AS day FROM ledger.events WHERE event_type = $1 ORDER BY partition, \"offset\""
    )
    return [row["day"] for row in await stage.query(statement, event_type)]


async def test_what_was_spent_after_midnight_is_not_forgotten_when_the_clock_goes_back_before_it(
    stage: HostStage,
) -> None:
    """The limits of the day and of the month are those of the time in the log, also for a host that comes after."""
    clock = TurnedClock()
    clock.put(cairo(10, 31, 23, 50))
    async with opened_host(stage.settings, clock=clock) as host:
        till = await opened(host, "wallet-1", dailyLimit=1_000, monthlyLimit=1_500)
        assert await till.debit(400, "in october") == "accepted"
        clock.put(cairo(11, 1, 0, 10))
        assert await till.debit(1_000, "after midnight") == "accepted"
        clock.put(cairo(10, 31, 23, 10))
        assert await till.debit(100, "clock back") == "daily_limit_exceeded"
    async with opened_host(stage.settings, clock=clock) as host:
        till.hosts = host
        assert await till.debit(100, "clock back, new host") == "daily_limit_exceeded"
        clock.put(cairo(11, 2, 0, 10))
        assert await till.debit(500, "the day after") == "accepted"
        clock.put(cairo(11, 1, 23, 10))
        assert await till.debit(1, "clock back again") == "monthly_limit_exceeded"
        before = dict(till.said)
        await till.debit(1_000, "after midnight")
        assert (till.said["after midnight"].body, till.said["after midnight"].replayed) == (
            before["after midnight"].body,
            True,
        )
    assert await days_of(stage, "WalletDebited") == ["2025-10-31", "2025-11-01", "2025-11-02"]
    await assert_time_never_went_back(stage)


async def test_a_hold_stays_what_it_is_when_the_clock_goes_back(stage: HostStage) -> None:
    clock = TurnedClock()
    clock.put(cairo(11, 1, 0, 10))
    async with opened_host(stage.settings, clock=clock) as host:
        till = await opened(host, "wallet-2")
        hold = {"amount": 100, "expiresAt": cairo(11, 1, 0, 30).isoformat()}
        assert (await till.do("placeHold", "hold", {**hold, "holdId": "hold-1"})).outcome is Outcome.ACCEPTED
        clock.put(cairo(10, 31, 23, 10))
        assert (await till.do("placeHold", "back", {**hold, "holdId": "hold-2"})).outcome is Outcome.ACCEPTED
        captured = await till.do("captureHold", "capture", holdId="hold-1")
        assert captured.outcome is Outcome.ACCEPTED, captured
        released = await till.do("releaseHold", "release", holdId="hold-2")
        assert released.outcome is Outcome.ACCEPTED, released
    assert await days_of(stage, "HoldPlaced") == ["2025-11-01", "2025-11-01"]
    await assert_time_never_went_back(stage)
