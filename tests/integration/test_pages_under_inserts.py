"""Every list, walked page by page through both doors while rows arrive and change: each row once, none twice.

The rows come in groups of ten of the same moment, so that pages end between rows that only their ids tell apart; and
they arrive in front of the place where the walk is, at that place, and behind it.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLNonNull, GraphQLObjectType

from ledger.api.graphql.door import executable_schema
from ledger.api.queries import paging
from ledger.api.queries.inputs import ListInput
from ledger.api.rest.table import QUERY_ROUTES
from ledger.bootstrap import reads_of
from ledger.clocks import ManualClock
from ledger.store.memory_log import MemoryEventLog
from ledger.trail.postgres_trail import PostgresTrail
from tests.support.doors import NOON, Bench, edge_over
from tests.support.read_rows import fill

pytestmark = pytest.mark.postgres

ROWS, PAGE_ROWS = 60, 7
TIED = "timestamptz '2026-01-01 00:00:00+00' + n / 10 * interval '1 second'"
OWNED = {"user_id": "'user-1'", "plan_id": "'plan-1'", "provider_id": "'provider-1'"}
"""One owner of all rows."""


@dataclass(frozen=True)
class Listed:
    """A list: its table, what its rows are told apart by, and how both doors are asked for it."""

    table: str
    moment: str
    key: tuple[str, ...]
    changed: str
    rest: str = ""
    graphql: str = ""
    filters: str = ""
    """GraphQL's, in braces."""
    rows: dict[str, str] = field(default_factory=dict)
    shown: tuple[str, ...] = ("id",)


def wallet_of(expression: str) -> dict[str, str]:
    return {"wallet_id": expression, **OWNED}


CARD_CLAIMS = {"medcard_id": "'card-1'", "claim_id": "'clm-' || n", "pharmacy_id": "'pharmacy-1'", **OWNED}
LISTS = {
    "medCards": Listed("medcards", "created_at", ("medcard_id",), "version", "medcards", "medCards"),
    "medCards of a user": Listed(
        "medcards", "created_at", ("medcard_id",), "version", "medcards?userId=user-1", "medCards", 'userId: "user-1"'
    ),
    "medCards of a plan": Listed(
        "medcards", "created_at", ("medcard_id",), "version", "medcards?planId=plan-1", "medCards", 'planId: "plan-1"'
    ),
    "wallets": Listed("wallets", "created_at", ("wallet_id",), "version", "wallets", "wallets"),
    "wallets of a user": Listed(
        "wallets", "created_at", ("wallet_id",), "version", "wallets?userId=user-1", "wallets", 'userId: "user-1"'
    ),
    "transactions": Listed(
        "transactions",
        "posted_at",
        ("transaction_id",),
        "amount_minor",
        "wallets/wallet-1/transactions",
        'transactions(walletId: "wallet-1")',
        rows=wallet_of("'wallet-1'"),
    ),
    "payments": Listed("payments", "created_at", ("payment_id",), "version", "payments", "payments"),
    "payments of a user": Listed(
        "payments", "created_at", ("payment_id",), "version", "payments?userId=user-1", "payments", 'userId: "user-1"'
    ),
    "payments of a wallet": Listed(
        "payments",
        "created_at",
        ("payment_id",),
        "version",
        "payments?walletId=wallet-1",
        "payments",
        'walletId: "wallet-1"',
        rows=wallet_of("'wallet-1'"),
    ),
    "prescriptionClaims": Listed(
        "prescriptions",
        "claimed_at",
        ("claim_id",),
        "total_minor",
        "medcards/card-1/claims/prescriptions",
        'prescriptionClaims(medCardId: "card-1")',
        rows=CARD_CLAIMS,
    ),
    "pharmacyClaims": Listed(
        "prescriptions",
        "claimed_at",
        ("claim_id",),
        "total_minor",
        "pharmacies/pharmacy-1/claims",
        'pharmacyClaims(pharmacyId: "pharmacy-1")',
        rows={**CARD_CLAIMS, "medcard_id": "'card-' || n % 7"},
    ),
    "pharmacyRejections": Listed(
        "prescriptions",
        "claimed_at",
        ("claim_id",),
        "total_minor",
        "pharmacies/pharmacy-1/rejections",
        'pharmacyRejections(pharmacyId: "pharmacy-1")',
        rows={**CARD_CLAIMS, "medcard_id": "'card-' || n % 7", "status": "'REJECTED'"},
    ),
    "insuranceClaims": Listed(
        "claims",
        "filed_at",
        ("medcard_id", "claim_id"),
        "paid_minor",
        "medcards/card-1/claims/insurance",
        'insuranceClaims(medCardId: "card-1")',
        rows={"medcard_id": "'card-1'", **OWNED},
        shown=("medCardId", "claimId"),
    ),
    # Ids that are the same on many cards, in the same moment.
    "insuranceClaims of all cards": Listed(
        "claims",
        "filed_at",
        ("medcard_id", "claim_id"),
        "paid_minor",
        "",
        "insuranceClaims",
        rows={"medcard_id": "'card-' || n", "claim_id": "'icl-' || n / 5", **OWNED},
        shown=("medCardId", "claimId"),
    ),
    "pharmacies": Listed("pharmacies", "registered_at", ("pharmacy_id",), "version", "pharmacies", "pharmacies"),
    "journalEntries": Listed(
        "journal",
        "posted_at",
        ("entry_id",),
        "",
        "journal/entries?account=wallet:wallet-1",
        "journalEntries",
        'account: "wallet:wallet-1"',
        rows={"account": "'wallet:wallet-1'"},
    ),
    "auditLog": Listed("audit_log", "at", ("id",), "", "audit", rows={"what": "'medCard'"}),
}
for _name, _filter in (("plan", 'planId: "plan-1"'), ("provider", 'providerId: "provider-1"')):
    _all = LISTS["insuranceClaims of all cards"]
    LISTS[f"insuranceClaims of a {_name}"] = Listed(
        *(_all.table, _all.moment, _all.key, _all.changed, "", _all.graphql, _filter), _all.rows, _all.shown
    )

