"""Pharmacies and their terminals."""

from collections.abc import Collection, Mapping
from datetime import datetime

from ledger.api.answers import Answer, Money, money
from ledger.api.edge import Edge, may_ask
from ledger.api.errors import Problem
from ledger.api.pharmacies.answers import TerminalStatus
from ledger.api.queries.inputs import PharmaciesInput, TerminalsInput, TerminalsOfPharmacy
from ledger.api.queries.paging import cursor_at, page_of, part_of
from ledger.api.rights import bound_pharmacy
from ledger.api.wire import is_aggregate_id, is_id
from ledger.messages.commands import Caller
from ledger.reads.paging import Page
from ledger.reads.pharmacies import PharmacyFilter, PharmacyRow, TerminalRow


class PharmacyView(Answer, frozen=True, kw_only=True):
    """A pharmacy of the network."""

    id: str
    pharmacy_id: str
    name: str
    governorate: str
    licence: str
    status: str
    registered_at: datetime
    updated_at: datetime
    version: int


class PharmacyPage(Answer, frozen=True, kw_only=True):
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[PharmacyView, ...]
    next: str | None


class TerminalView(Answer, frozen=True, kw_only=True):
    """A terminal, and the caps of one offline batch of it; a cap of 0 gives no offline right."""

    id: str
    terminal_id: str
    pharmacy_id: str
    status: TerminalStatus
    offline_claims_max: int
    offline_amount_max: Money
    offline_age_max_s: int
    registered_at: datetime
    revoked_at: datetime | None


class Terminals(Answer, frozen=True, kw_only=True):
    """Terminals of a pharmacy by their ids, revoked ones too. `next`: the cursor of what follows, null at the end."""

    items: tuple[TerminalView, ...]
    next: str | None


def see_own(caller: Caller, pharmacy_id: str) -> None:
    """Raises `pharmacy_not_found` for one that the caller may not know of, and for what is no id.

    In an open network a pharmacy may claim under an id that no registry could have given it.
    """
    if not is_id(pharmacy_id) or bound_pharmacy(caller) not in (None, pharmacy_id):
        raise Problem("pharmacy_not_found")


async def pharmacy(edge: Edge, caller: Caller, pharmacy_id: str) -> PharmacyView:
    """One pharmacy; a pharmacy sees itself. Raises `Problem`."""
    may_ask("pharmacy", caller)
    return _view(await _visible(edge, caller, pharmacy_id))


async def pharmacies(edge: Edge, caller: Caller, given: PharmaciesInput) -> PharmacyPage:
    """A part of the network. Raises `Problem`."""
    may_ask("pharmacies", caller)
    given, page = page_of("pharmacies", given)
    status = None if given.status is None else given.status.value
    rows = await edge.reads.pharmacies.pharmacies(PharmacyFilter(status, given.governorate), page)
    shown, following = part_of("pharmacies", given, rows, lambda row: (row.registered_at, row.pharmacy_id))
    return PharmacyPage(items=tuple(map(_view, shown)), next=following)


def cursor_of(given: PharmaciesInput, view: PharmacyView) -> str:
    """The cursor behind one pharmacy of a list, for connections."""
    return cursor_at("pharmacies", given, view.registered_at, view.pharmacy_id)


async def terminals(edge: Edge, caller: Caller, pharmacy_id: str, given: TerminalsInput) -> Terminals:
    """A part of those of one pharmacy. Raises `Problem`."""
    may_ask("terminals", caller)
    query = f"terminals/{pharmacy_id}"
    given, page = page_of(query, given)
    await _visible(edge, caller, pharmacy_id)
    rows = await edge.reads.pharmacies.terminals([pharmacy_id], page)
    shown, following = part_of(query, given, rows, lambda row: (None, row.terminal_id))
    return Terminals(items=tuple(map(_terminal, shown)), next=following)


async def terminal(edge: Edge, caller: Caller, pharmacy_id: str, terminal_id: str) -> TerminalView | None:
    """Of one pharmacy. Raises `Problem`."""
    may_ask("terminals", caller)
    await _visible(edge, caller, pharmacy_id)
    row = await edge.reads.pharmacies.terminal(pharmacy_id, terminal_id)
    return None if row is None else _terminal(row)


async def terminals_of(
    edge: Edge, pharmacy_ids: Collection[str], given: TerminalsOfPharmacy
) -> Mapping[str, tuple[TerminalView, ...]]:
    """Of pharmacies that the caller is known to see, in one question."""
    found: dict[str, tuple[TerminalView, ...]] = dict.fromkeys(pharmacy_ids, ())
    page = Page(given.limit, None if given.after is None else (None, given.after))
    for row in await edge.reads.pharmacies.terminals(pharmacy_ids, page):
        found[row.pharmacy_id] += (_terminal(row),)
    return found


async def _visible(edge: Edge, caller: Caller, pharmacy_id: str) -> PharmacyRow:
    see_own(caller, pharmacy_id)
    row = await edge.reads.pharmacies.pharmacy(pharmacy_id) if is_aggregate_id(pharmacy_id) else None
    if row is None:
        raise Problem("pharmacy_not_found")
    return row


def _view(row: PharmacyRow) -> PharmacyView:
    return PharmacyView(
        id=row.pharmacy_id,
        pharmacy_id=row.pharmacy_id,
        name=row.name,
        governorate=row.governorate,
        licence=row.licence,
        status=row.status,
        registered_at=row.registered_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def _terminal(row: TerminalRow) -> TerminalView:
    return TerminalView(
        id=row.terminal_id,
        terminal_id=row.terminal_id,
        pharmacy_id=row.pharmacy_id,
        status=TerminalStatus.ACTIVE if row.revoked_at is None else TerminalStatus.REVOKED,
        offline_claims_max=row.offline_claims_max,
        offline_amount_max=money(row.offline_amount_max_minor),
        offline_age_max_s=row.offline_age_max_s,
        registered_at=row.registered_at,
        revoked_at=row.revoked_at,
    )
