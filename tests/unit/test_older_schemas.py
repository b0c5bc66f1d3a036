"""A log that an older release began: hosts and read models carry on with it, and write as today."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from ledger.api.medcards.family import MedCardFamily
from ledger.clocks import ManualClock, SeededIds
from ledger.domain.journal.all import balance, postings
from ledger.domain.journal.entries import Posting, Side
from ledger.keys.memory_keyring import MemoryKeyRing
from ledger.messages.codec import CODECS, EventData
from ledger.messages.commands import Caller, CommandRequest, Outcome, Trace
from ledger.messages.envelope import Envelope, PartitionId
from ledger.reads import Page, PrescriptionFilter
from ledger.runtime.host import AggregateHost
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.store.memory_log import MemoryEventLog
from ledger.store.memory_snapshots import MemorySnapshots
from tests.support.doors import CARD, CLAIM, NOON
from tests.support.memory_reads import MemoryMedCardReads
from tests.support.older_release import write_claims_without_their_plan

PARTITION = PartitionId("medcard", 0)
OTHER_CLAIM = CLAIM.replace("rx-789", "rx-790")
REVERSAL = '{"pharmacyId": "pharmacy-101", "prescriptionId": "%s"}'


class Releases:
    """One log, and one release after the other that owns it."""

    def __init__(self) -> None:
        self._clock, self._ids = ManualClock(NOON), SeededIds()
        self.log, self._keys = MemoryEventLog(self._clock), MemoryKeyRing(self._ids)
        self._snapshots = MemorySnapshots()
        self._count = 0

    @asynccontextmanager
    async def host(self) -> AsyncIterator[AggregateHost]:
        await self.log.lay_out(["medcard"], 1, ["host-0"])
        around = Surroundings(
            self.log, self._keys, self._clock, self._ids, {"medcard": MedCardFamily()}, self._snapshots
        )
        host = AggregateHost("host-0", around, HostLimits())
        await host.start()
        yield host
        await host.stop()

    async def give(self, host: AggregateHost, name: str, body: str) -> str:
        """The status in the answer."""
        self._count += 1
        caller, trace = Caller("admin-1", "ADMIN"), Trace("rest", "c")
        key = str(self._count)
        [answer] = await host.submit(
            [CommandRequest("medcard", "medcard-456", caller, key, name, body.encode(), 60_000, trace)]
        )
        assert answer.outcome is Outcome.ACCEPTED, answer
        status: str = msgspec.json.decode(answer.body)["status"]
        return status

    async def events(self) -> list[Envelope]:
        return list(await self.log.read_after({PARTITION: 0}, 100))


@pytest.fixture
async def releases(monkeypatch: pytest.MonkeyPatch) -> Releases:
    """The older release made a card and paid two claims."""
    releases = Releases()
    with monkeypatch.context() as older:
        write_claims_without_their_plan(older)
        async with releases.host() as host:
            for name, body in (
                ("createMedCard", msgspec.json.encode(CARD).decode()),
                ("activateMedCard", "{}"),
                ("claimPrescription", CLAIM),
                ("claimPrescription", OTHER_CLAIM),
            ):
                await releases.give(host, name, body)
    assert [event.schema_version for event in await releases.events()] == [1, 1, 1, 1]
    return releases


async def test_a_claim_of_an_older_release_is_known_and_can_be_reversed_in_its_own_accounts(releases: Releases) -> None:
    async with releases.host() as host:
        assert await releases.give(host, "claimPrescription", CLAIM) == "DUPLICATE"
        assert await releases.give(host, "reversePrescriptionClaim", REVERSAL % "rx-789") == "REVERSED"
        assert await releases.give(host, "claimPrescription", CLAIM) == "PAID"
    events = await releases.events()
    assert [event.schema_version for event in events] == [1, 1, 1, 1, 2, 2]
    lines = [line for event in events for line in posted(event)]
    assert balance(lines) == {"EGP": 0}
    assert owed_by(lines) == {"payer:.unnamed:receivable": 280_00, "payer:default:receivable": 280_00}


async def test_read_models_are_the_same_from_events_of_both_versions(releases: Releases) -> None:
    reads = MemoryMedCardReads(releases.log)
    async with releases.host() as host:
        await releases.give(host, "reversePrescriptionClaim", REVERSAL % "rx-790")
        await releases.give(host, "claimPrescription", CLAIM.replace("rx-789", "rx-791"))
    claims = await reads.prescriptions(PrescriptionFilter("medcard-456"), Page(10))
    assert {(claim.prescription_id, claim.status, claim.covered_minor) for claim in claims} == {
        ("rx-789", "PAID", 280_00),
        ("rx-790", "REVERSED", 280_00),
        ("rx-791", "PAID", 280_00),
    }


def posted(event: Envelope) -> tuple[Posting, ...]:
    """No key is at hand: what is personal is erased, and the amounts are all there."""
    stored = EventData(event.type, event.schema_version, event.data)
    return postings(CODECS["medcard"].decode(event.aggregate_id, stored, {}), event.aggregate_id)


def owed_by(lines: list[Posting]) -> dict[str, int]:
    """What each payer owes."""
    sums: dict[str, int] = {}
    for line in lines:
        if line.account.startswith("payer:"):
            sign = 1 if line.side is Side.DEBIT else -1
            sums[line.account] = sums.get(line.account, 0) + sign * line.amount_minor
    return {account: owed for account, owed in sums.items() if owed}
