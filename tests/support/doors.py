"""The whole edge in one process: doors over a real host, with the memory twins behind it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import jwt
from pydantic import SecretStr

from ledger.api.app import build_app
from ledger.api.edge import EdgePorts
from ledger.api.signing_keys import SharedSecret
from ledger.api.standing import Health
from ledger.bootstrap import TOPICS, families
from ledger.clocks import ManualClock, SeededIds
from ledger.domain.payment.commands import Command
from ledger.keys.memory_keyring import MemoryKeyRing
from ledger.limits.local_buckets import LocalBuckets
from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome
from ledger.metrics import Families
from ledger.ports import Deliver
from ledger.reads import Reads
from ledger.runtime.host import AggregateHost
from ledger.runtime.surroundings import HostLimits, Surroundings
from ledger.settings import Settings
from ledger.store.memory_log import MemoryEventLog
from ledger.store.memory_snapshots import MemorySnapshots
from ledger.trail.memory_trail import MemoryTrail
from tests.support.memory_reads import MemoryMedCardReads, MemoryWalletReads, NotHere
from tests.support.scripted_payments import ScriptedPayments

NOON = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SECRET = "a secret for tests, of thirty-two bytes and more"

HOLDER = {
    "nationalId": "12345678901234",
    "name": "Ahmed Mohamed",
    "dateOfBirth": "1990-01-15",
    "phoneNumber": "+201234567890",
}
CARD = {
    "id": "medcard-456",
    "userId": "user-123",
    "cardType": "GOLD",
    "primaryHolder": HOLDER,
    "expiryDate": "2027-12-31",
}
CLAIM = """{ "prescriptionId": "rx-789", "pharmacyId": "pharmacy-101", "beneficiaryId": "user-123", "totalAmount": 350.00,
        "items": [ { "drugCode": "DRUG001", "drugName": "Panadol Extra 500mg", "quantity": 20, "unitPrice": 10.00, "totalPrice": 200.00 } ] }"""  # noqa: E501 - word for word as in the product's example
PARTITIONS = 4
CARDS_PATH = "/api/v1/medcards"
CLAIMS = "/api/v1/medcards/medcard-456/claims/prescriptions"


class NoOthers:
    """`Vitals` of an edge alone."""

    async def others(self) -> Mapping[str, Families]:
        return {}


class HostDoor:
    """A `CommandDoor` to one host; answers with `answer`, or raises `failure`, where that is set.

    `after` comes before an answer.
    """

    def __init__(self, host: AggregateHost) -> None:
        self._host = host
        self._running: set[asyncio.Task[CommandAnswer]] = set()
        self.answer: CommandAnswer | None = None
        self.failure: Exception | None = None
        self.after: Callable[[], Awaitable[None]] | None = None

    async def submit(self, request: CommandRequest) -> CommandAnswer:
        if self.failure is not None:
            raise self.failure
        if self.answer is not None:
            return self.answer
        [answer] = await self._host.submit([request])
        if self.after is not None:
            await self.after()
        return answer

    def send(self, requests: Sequence[CommandRequest], deliver: Deliver) -> None:
        """Each as it is submitted, in their order."""
        for request in requests:
            task = asyncio.create_task(self.submit(request))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            task.add_done_callback(lambda done, request=request: deliver(request, done.result()))  # type: ignore[misc]


class Checks:
    """Health checks that a test steers."""

    def __init__(self) -> None:
        self.found: dict[str, Health] = {"log": Health(True, 0.5)}

    async def check(self) -> Mapping[str, Health]:
        return self.found


def settings_for(**changes: Any) -> Settings:
    return Settings(
        **{"jwt_secret": SecretStr(SECRET), "min_position_wait_ms": 30, "partitions": PARTITIONS, **changes}
    )


def token(role: str = "ADMIN", **claims: Any) -> str:
    """A token valid around noon of the tests' day."""
    known = {
        "sub": f"{role.lower()}-1",
        "roles": [role],
        "iss": "healthpay-ledger",
        "aud": "healthpay-ledger",
        "nbf": NOON - timedelta(hours=1),
        "exp": NOON + timedelta(hours=1),
    }
    return jwt.encode({**known, **claims}, SECRET, algorithm="HS256")


