"""Prescription claims as they were adjudicated."""

from collections.abc import Sequence
from datetime import date, datetime

from ledger.api.answers import Answer, Money, money
from ledger.api.edge import Edge, may_ask
from ledger.api.errors import Problem
from ledger.api.queries.access import visible_card
from ledger.api.queries.boxes import ItemView, items_of, opened
from ledger.api.queries.inputs import ClaimsInput, PrescriptionStatus
from ledger.api.queries.paging import cursor_at, page_of, part_of
from ledger.api.rights import bound_pharmacy, bound_plan, bound_user
from ledger.api.wire import is_aggregate_id
from ledger.messages.commands import Caller
from ledger.reads import PrescriptionFilter, PrescriptionRow


class ClaimView(Answer, frozen=True, kw_only=True):
    """A claim; `items` is null once it was erased, and for a voided claim, which keeps none."""

    id: str
    claim_id: str
    med_card_id: str
    prescription_id: str
    fill_number: int
    pharmacy_id: str
    terminal_id: str | None
    beneficiary_id: str
    service_date: date
    month: str
    currency: str
    status: str
    total: Money
    covered: Money
    copay: Money
    patient_pays: Money
    reject_codes: tuple[str, ...]
    items: tuple[ItemView, ...] | None
    claimed_at: datetime
    reversed_at: datetime | None
    position: str


class ClaimPage(Answer, frozen=True, kw_only=True):
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[ClaimView, ...]
    next: str | None


async def claim(edge: Edge, caller: Caller, medcard_id: str, claim_id: str) -> ClaimView:
    """One claim. Raises `Problem`."""
    may_ask("prescriptionClaim", caller)
    await _see_card(edge, caller, medcard_id)
    fit = is_aggregate_id(medcard_id) and is_aggregate_id(claim_id)
    row = await edge.reads.medcards.prescription(medcard_id, claim_id) if fit else None
    if row is None or bound_pharmacy(caller) not in (None, row.pharmacy_id):
        raise Problem("claim_not_found")
    [view] = await views_of(edge, [row])
    return view


async def claims(edge: Edge, caller: Caller, medcard_id: str, given: ClaimsInput) -> ClaimPage:
    """A part of a card's claims; a pharmacy sees its own only. Raises `Problem`."""
    may_ask("prescriptionClaims", caller)
    query = _query_of(medcard_id)
    given, page = page_of(query, given)
    await _see_card(edge, caller, medcard_id)
    pharmacy = bound_pharmacy(caller)
    nothing = (pharmacy is not None and given.pharmacy_id not in (None, pharmacy)) or not is_aggregate_id(medcard_id)
    where = PrescriptionFilter(
        medcard_id=medcard_id,
        pharmacy_id=pharmacy or given.pharmacy_id,
        beneficiary_id=given.beneficiary_id,
        status=None if given.status is None else given.status.value,
        month=given.month,
    )
    rows = [] if nothing else await edge.reads.medcards.prescriptions(where, page)
    shown, following = part_of(query, given, rows, lambda row: (row.claimed_at, row.claim_id))
    return ClaimPage(items=tuple(await views_of(edge, shown)), next=following)


def cursor_of(given: ClaimsInput, view: ClaimView) -> str:
    """The cursor behind one claim of a list, for connections."""
    return cursor_at(_query_of(view.med_card_id), given, view.claimed_at, view.claim_id)


def _query_of(medcard_id: str) -> str:
    # The card belongs to the cursor: another card's cursor must not be taken for this one's.
    return f"prescriptionClaims/{medcard_id}"


async def _see_card(edge: Edge, caller: Caller, medcard_id: str) -> None:
    # A pharmacy sees its claims and not the card: of a card without any, it does not learn whether it exists.
    if bound_pharmacy(caller) is None or bound_user(caller) is not None or bound_plan(caller) is not None:
        await visible_card(edge, caller, medcard_id)


async def views_of(edge: Edge, rows: Sequence[PrescriptionRow]) -> list[ClaimView]:
    clear = await opened(edge.keys, [(row.medcard_id, "items", row.items) for row in rows])
    return [_view(row, items_of(items)) for row, items in zip(rows, clear, strict=True)]


def _view(row: PrescriptionRow, items: tuple[ItemView, ...] | None) -> ClaimView:
    voided = row.status == PrescriptionStatus.VOIDED
    return ClaimView(
        id=row.claim_id,
        claim_id=row.claim_id,
        med_card_id=row.medcard_id,
        prescription_id=row.prescription_id,
        fill_number=row.fill_number,
        pharmacy_id=row.pharmacy_id,
        terminal_id=row.terminal_id,
        beneficiary_id=row.beneficiary_id,
        service_date=row.service_date,
        month=row.month,
        currency=row.currency,
        status=row.status,
        total=money(row.total_minor),
        covered=money(row.covered_minor),
        copay=money(row.copay_minor),
        patient_pays=money(0 if voided else row.total_minor - row.covered_minor),
        reject_codes=tuple(row.reject_codes),
        items=items,
        claimed_at=row.claimed_at,
        reversed_at=row.reversed_at,
        position=row.position,
    )
