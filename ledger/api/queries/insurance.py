"""Insurance claims as they stand."""

from collections.abc import Sequence
from datetime import date, datetime

from ledger.api.answers import Answer, Money, money
from ledger.api.edge import Edge, may_ask
from ledger.api.errors import Problem
from ledger.api.queries.access import visible_card
from ledger.api.queries.boxes import LineView, codes_of, lines_of, opened, text_of
from ledger.api.queries.inputs import InsuranceClaimsInput
from ledger.api.queries.paging import cursor_at, page_of, part_of
from ledger.api.rights import bound_plan, bound_provider, bound_user
from ledger.api.wire import is_aggregate_id
from ledger.messages.commands import Caller
from ledger.reads.insurance import InsuranceClaimRow, InsuranceFilter


class InsuranceClaimView(Answer, frozen=True, kw_only=True):
    """An insurance claim. What is health data is null once it was erased; so is an appeal's reason before an appeal."""

    id: str
    claim_id: str
    med_card_id: str
    provider_id: str
    plan_id: str
    beneficiary_id: str
    service_date: date
    currency: str
    status: str
    claimed: Money
    approved: Money
    paid: Money
    reason_codes: tuple[str, ...]
    payment_reference: str | None
    documents: tuple[str, ...]
    diagnosis_codes: tuple[str, ...] | None
    lines: tuple[LineView, ...] | None
    appeal_reason: str | None
    filed_at: datetime
    updated_at: datetime
    position: str


class InsuranceClaimPage(Answer, frozen=True, kw_only=True):
    """Newest first. `next`: the cursor of what follows, null at the end."""

    items: tuple[InsuranceClaimView, ...]
    next: str | None


async def insurance_claim(edge: Edge, caller: Caller, medcard_id: str, claim_id: str) -> InsuranceClaimView:
    """One claim. Raises `Problem`."""
    may_ask("insuranceClaim", caller)
    await _see_card(edge, caller, medcard_id)
    fit = is_aggregate_id(medcard_id) and is_aggregate_id(claim_id)
    row = await edge.reads.insurance.claim(medcard_id, claim_id) if fit else None
    if row is None or bound_provider(caller) not in (None, row.provider_id):
        raise Problem("claim_not_found")
    [view] = await _views(edge, [row])
    return view


async def insurance_claims(
    edge: Edge, caller: Caller, medcard_id: str | None, given: InsuranceClaimsInput
) -> InsuranceClaimPage:
    """A part of a card's claims, or of all that the caller may see; a provider sees its own only. Raises `Problem`."""
    may_ask("insuranceClaims", caller)
    query = _query_of(medcard_id)
    given, page = page_of(query, given)
    if medcard_id is not None:
        await _see_card(edge, caller, medcard_id)
    elif bound_user(caller) is not None:
        # A member's claims hang on its cards; there is no list of them across cards.
        raise Problem("forbidden", "a member asks for the claims of one of its cards")
    where = _within(caller, medcard_id, given)
    rows = [] if where is None else await edge.reads.insurance.claims(where, page)
    shown, following = part_of(query, given, rows, lambda row: (row.filed_at, row.claim_id, row.medcard_id))
    return InsuranceClaimPage(items=tuple(await _views(edge, shown)), next=following)


def cursor_of(medcard_id: str | None, given: InsuranceClaimsInput, view: InsuranceClaimView) -> str:
    """The cursor behind one claim of a list, for connections."""
    return cursor_at(_query_of(medcard_id), given, view.filed_at, view.claim_id, view.med_card_id)


def _query_of(medcard_id: str | None) -> str:
    return f"insuranceClaims/{medcard_id or ''}"


def _within(caller: Caller, medcard_id: str | None, given: InsuranceClaimsInput) -> InsuranceFilter | None:
    """The filter cut down to what the caller may see; None where nothing is left of it."""
    provider, plan = bound_provider(caller), bound_plan(caller)
    if (provider is not None and given.provider_id not in (None, provider)) or (
        plan is not None and given.plan_id not in (None, plan)
    ):
        return None
    if medcard_id is not None and not is_aggregate_id(medcard_id):
        return None
    return InsuranceFilter(
        medcard_id=medcard_id,
        provider_id=provider or given.provider_id,
        plan_id=plan or given.plan_id,
        beneficiary_id=given.beneficiary_id,
        status=None if given.status is None else given.status.value,
    )


async def _see_card(edge: Edge, caller: Caller, medcard_id: str) -> None:
    # A provider sees its claims and not the card: of a card without any, it does not learn whether it exists.
    if bound_provider(caller) is None or bound_user(caller) is not None or bound_plan(caller) is not None:
        await visible_card(edge, caller, medcard_id)


async def _views(edge: Edge, rows: Sequence[InsuranceClaimRow]) -> list[InsuranceClaimView]:
    boxes = [
        (row.medcard_id, field, box)
        for row in rows
        for field, box in (
            ("diagnosisCodes", row.diagnosis_codes),
            ("lines", row.lines),
            ("reason", row.appeal_reason),
        )
    ]
    clear = await opened(edge.keys, boxes)
    return [_view(row, *clear[3 * number : 3 * number + 3]) for number, row in enumerate(rows)]


def _view(
    row: InsuranceClaimRow, diagnosis_codes: bytes | None, lines: bytes | None, appeal_reason: bytes | None
) -> InsuranceClaimView:
    return InsuranceClaimView(
        id=row.claim_id,
        claim_id=row.claim_id,
        med_card_id=row.medcard_id,
        provider_id=row.provider_id,
        plan_id=row.plan_id,
        beneficiary_id=row.beneficiary_id,
        service_date=row.service_date,
        currency=row.currency,
        status=row.status,
        claimed=money(row.claimed_minor),
        approved=money(row.approved_minor),
        paid=money(row.paid_minor),
        reason_codes=tuple(row.reason_codes),
        payment_reference=row.payment_reference,
        documents=tuple(row.document_refs),
        diagnosis_codes=codes_of(diagnosis_codes),
        lines=lines_of(lines),
        appeal_reason=text_of(appeal_reason),
        filed_at=row.filed_at,
        updated_at=row.updated_at,
        position=row.position,
    )
