"""What a pharmacy claimed: its claims, its rejections, and the totals of a day.

Also of a pharmacy that nobody registered: in an open network it may claim all the same.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from ledger.api.answers import Answer, Money, money
from ledger.api.edge import Edge, may_ask
from ledger.api.queries.inputs import (
    ListInput,
    PharmacyClaimsInput,
    PrescriptionStatus,
    RejectionsInput,
    TotalsInput,
)
from ledger.api.queries.paging import cursor_at, page_of, part_of
from ledger.api.queries.pharmacies import see_own
from ledger.api.queries.prescriptions import ClaimPage, ClaimView, views_of
from ledger.domain.calendar import CAIRO, cairo_date
from ledger.domain.money import EGP
from ledger.messages.commands import Caller
from ledger.reads import PrescriptionFilter
from ledger.reads.pharmacies import TotalRow, TotalsFilter

_FIRST_YEAR, _LAST_YEAR = 2000, 2999
"""Beyond them nothing was claimed, and a day may have no beginning in UTC."""


class StatusTotal(Answer, frozen=True, kw_only=True):
    """The claims of one status. Rejected ones have neither cover nor copayment."""

    status: str
    claims: int
    total: Money
    covered: Money
    copay: Money


class TotalsView(Answer, frozen=True, kw_only=True):
    """The claims that were adjudicated on one day in Cairo, by what they are now: a claim that was reversed since
    counts as REVERSED on the day on which it was made. `covered`: what the plans owe for the paid ones."""

    pharmacy_id: str
    date: date
    terminal_id: str | None
    currency: str
    claims: int
    covered: Money
    by_status: tuple[StatusTotal, ...]


async def pharmacy_claims(edge: Edge, caller: Caller, pharmacy_id: str, given: PharmacyClaimsInput) -> ClaimPage:
    """A part of a pharmacy's claims. Raises `Problem`."""
    return await _page(edge, caller, "pharmacyClaims", pharmacy_id, given)


async def rejections(edge: Edge, caller: Caller, pharmacy_id: str, given: RejectionsInput) -> ClaimPage:
    """A part of what a pharmacy was refused. Raises `Problem`."""
    return await _page(edge, caller, "pharmacyRejections", pharmacy_id, given)


def cursor_of(query: str, pharmacy_id: str, given: ListInput, view: ClaimView) -> str:
    """The cursor behind one claim of a list, for connections."""
    return cursor_at(f"{query}/{pharmacy_id}", given, view.claimed_at, view.claim_id)


async def _page(
    edge: Edge, caller: Caller, query: str, pharmacy_id: str, given: PharmacyClaimsInput | RejectionsInput
) -> ClaimPage:
    may_ask(query, caller)
    name = f"{query}/{pharmacy_id}"
    given, page = page_of(name, given)
    see_own(caller, pharmacy_id)
    where = PrescriptionFilter(pharmacy_id=pharmacy_id, status=_status(given), month=given.month)
    rows = await edge.reads.medcards.prescriptions(where, page)
    shown, following = part_of(name, given, rows, lambda row: (row.claimed_at, row.claim_id))
    return ClaimPage(items=tuple(await views_of(edge, shown)), next=following)


def _status(given: PharmacyClaimsInput | RejectionsInput) -> str | None:
    if isinstance(given, RejectionsInput):
        return PrescriptionStatus.REJECTED.value
    return None if given.status is None else given.status.value


async def totals(edge: Edge, caller: Caller, pharmacy_id: str, given: TotalsInput) -> TotalsView:
    """Of one pharmacy and day. Raises `Problem`."""
    may_ask("pharmacyTotals", caller)
    see_own(caller, pharmacy_id)
    return (await totals_of(edge, [pharmacy_id], given))[pharmacy_id]


async def totals_of(edge: Edge, pharmacy_ids: Collection[str], given: TotalsInput) -> Mapping[str, TotalsView]:
    """Of pharmacies that the caller is known to see, in one question."""
    day = given.date or cairo_date(edge.clock.now())
    found: dict[str, list[TotalRow]] = {pharmacy_id: [] for pharmacy_id in pharmacy_ids}
    if _FIRST_YEAR <= day.year <= _LAST_YEAR:
        where = TotalsFilter(_midnight(day), _midnight(day + timedelta(days=1)), given.terminal)
        for row in await edge.reads.pharmacies.totals(pharmacy_ids, where):
            found[row.pharmacy_id].append(row)
    return {pharmacy_id: _view(pharmacy_id, day, given.terminal, rows) for pharmacy_id, rows in found.items()}


def _midnight(day: date) -> datetime:
    """When a day begins in Cairo."""
    return datetime.combine(day, time(), CAIRO).astimezone(UTC)


def _view(pharmacy_id: str, day: date, terminal_id: str | None, rows: Sequence[TotalRow]) -> TotalsView:
    return TotalsView(
        pharmacy_id=pharmacy_id,
        date=day,
        terminal_id=terminal_id,
        currency=EGP,
        claims=sum(row.claims for row in rows),
        covered=money(sum(row.covered_minor for row in rows if row.status == PrescriptionStatus.PAID)),
        by_status=tuple(map(_of_status, rows)),
    )


def _of_status(row: TotalRow) -> StatusTotal:
    return StatusTotal(
        status=row.status,
        claims=row.claims,
        total=money(row.total_minor),
        covered=money(row.covered_minor),
        copay=money(row.copay_minor),
    )