# What few rows fit: name of a list, then the filter in both spellings, and the column that decides.
RARE = {
    "medCards": ("status=SUSPENDED", "status: SUSPENDED", {"status": "SUSPENDED"}),
    "wallets": ("currency=KWD", 'currency: "KWD"', {"currency": "KWD"}),
    "transactions": ("kind=REVERSAL", "kind: REVERSAL", {"kind": "REVERSAL"}),
    "payments": ("gateway=PAYMOB", "gateway: PAYMOB", {"gateway": "PAYMOB"}),
    "prescriptionClaims": ("month=2026-10", 'month: "2026-10"', {"month": "2026-10"}),
    "pharmacyClaims": ("status=VOIDED", "status: VOIDED", {"status": "VOIDED"}),
    "pharmacyRejections": ("month=2026-10", 'month: "2026-10"', {"month": "2026-10"}),
    "insuranceClaims": ("status=APPEALED", "status: APPEALED", {"status": "APPEALED"}),
    "insuranceClaims of all cards": ("", "status: APPEALED", {"status": "APPEALED"}),
    "pharmacies": ("governorate=Matrouh", 'governorate: "Matrouh"', {"governorate": "Matrouh"}),
    "auditLog": ("outcome=forbidden", "", {"outcome": "forbidden"}),
}
COMMON = {
    "month": "'2026-11'",
    "gateway": "'FAWRY'",
    "kind": "'CREDIT'",
    "currency": "'EGP'",
    "governorate": "'Cairo'",
    "outcome": "'ok'",
}
# Not of the read models: it is walked by the versions of one aggregate, in the log, which only grows at its end.
OF_THE_LOG = {"eventHistory"}
# By name, and not newest first: see below.
BY_NAME = {"trialBalance", "terminals"}


def test_every_list_of_both_doors_is_walked_here() -> None:
    rest = {route.query for route in QUERY_ROUTES if issubclass(route.input, ListInput)}
    assert rest - BY_NAME - OF_THE_LOG == {name for name in LISTS if " " not in name}
    query = executable_schema().query_type
    assert query is not None
    connections = {name for name, each in query.fields.items() if str(each.type).endswith("Connection")}
    assert connections == {re.split(r"\(", each.graphql)[0] for each in LISTS.values() if each.graphql}


@pytest.fixture
async def bench(emptied_pool: asyncpg.Pool) -> AsyncIterator[Bench]:
    """Both doors over the read models, which nothing keeps up with a log."""
    clock = ManualClock(NOON)
    trail = PostgresTrail(emptied_pool)
    try:
        async with edge_over(MemoryEventLog(clock), clock, reads_of(emptied_pool), trail) as made:
            yield made
    finally:
        await trail.close()


