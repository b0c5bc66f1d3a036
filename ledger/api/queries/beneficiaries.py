"""Whom cards cover."""

from collections.abc import Collection, Mapping
from datetime import datetime

from ledger.api.answers import Answer, Money, money_or_none
from ledger.api.edge import Edge, may_ask
from ledger.api.queries.access import visible_card
from ledger.api.queries.boxes import PersonView, opened, person_of
from ledger.messages.commands import Caller
from ledger.reads import BeneficiaryRow


class BeneficiaryView(Answer, frozen=True, kw_only=True):
    """A person whom a card covers; `person` is null once it was erased."""

    med_card_id: str
    beneficiary_id: str
    relation: str
    person: PersonView | None
    monthly_limit: Money | None
    since: datetime


class Beneficiaries(Answer, frozen=True, kw_only=True):
    """All beneficiaries of a card, the longest covered first."""

    items: tuple[BeneficiaryView, ...]


async def beneficiaries(edge: Edge, caller: Caller, medcard_id: str) -> Beneficiaries:
    """Of one card. Raises `Problem`."""
    may_ask("beneficiaries", caller)
    await visible_card(edge, caller, medcard_id)
    return Beneficiaries(items=(await beneficiaries_of(edge, [medcard_id]))[medcard_id])


async def beneficiaries_of(edge: Edge, medcard_ids: Collection[str]) -> Mapping[str, tuple[BeneficiaryView, ...]]:
    """Of cards that the caller is known to see, in one question."""
    rows = await edge.reads.medcards.beneficiaries(medcard_ids)
    # The primary holder's box is the card's own, still bound to its field `holder`; the others have their own events'.
    fields = ["holder" if row.relation == "PRIMARY" else "person" for row in rows]
    clear = await opened(edge.keys, [(row.medcard_id, of, row.person) for row, of in zip(rows, fields, strict=True)])
    found: dict[str, tuple[BeneficiaryView, ...]] = dict.fromkeys(medcard_ids, ())
    for row, person in zip(rows, clear, strict=True):
        found[row.medcard_id] += (_view(row, person_of(person)),)
    return found


def _view(row: BeneficiaryRow, person: PersonView | None) -> BeneficiaryView:
    return BeneficiaryView(
        med_card_id=row.medcard_id,
        beneficiary_id=row.beneficiary_id,
        relation=row.relation,
        person=person,
        monthly_limit=money_or_none(row.monthly_limit_minor),
        since=row.since,
    )
