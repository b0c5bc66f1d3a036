"""`ledger verify` on pharmacies, terminals and insurance claims: sums of its own over the log."""

import base64
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from ledger import bootstrap
from ledger.messages.commands import Caller, CommandRequest, Outcome, Trace
from ledger.metrics import HostMetrics
from ledger.settings import Settings
from tests.integration.test_verify import _project, damage, verified
from tests.support.doors import CARD
from tests.unit.test_card_doors import FILED

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(60)]

ICL = {"claimId": "icl-1"}
HISTORY: tuple[tuple[str, str, Mapping[str, Any], Mapping[str, str]], ...] = (
    ("card", "createMedCard", {**CARD, "id": "card"}, {}),
    ("card", "fileInsuranceClaim", FILED, {}),
    ("card", "startInsuranceClaimReview", {}, ICL),
    ("card", "decideInsuranceClaim", {"approvedAmount": 600}, ICL),
    ("card", "appealInsuranceClaim", {"reason": "more"}, ICL),
    ("card", "startInsuranceClaimReview", {}, ICL),
    ("card", "decideInsuranceClaim", {"approvedAmount": 1000}, ICL),
    ("card", "payInsuranceClaim", {"amount": 900, "reference": "wire"}, ICL),
    ("card", "fileInsuranceClaim", {**FILED, "claimId": "icl-2"}, {}),
    ("ph", "registerPharmacy", {"id": "ph", "name": "n", "governorate": "g", "licence": "l"}, {}),
    ("ph", "contractPharmacy", {}, {}),
    ("ph", "registerTerminal", {"terminalId": "t-1"}, {}),
    ("ph", "registerTerminal", {"terminalId": "t-2"}, {}),
    ("ph", "revokeTerminal", {}, {"terminalId": "t-1"}),
    ("ph", "suspendPharmacy", {}, {}),
)


@pytest.fixture
async def settings(database: str) -> Settings:
    """A card with insurance claims and a pharmacy with terminals; the read models have caught up."""
    key = base64.b64encode(bytes(32)).decode()
    made = Settings(database_url=SecretStr(database), master_key=SecretStr(key), partitions=4)
    await bootstrap.lay_out(made)
    caller, trace = Caller("tester", "ADMIN"), Trace("rest", "corr")
    async with bootstrap.open_host(made, "host-0", HostMetrics()) as host:
        for number, (aggregate, name, body, args) in enumerate(HISTORY):
            raw = msgspec.json.encode(body)
            request = CommandRequest("medcard", aggregate, caller, str(number), name, raw, 5_000, trace, dict(args))
            [answer] = await host.submit([request])
            assert answer.outcome is Outcome.ACCEPTED, (name, answer)
    await _project(made)
    return made


async def test_what_the_doors_wrote_is_sound_and_damage_is_named(settings: Settings) -> None:
    report = await verified(settings)
    assert report.findings == []
    assert report.counts["events"] == len(HISTORY)
    for statement in (
        "UPDATE read.claims SET approved_minor = 1 WHERE claim_id = 'icl-1'",
        "UPDATE read.pharmacies SET status = 'CONTRACTED'",
        "UPDATE read.terminals SET revoked_at = NULL",
    ):
        await damage(settings, statement)
    found = {(finding.check, finding.where) for finding in (await verified(settings)).findings}
    assert {("insurance_claims", "card icl-1"), ("pharmacies", "ph"), ("terminals", "ph t-1")} <= found