class Writer:
    """Adds to a list, and changes what it has, on a connection of its own."""

    def __init__(self, owner: asyncpg.Connection, listed: Listed) -> None:
        self._owner = owner
        self._listed = listed
        self._next = 1_000

    async def put(self, first: int, last: int, moment: str, **others: str) -> None:
        expressions = {**OWNED, **COMMON, "status": _status(self._listed.table), **self._listed.rows, **others}
        await fill(self._owner, self._listed.table, first, last, **{**expressions, self._listed.moment: moment})

    async def write(self) -> None:
        """Three rows: the newest, one in the middle of those that were there, and the oldest; and a change of some."""
        for moment in (
            "timestamptz '2026-02-01 00:00:00+00'",
            "timestamptz '2026-01-01 00:00:03+00'",
            "date '2025-01-01'",
        ):
            self._next += 1
            await self.put(self._next, self._next, f"{moment} + n * interval '0 seconds'")
        listed = self._listed
        if listed.changed:
            await self._owner.execute(f"UPDATE read.{listed.table} SET {listed.changed} = {listed.changed} + 1")

    async def keys(self, **fit: str) -> list[tuple[str, ...]]:
        schema = "ledger" if self._listed.table == "audit_log" else "read"
        wanted = " AND ".join(f"{name} = '{value}'" for name, value in fit.items()) or "true"
        rows = await self._owner.fetch(f"SELECT * FROM {schema}.{self._listed.table} WHERE {wanted}")
        return [tuple(row[name] for name in self._listed.key) for row in rows]


def _status(table: str) -> str:
    return {
        "prescriptions": "'PAID'",
        "pharmacies": "'CONTRACTED'",
        "claims": "'FILED'",
        "payments": "'COMPLETED'",
    }.get(table, "'ACTIVE'")


@pytest.fixture
async def owner(emptied_pool: asyncpg.Pool, shared_database: str) -> AsyncIterator[asyncpg.Connection]:
    """With the first wallet and the first card, whose lists are walked."""
    connection = await asyncpg.connect(shared_database)
    # Records of the trail are for ever, but not those of another test.
    await connection.execute("SET session_replication_role = replica; DELETE FROM ledger.audit_log; RESET ALL")
    for table in ("wallets", "medcards"):
        await fill(connection, table, 1, 1)
    yield connection
    await connection.close()


Between = Callable[[], Awaitable[None]]


async def by_rest(bench: Bench, path: str, between: Between) -> list[dict[str, Any]]:
    """All pages, by the link of each."""
    found: list[dict[str, Any]] = []
    link: str | None = f"/api/v1/{path}{'&' if '?' in path else '?'}limit={PAGE_ROWS}"
    while link is not None:
        answer = await bench.get(link)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) <= PAGE_ROWS
        found += answer.json()["items"]
        link = answer.headers["link"].removeprefix("<").partition(">")[0] if "link" in answer.headers else None
        assert (link is None) is (answer.json()["next"] is None)
        await between()
    return found


