"""Read models `journal` and `account_balances`: the double entry of every event that moves money."""

from collections.abc import Iterator, Sequence
from typing import Any

from ledger.domain.journal.all import Posting, Side, postings
from ledger.domain.kinds import Event
from ledger.domain.medcard import events as medcard_events
from ledger.domain.payment import events as payment_events
from ledger.domain.pharmacy import events as pharmacy_events
from ledger.domain.wallet import events as wallet_events
from ledger.ports import Changes
from projections.projection import Fact, Projection, present

_EVENTS: dict[str, type[Event]] = {
    event.__name__: event
    for family in (medcard_events, payment_events, pharmacy_events, wallet_events)
    for event in family.EVENTS
}


def fold(facts: Sequence[Fact]) -> list[Changes]:
    """A line a posting, and one difference an account and currency."""
    lines: list[dict[str, Any]] = []
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for fact in facts:
        for number, posting in enumerate(_postings_of(fact)):
            lines.append(_line(fact, number, posting))
            _add(sums, posting)
    # In the order of the accounts: two projectors that met would not wait for each other in a circle.
    balances = [sums[key] for key in sorted(sums)]
    return present([Changes("insert_journal", lines), Changes("add_account_balances", balances)])


def _postings_of(fact: Fact) -> Iterator[Posting]:
    """By the event's class: its fields as they are stored have the same names, and postings need no personal ones."""
    of_class = postings.dispatch(_EVENTS[fact.envelope.type])
    yield from of_class(fact.fields, fact.envelope.aggregate_id)


def _line(fact: Fact, number: int, posting: Posting) -> dict[str, Any]:
    envelope = fact.envelope
    topic, partition = envelope.partition
    return {
        "entry_id": f"{topic}-{partition:05}-{envelope.offset:019}-{number:02}",
        "account": posting.account,
        "side": posting.side.value,
        "amount_minor": posting.amount_minor,
        "currency": posting.currency,
        "aggregate_id": envelope.aggregate_id,
        "event_type": envelope.type,
        "posted_at": envelope.occurred_at,
        "position": envelope.position,
    }


def _add(sums: dict[tuple[str, str], dict[str, Any]], posting: Posting) -> None:
    key = (posting.account, posting.currency)
    row = sums.setdefault(key, {"account": key[0], "currency": key[1], "debit_minor": 0, "credit_minor": 0, "lines": 0})
    row["debit_minor" if posting.side is Side.DEBIT else "credit_minor"] += posting.amount_minor
    row["lines"] += 1


JOURNAL = Projection("journal", frozenset(_EVENTS), fold, ("journal", "account_balances"))
