"""Settings to ports: the one place where adapters are chosen and put together."""

import base64
import binascii
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import asyncpg
from pydantic import SecretStr

from ledger.api.edge import EdgePorts
from ledger.api.medcards.family import MedCardFamily
from ledger.api.payments.family import PaymentFamily
from ledger.api.pharmacies.family import PharmacyFamily
from ledger.api.signing_keys import PublishedKeys, SharedSecret, SigningKeys
from ledger.api.wallets.family import WalletFamily
from ledger.auditing import AuditTrail
from ledger.clocks import SystemClock, SystemIds
from ledger.following import ReadStore
from ledger.keys.issuer import fetcher_of
from ledger.keys.postgres_keyring import PostgresKeyRing
from ledger.limits.local_buckets import LocalBuckets
from ledger.metrics import HostMetrics
from ledger.ports import Clock, EventFeed, EventLog
from ledger.postgres.connections import connect_for_hints, open_pool
from ledger.reads import Reads
from ledger.readstores.insurance_reads import PostgresInsuranceReads
from ledger.readstores.journal_reads import PostgresJournalReads
from ledger.readstores.medcard_reads import PostgresMedCardReads
from ledger.readstores.payment_reads import PostgresPaymentReads
from ledger.readstores.pharmacy_reads import PostgresPharmacyReads
from ledger.readstores.postgres_store import PostgresReadStore
from ledger.readstores.queries import PostgresProjectionReads, PostgresReadProgress
from ledger.readstores.wallet_reads import PostgresWalletReads
from ledger.runtime.family import Family
from ledger.runtime.host import AggregateHost
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.settings import Settings, SettingsError
from ledger.store.hints import PostgresHints
from ledger.store.measured_log import MeasuredEventLog
from ledger.store.migrate import migrate as _migrate
from ledger.store.postgres_log import PostgresEventLog
from ledger.store.postgres_snapshots import PostgresSnapshots
from ledger.stream.log_feed import LogFeed
from ledger.stream.recent_events import RecentEvents
from ledger.trail.postgres_trail import PostgresTrail

TOPICS = ("wallet", "payment", "medcard")
HOST_TRANSACTION_MAX_MS = 4_000
"""A host's transactions are single calls. One whose host stopped after its execution and before its end would hold the
rows of its partitions until the host goes on; so it ends by then, and whoever takes them over waits no longer."""
MASTER_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class ProjectorPorts:
    """What a projector works with."""

    log: EventLog
    feed: EventFeed
    store: ReadStore


def families() -> Mapping[str, Family]:
    """Every kind of aggregate, by its type."""
    every = (MedCardFamily(), PharmacyFamily(), WalletFamily(), PaymentFamily())
    return {family.aggregate_type: family for family in every}


def host_names(settings: Settings) -> list[str]:
    """The hosts that partitions are first laid out on."""
    return [f"host-{number}" for number in range(settings.hosts)]


async def migrate(settings: Settings) -> list[str]:
    """Brings the database's schema up to date; the names of the migrations applied. Raises `StoreUnavailable`."""
    return await _migrate(_dsn(settings))


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[tuple[asyncpg.Pool, PostgresEventLog]]:
    """A pool of the application's role, and the log on it. Raises `StoreUnavailable`."""
    async with AsyncExitStack() as stack:
        pool = await _open_pool(settings, stack)
        yield pool, await _open_log(settings, pool, stack)


async def lay_out(settings: Settings) -> list[str]:
    """Makes the partitions of topics that have none; the hosts that the placement names, in order.

    The placement decides who works, not the settings. Raises `LayoutMismatch`, `StoreUnavailable`.
    """
    async with AsyncExitStack() as stack:
        log = await _open_log(settings, await _open_pool(settings, stack), stack)
        await log.lay_out(TOPICS, settings.partitions, host_names(settings))
        return sorted({head.host for head in (await log.heads()).values()})


@asynccontextmanager
async def open_placement(settings: Settings) -> AsyncIterator[tuple[EventLog, AuditTrail]]:
    """What an operator moves partitions with. Raises `StoreUnavailable`."""
    async with AsyncExitStack() as stack:
        pool = await _open_pool(settings, stack)
        trail = PostgresTrail(pool)
        stack.push_async_callback(trail.close)
        yield await _open_log(settings, pool, stack), trail


@asynccontextmanager
async def open_host(settings: Settings, name: str, metrics: HostMetrics) -> AsyncIterator[AggregateHost]:
    """A started host, which counts into `metrics`. Raises `StoreUnavailable`, `WrongMasterKey`."""
    async with AsyncExitStack() as stack:
        pool = await _open_pool(settings, stack, HOST_TRANSACTION_MAX_MS)
        around = Surroundings(
            log=MeasuredEventLog(pool, _open_hints(settings, stack), metrics, SystemClock()),
            keyring=_keyring(settings, pool),
            clock=SystemClock(),
            ids=SystemIds(),
            families=families(),
            snapshots=PostgresSnapshots(pool),
        )
        host = AggregateHost(name, around, host_limits(settings))
        await host.start()
        stack.push_async_callback(host.stop)
        yield host


