"""What a card's plan has covered in a month, and what is left of the limit."""

from collections.abc import Mapping

from ledger.api.answers import Answer, Money, money
from ledger.api.edge import Edge, may_ask
from ledger.api.queries.access import visible_card
from ledger.api.queries.inputs import SpendInput
from ledger.domain.calendar import cairo_date, month_of
from ledger.messages.commands import Caller


class SpendView(Answer, frozen=True, kw_only=True):
    """One card in one month; reversed claims are taken off."""

    med_card_id: str
    month: str
    currency: str
    covered: Money
    total: Money
    claims: int
    monthly_limit: Money
    remaining: Money


async def monthly_spend(edge: Edge, caller: Caller, medcard_id: str, given: SpendInput) -> SpendView:
    """Of one card. Raises `Problem`."""
    may_ask("monthlySpend", caller)
    row = await visible_card(edge, caller, medcard_id)
    limits = {medcard_id: (row.currency, row.monthly_limit_minor)}
    return (await spend_of(edge, limits, given.month or current_month(edge)))[medcard_id]


def current_month(edge: Edge) -> str:
    """The month in Cairo now."""
    return month_of(cairo_date(edge.clock.now()))


async def spend_of(edge: Edge, limits: Mapping[str, tuple[str, int]], month: str) -> Mapping[str, SpendView]:
    """Of cards that the caller is known to see, in one question; `limits`: currency and monthly limit of each."""
    rows = {row.medcard_id: row for row in await edge.reads.medcards.spend(limits, month)}
    found = {}
    for medcard_id, (currency, limit_minor) in limits.items():
        row = rows.get(medcard_id)
        covered_minor = 0 if row is None else row.covered_minor
        found[medcard_id] = SpendView(
            med_card_id=medcard_id,
            month=month,
            currency=currency,
            covered=money(covered_minor),
            total=money(0 if row is None else row.total_minor),
            claims=0 if row is None else row.claims,
            monthly_limit=money(limit_minor),
            remaining=money(max(0, limit_minor - covered_minor)),
        )
    return found