async def by_graphql(bench: Bench, listed: Listed, filters: str, between: Between) -> list[dict[str, Any]]:
    """All pages, by the end of each."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        name, _, given = listed.graphql.partition("(")
        arguments = [given.removesuffix(")"), f"filter: {{{filters}}}" if filters else "", f"first: {PAGE_ROWS}", after]
        nodes = f"nodes {{ {' '.join(listed.shown)} }} edges {{ cursor }} pageInfo {{ hasNextPage endCursor }}"
        answer = await bench.graphql(f"{{ {name}({', '.join(filter(None, arguments))}) {{ {nodes} }} }}")
        assert "errors" not in answer, answer
        [page] = answer["data"].values()
        found += page["nodes"]
        assert len(page["nodes"]) == len(page["edges"]) <= PAGE_ROWS
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = f'after: "{page["pageInfo"]["endCursor"]}"'
        await between()


def keys_of(found: list[dict[str, Any]], listed: Listed) -> list[tuple[str, ...]]:
    return [tuple(each[name] for name in listed.shown) for each in found]


@pytest.mark.parametrize("name", LISTS)
async def test_every_row_that_was_there_comes_once_and_none_twice(
    bench: Bench, owner: asyncpg.Connection, name: str
) -> None:
    listed = LISTS[name]
    writer = Writer(owner, listed)
    await writer.put(2, ROWS, TIED)
    for door in ("rest", "graphql"):
        if not getattr(listed, door):
            continue
        there = await writer.keys()
        if door == "rest":
            found = await by_rest(bench, listed.rest, writer.write)
        else:
            found = await by_graphql(bench, listed, listed.filters, writer.write)
        keys = keys_of(found, listed)
        assert len(keys) == len(set(keys)), "a row came twice"
        assert set(there) <= set(keys), "a row was left out"
        # Rows also came behind the place where the walk was: they arrived, or this has shown nothing.
        assert len(keys) > len(there)


@pytest.mark.parametrize("name", RARE)
async def test_what_few_rows_fit_is_found_without_walking_the_whole_list_at_once(
    bench: Bench, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(paging, "WALK_ROWS_MAX", 5)
    listed, (in_rest, in_graphql, fit) = LISTS[name], RARE[name]
    writer = Writer(owner, listed)
    [(column, rare)] = fit.items()
    usual = {**COMMON, "status": _status(listed.table), **listed.rows}[column]
    await writer.put(2, ROWS, TIED, **{column: f"CASE WHEN n % 17 < 2 THEN '{rare}' ELSE {usual} END"})
    there = set(await writer.keys(**fit))
    assert 5 < len(there) < ROWS / 5
    if listed.rest and in_rest:
        path = f"{listed.rest}{'&' if '?' in listed.rest else '?'}{in_rest}"
        keys = keys_of(await by_rest(bench, path, writer.write), listed)
        assert (len(keys), set(keys)) == (len(there), there)
    if in_graphql:
        keys = keys_of(await by_graphql(bench, listed, in_graphql, writer.write), listed)
        assert (len(keys), set(keys)) == (len(there), there)


async def test_accounts_by_name_come_once_as_well(bench: Bench, owner: asyncpg.Connection) -> None:
    currency = {"currency": "CASE WHEN n % 2 = 0 THEN 'EGP' ELSE 'KWD' END"}
    await fill(owner, "account_balances", 1, ROWS, account="'wallet:' || lpad((n / 2)::text, 4, '0')", **currency)
    found: list[tuple[str, str]] = []
    added, cursor = 5_000, ""
    while True:
        answer = (await bench.get(f"/api/v1/journal/trial-balance?limit={PAGE_ROWS}{cursor}")).json()
        found += [(each["account"], each["currency"]) for each in answer["accounts"]]
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
        for account in ("'wallet:0010-' || n", "'wallet:z-' || n"):
            added += 1
            await fill(owner, "account_balances", added, added, account=account, **currency)
        await owner.execute("UPDATE read.account_balances SET lines = lines + 1")
    assert len(found) == len(set(found)) > ROWS
    assert len([account for account, _ in found if "-" not in account]) == ROWS


async def test_terminals_by_their_ids_come_once_as_well(bench: Bench, owner: asyncpg.Connection) -> None:
    ids = {"pharmacy_id": "'pharmacy-1'", "terminal_id": "'t-' || lpad(n::text, 4, '0')"}
    await fill(owner, "pharmacies", 1, 1)
    await fill(owner, "terminals", 1, ROWS, **ids)
    added = iter(range(5_000, 6_000))

    async def register() -> None:
        for name in ("'a-' || n", "'t-0030-' || n", "'z-' || n"):
            number = next(added)
            await fill(owner, "terminals", number, number, **{**ids, "terminal_id": name})

    found = [each["id"] for each in await by_rest(bench, "pharmacies/pharmacy-1/terminals", register)]
    assert len(found) == len(set(found)) > ROWS
    assert len([each for each in found if each.count("-") == 1 and each.startswith("t-")]) == ROWS
    within = 'pharmacy(id: "pharmacy-1") { terminals(first: 3, after: "t-0010") { id } }'
    shown = (await bench.graphql(f"{{ {within} }}"))["data"]["pharmacy"]["terminals"]
    assert [each["id"] for each in shown] == ["t-0011", "t-0012", "t-0013"]
    too_many = await bench.graphql('{ pharmacy(id: "pharmacy-1") { terminals(first: 101) { id } } }')
    assert too_many["errors"][0]["extensions"]["code"] == "invalid_request"


def test_every_connection_says_where_it_goes_on() -> None:
    schema = executable_schema()
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
            assert isinstance(kind.fields["pageInfo"].type, GraphQLNonNull)
