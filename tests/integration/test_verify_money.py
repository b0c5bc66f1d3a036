"""`ledger verify` over wallets and payments: sound on what the server wrote, and loud about each read model."""

import asyncio
import base64

import pytest
from pydantic import SecretStr

from ledger import bootstrap
from ledger.clocks import SystemClock
from ledger.domain.payment.commands import RecordGatewayOutcome, RecordRefundOutcome, RequestRefund
from ledger.domain.payment.events import OutcomeStatus, RefundOutcomeStatus
from ledger.messages.commands import Caller, CommandRequest, Outcome, Trace
from ledger.metrics import HostMetrics
from ledger.runtime.host import AggregateHost
from ledger.settings import Settings
from projections.projection import Group
from projections.projector import Projector
from projections.registry import GROUPS
from tests.integration.test_verify import damage, verified
from tests.support.payments import ACCEPTED, INITIATE, OUTCOME
from tests.support.scripted_payments import ScriptedPayments

pytestmark = pytest.mark.postgres

SCRIPT = (
    ("createWallet", '{"userId":"user-123"}', {}),
    ("activateWallet", "{}", {}),
    ("creditWallet", '{"amount":1000,"source":"cash-desk","transactionId":"in"}', {}),
    ("creditWallet", '{"amount":"7.25","source":"cash-desk","transactionId":"wrong"}', {}),
    ("reverseTransaction", "{}", {"transactionId": "wrong"}),
    ("placeHold", '{"amount":400,"holdId":"h-1"}', {}),
    ("captureHold", '{"amount":150}', {"holdId": "h-1"}),
    ("placeHold", '{"amount":100,"holdId":"h-2"}', {}),
    ("releaseHold", "{}", {"holdId": "h-2"}),
    ("placeHold", '{"amount":30,"holdId":"h-3"}', {}),
    ("debitWallet", '{"amount":20,"purpose":"shop","transactionId":"out"}', {}),
    ("reverseTransaction", "{}", {"transactionId": "out"}),
    ("changeWalletLimits", '{"dailyLimit":500}', {}),
    ("suspendWallet", "{}", {}),
)
LATE = RecordGatewayOutcome(OutcomeStatus.FAILED, "900000", None, None, 0, "d0")
FORGED = RecordGatewayOutcome(OutcomeStatus.PAID, "900001", 1, "EGP", 0, "d2", "700001", "1001")
PAYMENTS = {
    "part": (
        INITIATE,
        ACCEPTED,
        OUTCOME,
        LATE,
        FORGED,
        RequestRefund(200_00, "x", "r-1"),
        RequestRefund(1, "x", "r-2"),
    ),
    "whole": (INITIATE, ACCEPTED, LATE, OUTCOME, RequestRefund(500_00, "x", "r-1")),
    "open": (INITIATE, ACCEPTED),
}


@pytest.fixture
async def settings(database: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A database in which two wallets and three payments have a past, and the read models have caught up."""
    key = base64.b64encode(bytes(32)).decode()
    settings = Settings(database_url=SecretStr(database), master_key=SecretStr(key), partitions=4)
    payments, families = ScriptedPayments(), bootstrap.families()
    monkeypatch.setattr(bootstrap, "families", lambda: {**families, payments.aggregate_type: payments})
    await bootstrap.lay_out(settings)
    async with bootstrap.open_host(settings, "host-0", HostMetrics()) as host:
        for wallet in ("w-1", "w-2"):
            for number, (name, body, args) in enumerate(SCRIPT):
                request = CommandRequest(
                    "wallet",
                    wallet,
                    Caller("t", "ADMIN"),
                    str(number),
                    name,
                    body.encode(),
                    5_000,
                    Trace("rest", "c"),
                    args,
                )
                await give(host, request)
        for payment, commands in PAYMENTS.items():
            for command in commands:
                await give(host, payments.request(payment, command))
        ended = RecordRefundOutcome("r-1", RefundOutcomeStatus.COMPLETED, "g-1")
        for payment in ("part", "whole"):
            await give(host, payments.request(payment, ended))
    for group in GROUPS:
        await project(settings, group)
    return settings


async def give(host: AggregateHost, request: CommandRequest) -> None:
    [answer] = await host.submit([request])
    assert answer.outcome is Outcome.ACCEPTED, (request, answer)


async def project(settings: Settings, group: Group) -> None:
    async with bootstrap.open_projector(settings, group.topics) as ports:
        projector = Projector(group, ports.log, ports.feed, ports.store, SystemClock())
        running = asyncio.create_task(projector.run())
        heads = {each: head for each, head in (await ports.log.heads()).items() if each.topic in group.topics}
        async with asyncio.timeout(20):
            while any(projector.lag_events(heads).values()):
                assert not running.done(), running.exception()
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_the_server_wrote_is_sound_and_no_change_of_a_read_model_is_missed(settings: Settings) -> None:
    sound = await verified(settings)
    assert sound.findings == []
    for statement in (
        "UPDATE read.wallets SET daily_limit_minor = 1 WHERE wallet_id = 'w-1'",
        "UPDATE read.wallet_balances SET held_minor = held_minor + 1 WHERE wallet_id = 'w-1'",
        "UPDATE read.wallet_balance_history SET balance_minor = 1 WHERE wallet_id = 'w-1' AND version = 3",
        "UPDATE read.transactions SET reversed_by = NULL WHERE wallet_id = 'w-1' AND transaction_id = 'out'",
        "UPDATE read.payments SET status = 'REFUNDED' WHERE payment_id = 'part'",
        "UPDATE read.refunds SET status = 'COMPLETED' WHERE refund_id = 'r-2'",
    ):
        await damage(settings, statement)
    damaged = await verified(settings)
    # The fold of the log finds each of them as well, in a way of its own.
    found = [(finding.check, finding.where) for finding in damaged.findings]
    assert sum(check == "folds" for check, _ in found) == 6
    assert [each for each in found if each[0] != "folds"] == [
        ("wallets", "w-1"),
        ("wallet_balances", "w-1"),
        ("wallet_balance_history", "w-1 version 3"),
        ("transactions", "w-1 out"),
        ("payments", "part"),
        ("refunds", "part r-2"),
    ]


async def test_a_changed_amount_in_the_log_is_named_by_every_sum_over_it(settings: Settings) -> None:
    await damage(
        settings,
        "UPDATE ledger.events SET event_data = jsonb_set(event_data, '{amountMinor}', '1')"
        " WHERE aggregate_id = 'w-2' AND event_type = 'WalletCredited' AND event_data ->> 'transactionId' = 'in'",
    )
    report = await verified(settings)
    found = {finding.check for finding in report.findings}
    assert found == {"digests", "folds", "journal", "wallet_balances", "wallet_balance_history", "transactions"}
    sums = [finding for finding in report.findings if finding.check not in ("digests", "folds", "journal")]
    assert all(finding.where.startswith("w-2") for finding in sums)
