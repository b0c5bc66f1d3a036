"""Postings: what an event writes into the accounts. Pure, and balanced per currency for every event."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import singledispatch

from ledger.domain.kinds import Event


class Side(StrEnum):
    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry; `amount_minor` is positive."""

    account: str
    side: Side
    amount_minor: int
    currency: str


def moved(amount_minor: int, currency: str, *, debit: str, credit: str) -> tuple[Posting, ...]:
    """A debit and its credit; nothing where nothing moves."""
    if amount_minor == 0:
        return ()
    assert amount_minor > 0, "a posting's amount is positive: turn the sides round instead"
    return (
        Posting(debit, Side.DEBIT, amount_minor, currency),
        Posting(credit, Side.CREDIT, amount_minor, currency),
    )


@singledispatch
def postings(event: Event, aggregate_id: str) -> tuple[Posting, ...]:
    """What an event of an aggregate posts; events that move no money post nothing."""
    del event, aggregate_id
    return ()


def balance(lines: Iterable[Posting]) -> dict[str, int]:
    """Debits less credits per currency: zero for every entry, and for the whole journal."""
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.currency] += line.amount_minor if line.side is Side.DEBIT else -line.amount_minor
    return dict(sums)