def code_of(response: httpx.Response, status: int) -> str:
    """The code of a problem; checks that it is one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["request_id"] == response.headers["x-request-id"]
    code: str = problem["code"]
    return code


def graphql_code(answer: Any) -> str:
    """The code of the first top-level error."""
    code: str = answer["errors"][0]["extensions"]["code"]
    return code


class Registry:
    """The registry of terminals, as far as sockets ask it; every other question is asked of PostgreSQL."""

    def __init__(self) -> None:
        self.gone: set[tuple[str, str]] = set()
        self.questions = 0

    async def revoked(self, terminals: Sequence[tuple[str, str]]) -> Collection[tuple[str, str]]:
        self.questions += 1
        return self.gone & set(terminals)

    def __getattr__(self, question: str) -> Any:
        raise AssertionError(f"{question} is asked of PostgreSQL: see `stored_edge`")


@dataclass
class Bench:
    """Everything a test of the doors steers."""

    client: httpx.AsyncClient
    door: HostDoor
    reads: MemoryMedCardReads
    keys: MemoryKeyRing
    clock: ManualClock
    health: Checks
    app: Any
    trail: MemoryTrail
    payments: ScriptedPayments
    log: MemoryEventLog
    registry: Registry

    async def post(self, path: str, body: Any = None, role: str = "ADMIN", **more: Any) -> httpx.Response:
        """`more`: claims of the token; `headers`, where given, are the request's."""
        return await self.send("POST", path, body, role, **more)

    async def send(self, method: str, path: str, body: Any = None, role: str = "ADMIN", **more: Any) -> httpx.Response:
        headers = {"content-type": "application/json", **more.pop("headers", {})}
        headers.setdefault("authorization", f"Bearer {token(role, **more)}")
        if isinstance(body, str | bytes) or body is None:
            return await self.client.request(method, path, content=body, headers=headers)
        return await self.client.request(method, path, json=body, headers=headers)

    async def patch(self, path: str, body: Any, role: str = "ADMIN", **more: Any) -> httpx.Response:
        return await self.send("PATCH", path, body, role, **more)

    async def get(self, path: str, role: str = "ADMIN", **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {token(role, **more.pop('claims', {}))}", **more.pop("headers", {})}
        return await self.client.get(path, headers=headers, **more)

    async def graphql(self, query: str, variables: str = "{}", role: str = "ADMIN", **claims: Any) -> Any:
        """The answer's JSON; `variables` as JSON text."""
        body = b'{"query":%s,"variables":%s}' % (httpx.Request("POST", "/", json=query).content, variables.encode())
        return (await self.post("/graphql", body, role, **claims)).json()

    async def payment(self, payment_id: str, *commands: Command) -> None:
        """What gateways do, for which there is no door yet."""
        for command in commands:
            answer = await self.door.submit(self.payments.request(payment_id, command))
            assert answer.outcome is Outcome.ACCEPTED, answer

    async def active_card(self, **changes: Any) -> None:
        """`medcard-456`, as the product's second example finds it."""
        card = {**CARD, **changes}
        assert (await self.post("/api/v1/medcards", card)).status_code == 201
        assert (await self.post(f"/api/v1/medcards/{card['id']}/activate")).status_code == 200


@asynccontextmanager
async def edge(*, trail_records_max: int = 1_000, **settings: Any) -> AsyncIterator[Bench]:
    """An edge over a fresh host of four partitions a topic."""
    clock = ManualClock(NOON)
    log = MemoryEventLog(clock)
    reads = MemoryMedCardReads(log)
    nothing = cast(Any, NotHere())
    all_reads = Reads(
        medcards=reads,
        wallets=MemoryWalletReads(log),
        payments=nothing,
        pharmacies=cast(Any, Registry()),
        insurance=nothing,
        journal=nothing,
        progress=reads,
        projections=reads,
    )
    async with edge_over(log, clock, all_reads, MemoryTrail(trail_records_max), **settings) as bench:
        yield bench


@asynccontextmanager
async def edge_over(
    log: MemoryEventLog, clock: ManualClock, reads: Reads, trail: MemoryTrail, **settings: Any
) -> AsyncIterator[Bench]:
    """An edge over a fresh host on a log."""
    ids = SeededIds()
    keys, payments = MemoryKeyRing(ids), ScriptedPayments()
    await log.lay_out(TOPICS, PARTITIONS, ["host-0"])
    all_families = {**families(), payments.aggregate_type: payments}
    around = Surroundings(log, keys, clock, ids, all_families, MemorySnapshots())
    host = AggregateHost("host-0", around, HostLimits(append_lanes=1))
    await host.start()
    door, health = HostDoor(host), Checks()
    ports = EdgePorts(log, reads, keys, SharedSecret(SECRET), LocalBuckets(clock), trail)
    app = build_app(settings_for(**settings), door, ports, clock, ids, health, NoOthers())
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
            cards = cast(MemoryMedCardReads, reads.medcards)
            registry = cast(Registry, reads.pharmacies)
            yield Bench(client, door, cards, keys, clock, health, app, trail, payments, log, registry)
    finally:
        await host.stop()
