"""What the read models of wallets and payments say, on a real PostgreSQL, against the deciders' own states."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from ledger.domain.kinds import Event
from ledger.domain.payment.state import Payment
from ledger.domain.wallet.state import Wallet
from ledger.messages.envelope import Envelope, PartitionId
from ledger.ports import Checkpoint, CheckpointMove
from ledger.reads import Page
from ledger.reads.payments import PaymentFilter
from ledger.reads.wallets import TransactionFilter, WalletFilter
from ledger.readstores.payment_reads import PostgresPaymentReads
from ledger.readstores.postgres_store import PostgresReadStore
from ledger.readstores.statements import statement
from ledger.readstores.wallet_reads import PostgresWalletReads
from projections.projection import Group, changes_of, fact_of
from projections.registry import PAYMENT_GROUP, WALLET_GROUP
from tests.contract.test_read_store import PLAN_AS_IF_FULL
from tests.support.medcard_log import WrittenLog
from tests.support.random_money import Told, payments_story, wallets_story

pytestmark = pytest.mark.postgres

SEED = 10


async def written(
    pool: asyncpg.Pool, group: Group, topic: str, events: Sequence[tuple[str, Event]], size: int
) -> list[Envelope]:
    """The events in one partition, applied in batches of a size."""
    log, store, at = WrittenLog(topic), PostgresReadStore(pool), 0
    envelopes = [log.put(name, event) for name, event in events]
    for start in range(0, len(envelopes), size):
        batch = envelopes[start : start + size]
        move = CheckpointMove(PartitionId(topic, 0), at, Checkpoint(batch[-1].offset, batch[-1].digest))
        await store.apply(group.name, changes_of(group.projections, list(map(fact_of, batch))), [move])
        at = batch[-1].offset
    return envelopes


def last_states(story: Sequence[Told]) -> dict[str, tuple[int, object]]:
    """(version, state) of each aggregate at the end."""
    found: dict[str, tuple[int, object]] = {}
    for name, _, state in story:
        found[name] = (found.get(name, (0, None))[0] + 1, state)
    return found


@pytest.mark.parametrize("batch", [1, 7, 1_000])
async def test_wallets_are_what_their_deciders_hold_however_the_log_is_cut(
    database_pool: asyncpg.Pool, batch: int
) -> None:
    story = list(wallets_story(SEED))
    envelopes = await written(database_pool, WALLET_GROUP, "wallet", [told[:2] for told in story], batch)
    reads = PostgresWalletReads(database_pool)
    states = last_states(story)
    balances = {row.wallet_id: row for row in await reads.balances(states)}
    for name, (version, state) in states.items():
        assert isinstance(state, Wallet)
        held = balances[name]
        assert (held.balance_minor, held.held_minor) == (state.balance_minor, state.held_minor)
        assert (held.currency, held.version) == (state.currency, version)
        wallet = await reads.wallet(name)
        assert wallet is not None
        assert (wallet.status, wallet.version, wallet.user_id) == (state.status, version, f"user-{name}")
        limits = (state.daily_limit_minor, state.monthly_limit_minor)
        assert (wallet.daily_limit_minor, wallet.monthly_limit_minor) == limits
        rows = await reads.transactions(TransactionFilter(name), Page(1_000))
        assert {row.transaction_id: (row.amount_minor, row.direction, row.hold_id) for row in rows} == {
            key: (each.amount_minor, each.direction, each.hold_id) for key, each in state.transactions.items()
        }
        turned = {row.transaction_id for row in rows if row.reversed_by is not None or row.reverses is not None}
        assert turned == {key for key, each in state.transactions.items() if each.reversed}
    for envelope, (name, _, state) in zip(envelopes, story, strict=True):
        then = await reads.balance_at(name, envelope.occurred_at)
        assert then is not None
        assert (then.balance_minor, then.held_minor) == (state.balance_minor, state.held_minor)
    assert await reads.balance_at("w-0", envelopes[0].occurred_at - timedelta(microseconds=1)) is None


@pytest.mark.parametrize("batch", [1, 7, 1_000])
async def test_payments_are_what_their_deciders_hold_however_the_log_is_cut(
    database_pool: asyncpg.Pool, batch: int
) -> None:
    story = list(payments_story(SEED))
    await written(database_pool, PAYMENT_GROUP, "payment", [told[:2] for told in story], batch)
    reads = PostgresPaymentReads(database_pool)
    states = last_states(story)
    refunds = await reads.refunds(states)
    for name, (version, state) in states.items():
        assert isinstance(state, Payment)
        row = await reads.payment(name)
        assert row is not None
        assert (row.status, row.disputed, row.version) == (state.status, state.disputed, version)
        assert (row.captured_minor, row.refunded_minor) == (state.captured_minor, state.refunded_minor)
        known = (state.reference, state.expires_at, state.paid_transaction_id)
        assert (row.reference, row.expires_at, row.gateway_transaction_id) == known
        assert {each.refund_id: (each.amount_minor, each.status) for each in refunds if each.payment_id == name} == {
            key: (each.amount_minor, each.status) for key, each in state.refunds.items()
        }


def test_the_stories_go_everywhere() -> None:
    wallets = {type(event).__name__ for _, event, _ in wallets_story(SEED)}
    payments = {type(event).__name__ for _, event, _ in payments_story(SEED)}
    known = {
        handled for group in (WALLET_GROUP, PAYMENT_GROUP) for each in group.projections for handled in each.handles
    }
    assert known - wallets - payments == {"WalletClosed"}
    statuses = {state.status for _, _, state in payments_story(SEED)}
    assert {"COMPLETED", "FAILED", "EXPIRED", "CANCELLED", "PARTIALLY_REFUNDED", "REFUNDED"} <= statuses
    assert any(event.late for _, event, _ in payments_story(SEED) if hasattr(event, "late"))


async def test_lists_are_filtered_by_every_field(database_pool: asyncpg.Pool) -> None:
    story = list(wallets_story(SEED))
    await written(database_pool, WALLET_GROUP, "wallet", [told[:2] for told in story], 100)
    reads = PostgresWalletReads(database_pool)
    everything = await reads.wallets(WalletFilter(), Page(100))
    assert [row.wallet_id for row in everything] == ["w-4", "w-3", "w-2", "w-1", "w-0"]
    for where in (WalletFilter(user_id="user-w-1"), WalletFilter(currency="KWD"), WalletFilter(status="SUSPENDED")):
        fit = [
            row
            for row in everything
            if where.user_id in (None, row.user_id)
            and where.currency in (None, row.currency)
            and where.status in (None, row.status)
        ]
        assert await reads.wallets(where, Page(100)) == fit
    posted = await reads.transactions(TransactionFilter("w-0"), Page(1_000))
    assert posted == sorted(posted, key=lambda row: (row.posted_at, row.transaction_id), reverse=True)
    middle = posted[len(posted) // 2]
    behind = Page(1_000, (middle.posted_at, middle.transaction_id))
    assert await reads.transactions(TransactionFilter("w-0"), behind) == posted[len(posted) // 2 + 1 :]
    since = TransactionFilter("w-0", since=middle.posted_at, until=posted[0].posted_at)
    assert await reads.transactions(since, Page(1_000)) == posted[1 : len(posted) // 2 + 1]
    for kind in ("CREDIT", "DEBIT", "CAPTURE", "REVERSAL"):
        found = await reads.transactions(TransactionFilter("w-0", kind=kind), Page(1_000))
        assert found == [row for row in posted if row.kind == kind]


async def test_payments_are_filtered_by_every_field(database_pool: asyncpg.Pool) -> None:
    story = list(payments_story(SEED))
    await written(database_pool, PAYMENT_GROUP, "payment", [told[:2] for told in story], 100)
    reads = PostgresPaymentReads(database_pool)
    everything = await reads.payments(PaymentFilter(), Page(100))
    assert len(everything) == 8
    assert await reads.payments(PaymentFilter(user_id="user-123", wallet_id="wallet-1"), Page(100)) == everything
    assert await reads.payments(PaymentFilter(user_id="user-9", wallet_id="wallet-1"), Page(100)) == []
    assert await reads.payments(PaymentFilter(gateway="FAWRY"), Page(100)) == []
    status = everything[0].status
    for where in (PaymentFilter(status=status), PaymentFilter(status=status, user_id="user-123", gateway="PAYMOB")):
        assert await reads.payments(where, Page(100)) == [row for row in everything if row.status == status]


INDEXES = {
    "wallet": "wallets_pkey",
    "wallets_newest": "wallets_newest",
    "wallets_of_user": "wallets_of_user",
    "balances": "wallet_balances_pkey",
    "balance_at": "wallet_balance_history_at",
    "transactions_of_wallet": "transactions_of_wallet",
    "payment": "payments_pkey",
    "payments_newest": "payments_newest",
    "payments_of_user": "payments_of_user",
    "payments_of_wallet": "payments_of_wallet",
    "refunds": "refunds_pkey",
    "update_wallets": "wallets_pkey",
    "add_wallet_balances": "wallet_balances_pkey",
    "add_wallet_balance_history": "wallet_balance_history_pkey",
    "update_payments": "payments_pkey",
    "end_refunds": "refunds_pkey",
}


async def test_every_statement_goes_by_its_index_and_no_list_is_sorted(database_pool: asyncpg.Pool) -> None:
    async with database_pool.acquire() as connection, connection.transaction():
        await connection.execute(PLAN_AS_IF_FULL)
        await connection.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        plans = {name: await plan_of(connection, name) for name in INDEXES}
    assert not [name for name, index in INDEXES.items() if f"using {index} " not in plans[name]]
    # The refunds of a payment are few, and a page has at most a hundred payments.
    assert [name for name, plan in plans.items() if "Sort" in plan] == ["refunds"]
    lists = [name for name, plan in plans.items() if "ROW(" in plan.partition("Index Cond")[2].partition("\n")[0]]
    assert lists == [name for name in INDEXES if name.endswith(("_newest", "_of_user", "_of_wallet"))]


async def plan_of(connection: Any, name: str) -> str:
    """How a statement is executed, whatever values come."""
    wanted = statement(name)
    types = ", ".join("int" if each == "limit" else "unknown" for each in wanted.parameters)
    await connection.execute(f"PREPARE asked ({types}) AS {wanted.sql}")
    values = ", ".join("10" if each == "limit" else "NULL" for each in wanted.parameters)
    plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE asked ({values})"))
    await connection.execute("DEALLOCATE asked")
    return plan
