"""`ledger verify`: sound on what the server wrote, and loud about every kind of damage."""

import asyncio
import base64

import asyncpg
import msgspec
import pytest
from pydantic import SecretStr

from ledger import bootstrap, by_hand, operators
from ledger.audit.findings import Report
from ledger.clocks import SystemClock
from ledger.messages.commands import Caller, CommandRequest, Outcome, Trace
from ledger.metrics import HostMetrics
from ledger.settings import Settings
from projections.projector import Projector
from projections.registry import GROUPS
from tests.support.doors import CARD, CLAIM
from tests.support.older_release import write_claims_without_their_plan

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(60)]


@pytest.fixture
async def settings(database: str) -> Settings:
    """A database in which three cards have claimed, one claim was reversed, and the read models have caught up."""
    key = base64.b64encode(bytes(32)).decode()
    settings = Settings(database_url=SecretStr(database), master_key=SecretStr(key), partitions=4)
    await bootstrap.lay_out(settings)
    async with bootstrap.open_host(settings, "host-0", HostMetrics()) as host:
        for card in ("a", "b", "c"):
            for name, body in (("createMedCard", {**CARD, "id": card}), ("activateMedCard", {})):
                await _give(host, card, name, msgspec.json.encode(body))
            await _give(host, card, "claimPrescription", CLAIM.encode())
        reversal = {"pharmacyId": "pharmacy-101", "prescriptionId": "rx-789"}
        await _give(host, "c", "reversePrescriptionClaim", msgspec.json.encode(reversal))
    await _project(settings)
    return settings


async def _give(host: object, card: str, name: str, body: bytes, key: str = "") -> None:
    caller, trace = Caller("tester", "ADMIN"), Trace("rest", "corr")
    request = CommandRequest("medcard", card, caller, key or f"{name} of {card}", name, body, 5_000, trace)
    [answer] = await host.submit([request])  # type: ignore[attr-defined]
    assert answer.outcome is Outcome.ACCEPTED, answer


async def _project(settings: Settings) -> None:
    for group in GROUPS:
        async with bootstrap.open_projector(settings, group.topics) as ports:
            projector = Projector(group, ports.log, ports.feed, ports.store, SystemClock())
            running = asyncio.create_task(projector.run())
            heads = {each: head for each, head in (await ports.log.heads()).items() if each.topic in group.topics}
            for _ in range(2_000):
                if not any(projector.lag_events(heads).values()):
                    break
                await asyncio.sleep(0.01)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def verified(settings: Settings) -> Report:
    return await operators.verify(settings, lambda _text: None)


async def damage(settings: Settings, statement: str) -> None:
    """As somebody does who owns the database and has switched the triggers off."""
    assert settings.database_url is not None
    owner = await asyncpg.connect(settings.database_url.get_secret_value())
    try:
        async with owner.transaction():
            await owner.execute("SET LOCAL session_replication_role = replica")
            done = await owner.execute(statement)
        assert not done.endswith(" 0"), "the damage must be done"
    finally:
        await owner.close()


async def test_what_the_server_wrote_is_sound(settings: Settings) -> None:
    report = await verified(settings)
    assert report.findings == []
    assert report.counts["events"] == 10


async def test_what_an_older_release_began_is_sound(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit's own SQL reads events as they are stored: in their first version, and in today's beside it."""
    with monkeypatch.context() as older:
        write_claims_without_their_plan(older)
        async with bootstrap.open_host(settings, "host-0", HostMetrics()) as host:
            await _give(host, "a", "claimPrescription", CLAIM.replace("rx-789", "rx-790").encode(), key="older")
    reversal = {"pharmacyId": "pharmacy-101", "prescriptionId": "rx-790"}
    async with bootstrap.open_host(settings, "host-0", HostMetrics()) as host:
        await _give(host, "a", "reversePrescriptionClaim", msgspec.json.encode(reversal))
    await _project(settings)
    report = await verified(settings)
    assert report.findings == []
    assert report.counts["events"] == 12


@pytest.mark.parametrize(
    ("statement", "checks"),
    [
        (
            "UPDATE ledger.events SET event_data = jsonb_set(event_data, '{coveredMinor}', '1')"
            " WHERE aggregate_id = 'a' AND event_type = 'PrescriptionClaimed'",
            {"digests", "prescriptions", "monthly_spend", "journal"},
        ),
        (
            "UPDATE ledger.events SET metadata = metadata || '{\"principal\": \"nobody\"}' WHERE aggregate_id = 'b'"
            " AND version = 2",
            {"digests"},
        ),
        (
            "DELETE FROM ledger.events WHERE aggregate_id = 'a' AND event_type = 'MedCardActivated'",
            {"offsets", "versions", "digests", "medcards"},
        ),
        # What no sum looks at; only the fold knows it.
        ("UPDATE read.medcards SET plan_id = 'another' WHERE medcard_id = 'a'", {"folds"}),
        ("UPDATE read.beneficiaries SET person = '{}' WHERE medcard_id = 'b'", {"folds"}),
        ("UPDATE ledger.partitions SET head = head + 1 WHERE head > 0", {"offsets", "heads", "lag"}),
        ("UPDATE ledger.partitions SET head_digest = '' WHERE head > 0", {"heads"}),
        ("DELETE FROM ledger.command_results WHERE key = 'claimPrescription of a'", {"events_without_results"}),
        (
            "UPDATE ledger.command_results SET position = 99 WHERE key = 'createMedCard of a'",
            {"results_without_events", "events_without_results"},
        ),
        ("UPDATE read.medcard_monthly_spend SET covered_minor = covered_minor + 1", {"monthly_spend", "folds"}),
        ("UPDATE read.prescriptions SET status = 'PAID' WHERE status = 'REVERSED'", {"prescriptions", "folds"}),
        ("DELETE FROM read.medcards WHERE medcard_id = 'a'", {"medcards", "folds"}),
        ("DELETE FROM read.beneficiaries WHERE medcard_id = 'a'", {"beneficiaries", "folds"}),
        ("DELETE FROM read.journal WHERE account = 'payer:default:receivable'", {"journal", "folds"}),
        ("UPDATE read.account_balances SET credit_minor = credit_minor + 1", {"journal", "folds"}),
    ],
)
async def test_damage_is_found_and_named(settings: Settings, statement: str, checks: set[str]) -> None:
    await damage(settings, statement)
    report = await verified(settings)
    found = {finding.check for finding in report.findings}
    assert checks <= found
    assert not report.sound
    # A changed event breaks the chain for those behind it too; apart from that nothing innocent is named.
    assert found <= checks | {"digests", "folds"}


async def test_read_models_that_stand_still_are_named_while_others_move(settings: Settings) -> None:
    """Under load the projectors at work never come to rest: an audit must not wait for that."""
    moved = 'UPDATE ledger.checkpoints SET "offset" = "offset" + 1 WHERE projection = \'medcards\''

    async def move_on() -> None:
        while True:
            await damage(settings, moved)
            await asyncio.sleep(0.05)

    moving = asyncio.create_task(move_on())
    topics = {"medcards": ["medcard"], "standing still": ["medcard"]}
    try:
        async with asyncio.timeout(20):
            report = await by_hand.verify(settings, lambda _text: None, topics)
    finally:
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
    behind = {finding.where for finding in report.findings if finding.check == "lag"}
    assert behind
    assert {where.split(" in ")[0] for where in behind} == {"standing still"}
