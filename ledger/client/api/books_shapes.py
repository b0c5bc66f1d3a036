"""What books take and answer.

Written by `ledger docs` from the OpenAPI document.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, kw_only=True)
class AccountView:
    """`balance` is credits less debits: positive where we owe, negative where we are owed."""

    account: str
    currency: str
    debit: Decimal
    credit: Decimal
    balance: Decimal
    lines: int


@dataclass(frozen=True, kw_only=True)
class AuditView:
    """Who asked for what on what. `outcome` is `ok` or a code; `who` is empty for a refused login."""

    id: str
    at: str
    who: str
    role: str
    what: str
    on_what: str
    outcome: str
    ip: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[AuditView, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class BatchMember:
    """One command: its name, its aggregate, its own key, and the body that its own route would take. `args` is
    what the route would have in its path beside the aggregate's id, as in `{"claimId": "..."}`.
    """

    command: str
    key: str
    id: str | None = None
    body: Any = None
    args: dict[str, str] | None = None
    expected_version: int | None = None


@dataclass(frozen=True, kw_only=True)
class BatchInput:
    """Commands of one aggregate are executed in their order; others side by side. Behind one that is to be sent
    again (`retryable`) no more of its aggregate is executed: the rest is to be sent again with it.
    """

    commands: tuple[BatchMember, ...]


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """What became of one command: the status and the body that its own route would have answered."""

    status: int
    body: Any
    position: str | None = None
    replayed: bool | None = None


@dataclass(frozen=True, kw_only=True)
class BatchResults:
    """In the order of the commands."""

    results: tuple[BatchResult, ...]


@dataclass(frozen=True, kw_only=True)
class CommandStatusView:
    """The stored outcome. `answer`: what was answered, or the refusal's `code` and `facts`."""

    key: str
    topic: str
    aggregate_id: str
    status: str
    position: str
    answer: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class CurrencyTotalsView:
    """All accounts of a currency: `difference` is debits less credits, and always nothing."""

    currency: str
    debit: Decimal
    credit: Decimal
    difference: Decimal
    accounts: int
    lines: int


@dataclass(frozen=True, kw_only=True)
class EntryView:
    """One line of an entry; the lines of one position are the whole entry."""

    id: str
    account: str
    side: str
    amount: Decimal
    currency: str
    aggregate_id: str
    event_type: str
    posted_at: str
    position: str


@dataclass(frozen=True, kw_only=True)
class EntryPage:
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[EntryView, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class HealthCheckView:
    """What one check found."""

    name: str
    condition: str
    latency_ms: Decimal
    detail: str | None


@dataclass(frozen=True, kw_only=True)
class PartitionView:
    """A partition of the log: its last offset, and who writes it."""

    topic: str
    partition: int
    head: int
    epoch: int
    host: str


@dataclass(frozen=True, kw_only=True)
class ProjectedPartitionView:
    """Where a projection stands in one partition."""

    topic: str
    partition: int
    applied: int
    lag_events: int


@dataclass(frozen=True, kw_only=True)
class ProjectionView:
    """How far a projection is behind the log. `lag_seconds`: null where the projector does not say."""

    name: str
    state: str
    failure: str | None
    lag_events: int
    lag_seconds: Decimal | None
    dead_letters: int
    partitions: tuple[ProjectedPartitionView, ...]


@dataclass(frozen=True, kw_only=True)
class SystemStatusView:
    """The server at one moment."""

    condition: str
    server_version: str
    at: str
    checks: tuple[HealthCheckView, ...]
    partitions: tuple[PartitionView, ...]
    projections: tuple[ProjectionView, ...]


@dataclass(frozen=True, kw_only=True)
class TrialBalanceView:
    """The totals by currency, and accounts by their names. `next`: the cursor of what follows, null at the end."""

    balanced: bool
    totals: tuple[CurrencyTotalsView, ...]
    accounts: tuple[AccountView, ...]
    next: str | None