@asynccontextmanager
async def open_edge(settings: Settings) -> AsyncIterator[EdgePorts]:
    """The ports of one edge replica. Raises `StoreUnavailable`."""
    async with AsyncExitStack() as stack:
        pool = await _open_pool(settings, stack, one_plan=True)
        log = await _open_log(settings, pool, stack)
        reads = reads_of(pool)
        clock = SystemClock()
        trail = PostgresTrail(pool)
        stack.push_async_callback(trail.close)
        yield EdgePorts(
            log, reads, _keyring(settings, pool), _signing_keys(settings, clock), LocalBuckets(clock), trail
        )


def reads_of(pool: "asyncpg.Pool[asyncpg.Record]") -> Reads:
    """All queries, over a pool of the application's role."""
    return Reads(
        medcards=PostgresMedCardReads(pool),
        wallets=PostgresWalletReads(pool),
        payments=PostgresPaymentReads(pool),
        journal=PostgresJournalReads(pool),
        progress=PostgresReadProgress(pool),
        projections=PostgresProjectionReads(pool),
        pharmacies=PostgresPharmacyReads(pool),
        insurance=PostgresInsuranceReads(pool),
    )


@asynccontextmanager
async def open_projector(
    settings: Settings, topics: Collection[str], recent: RecentEvents | None = None
) -> AsyncIterator[ProjectorPorts]:
    """The ports of a projector of these topics. Raises `StoreUnavailable`."""
    async with AsyncExitStack() as stack:
        pool = await _open_pool(settings, stack)
        log = await _open_log(settings, pool, stack)
        feed = LogFeed(log, settings.feed_poll_interval_ms / 1000, settings.feed_batch_events_max, topics, recent)
        yield ProjectorPorts(log, feed, PostgresReadStore(pool))


OpenProjector = Callable[[Collection[str]], AbstractAsyncContextManager[ProjectorPorts]]


def projectors_of_one_process(settings: Settings) -> OpenProjector:
    """Opens projectors of topics, as `open_projector`; what several of them follow is read once."""
    return partial(open_projector, settings, recent=RecentEvents(SystemClock()))


def host_limits(settings: Settings) -> HostLimits:
    return HostLimits(
        append_lanes=settings.append_lanes,
        batch_commands_max=settings.batch_commands_max,
        host_mailbox_max=settings.host_mailbox_max,
        aggregate_mailbox_max=settings.aggregate_mailbox_max,
        aggregates_resident_max=settings.aggregates_resident_max,
        passivate_after_s=settings.passivate_after_s,
        snapshot_every_events=settings.snapshot_every_events,
    )


def master_key_of(settings: Settings) -> bytes:
    """The 32 bytes. Raises `SettingsError`."""
    try:
        key = base64.b64decode(_secret(settings.master_key, "MASTER_KEY"), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != MASTER_KEY_BYTES:
        raise SettingsError(f"HEALTHPAY_MASTER_KEY must be the base64 of {MASTER_KEY_BYTES} bytes")
    return key


def _signing_keys(settings: Settings, clock: Clock) -> SigningKeys:
    if settings.jwt_jwks is not None:
        return PublishedKeys(fetcher_of(settings.jwt_jwks), clock, settings.jwt_jwks_refresh_s)
    return SharedSecret(_secret(settings.jwt_secret, "JWT_SECRET"))


def _keyring(settings: Settings, pool: asyncpg.Pool) -> PostgresKeyRing:
    return PostgresKeyRing(pool, master_key_of(settings), SystemClock(), SystemIds())


async def _open_pool(
    settings: Settings, stack: AsyncExitStack, transaction_timeout_ms: int = 0, *, one_plan: bool = False
) -> asyncpg.Pool:
    pool = await open_pool(
        _dsn(settings),
        settings.database_pool_max,
        settings.statement_timeout_ms,
        settings.lock_timeout_ms,
        transaction_timeout_ms,
        settings.database_acquire_timeout_ms,
        one_plan,
    )
    stack.push_async_callback(pool.close)
    return pool


async def _open_log(settings: Settings, pool: asyncpg.Pool, stack: AsyncExitStack) -> PostgresEventLog:
    return PostgresEventLog(pool, _open_hints(settings, stack))


def _open_hints(settings: Settings, stack: AsyncExitStack) -> PostgresHints:
    hints = PostgresHints(partial(connect_for_hints, _dsn(settings), settings.statement_timeout_ms))
    stack.push_async_callback(hints.close)
    return hints


def _dsn(settings: Settings) -> str:
    return _secret(settings.database_url, "DATABASE_URL")


def _secret(value: SecretStr | None, name: str) -> str:
    if value is None:
        raise SettingsError(f"HEALTHPAY_{name} is not set")
    return value.get_secret_value()
