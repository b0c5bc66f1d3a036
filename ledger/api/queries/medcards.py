"""Cards."""

from collections.abc import Sequence
from datetime import date, datetime

from ledger.api.answers import Answer, Money, money, money_or_none
from ledger.api.edge import Edge, may_ask
from ledger.api.queries.access import visible_card
from ledger.api.queries.boxes import PersonView, opened, person_of
from ledger.api.queries.inputs import CardsInput
from ledger.api.queries.paging import cursor_at, page_of, part_of
from ledger.api.rights import bound_plan, bound_user
from ledger.domain.calendar import cairo_date
from ledger.messages.commands import Caller
from ledger.reads import CardFilter, CardRow


class CardView(Answer, frozen=True, kw_only=True):
    """A card. `expired`: its expiry date has passed; `holder` is null once it was erased.

    Every object shows its own id as `id` too, so that generic clients can keep it.
    """

    id: str
    med_card_id: str
    user_id: str
    plan_id: str
    card_type: str
    status: str
    expired: bool
    currency: str
    monthly_limit: Money
    annual_limit: Money | None
    copayment_percentage: Money
    expiry_date: date
    holder: PersonView | None
    created_at: datetime
    updated_at: datetime
    version: int


class CardPage(Answer, frozen=True, kw_only=True):
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[CardView, ...]
    next: str | None


async def card(edge: Edge, caller: Caller, medcard_id: str) -> CardView:
    """One card. Raises `Problem`."""
    may_ask("medCard", caller)
    [view] = await _views(edge, [await visible_card(edge, caller, medcard_id)])
    return view


async def cards(edge: Edge, caller: Caller, given: CardsInput) -> CardPage:
    """A part of the cards that the caller may see. Raises `Problem`."""
    may_ask("medCards", caller)
    given, page = page_of("medCards", given)
    where = _within(given, caller)
    rows = [] if where is None else await edge.reads.medcards.cards(where, page)
    shown, following = part_of("medCards", given, rows, lambda row: (row.created_at, row.medcard_id))
    return CardPage(items=tuple(await _views(edge, shown)), next=following)


def cursor_of(given: CardsInput, view: CardView) -> str:
    """The cursor behind one card of a list, for connections."""
    return cursor_at("medCards", given, view.created_at, view.med_card_id)


def _within(given: CardsInput, caller: Caller) -> CardFilter | None:
    """The filter cut down to what the caller may see; None where nothing is left of it."""
    user, plan = bound_user(caller), bound_plan(caller)
    if (user is not None and given.user_id not in (None, user)) or (
        plan is not None and given.plan_id not in (None, plan)
    ):
        return None
    status = None if given.status is None else given.status.value
    return CardFilter(user_id=user or given.user_id, plan_id=plan or given.plan_id, status=status)


async def _views(edge: Edge, rows: Sequence[CardRow]) -> list[CardView]:
    clear = await opened(edge.keys, [(row.medcard_id, "holder", row.holder) for row in rows])
    today = cairo_date(edge.clock.now())
    return [_view(row, person_of(holder), today) for row, holder in zip(rows, clear, strict=True)]


def _view(row: CardRow, holder: PersonView | None, today: date) -> CardView:
    return CardView(
        id=row.medcard_id,
        med_card_id=row.medcard_id,
        user_id=row.user_id,
        plan_id=row.plan_id,
        card_type=row.card_type,
        status=row.status,
        expired=row.expiry_date < today,
        currency=row.currency,
        monthly_limit=money(row.monthly_limit_minor),
        annual_limit=money_or_none(row.annual_limit_minor),
        copayment_percentage=money(row.copayment_basis_points),
        expiry_date=row.expiry_date,
        holder=holder,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )
