"""MedCards in GraphQL."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType

from ledger.api.graphql.resolving import Info, connection, given, list_values, must_show, mutation, shown
from ledger.api.medcards.rows import MEDCARD_ROWS
from ledger.api.queries.beneficiaries import beneficiaries
from ledger.api.queries.eligibility import eligibility
from ledger.api.queries.inputs import CardsInput, ClaimsInput, EligibilityInput, SpendInput
from ledger.api.queries.medcards import CardView, card, cards
from ledger.api.queries.medcards import cursor_of as card_cursor
from ledger.api.queries.prescriptions import claim, claims
from ledger.api.queries.prescriptions import cursor_of as claim_cursor
from ledger.api.queries.spend import current_month, monthly_spend

_query = QueryType()
_mutation = MutationType()
_card = ObjectType("MedCard")
_card_payload = ObjectType("MedCardPayload")
_claim_payload = ObjectType("ClaimPrescriptionPayload")
_reversal_payload = ObjectType("ReversePrescriptionClaimPayload")
_beneficiary_payload = ObjectType("BeneficiaryPayload")
_limit_payload = ObjectType("LimitChangePayload")
MEDCARD_BINDABLES = (
    _query,
    _mutation,
    _card,
    _card_payload,
    _claim_payload,
    _reversal_payload,
    _beneficiary_payload,
    _limit_payload,
)


@_query.field("medCard")
async def _med_card(_: Any, info: Info, *, id: str) -> Any:
    return await card(info.context.edge, info.context.caller, id)


@_query.field("medCards")
async def _med_cards(_: Any, info: Info, **arguments: Any) -> Any:
    asked = given(CardsInput, list_values(arguments))
    page = await cards(info.context.edge, info.context.caller, asked)
    return connection(page, lambda view: card_cursor(asked, view))


@_query.field("beneficiaries")
async def _beneficiaries(_: Any, info: Info, *, medCardId: str) -> Any:
    return (await beneficiaries(info.context.edge, info.context.caller, medCardId)).items


@_query.field("prescriptionClaim")
async def _prescription_claim(_: Any, info: Info, *, medCardId: str, claimId: str) -> Any:
    return await claim(info.context.edge, info.context.caller, medCardId, claimId)


@_query.field("prescriptionClaims")
async def _prescription_claims(_: Any, info: Info, *, medCardId: str, **arguments: Any) -> Any:
    asked = given(ClaimsInput, list_values(arguments))
    page = await claims(info.context.edge, info.context.caller, medCardId, asked)
    return connection(page, lambda view: claim_cursor(asked, view))


@_query.field("monthlySpend")
async def _monthly_spend(_: Any, info: Info, *, medCardId: str, month: str | None = None) -> Any:
    asked = given(SpendInput, {"month": month})
    return await monthly_spend(info.context.edge, info.context.caller, medCardId, asked)


@_query.field("eligibility")
async def _eligibility(_: Any, info: Info, *, medCardId: str, beneficiaryId: str) -> Any:
    asked = given(EligibilityInput, {"beneficiary": beneficiaryId})
    return await eligibility(info.context.edge, info.context.caller, medCardId, asked)


@_card.field("beneficiaries")
async def _beneficiaries_of_card(view: CardView, info: Info) -> Any:
    must_show(info, "beneficiaries", view.med_card_id)
    return await info.context.beneficiaries(view)


@_card.field("monthlySpend")
async def _spend_of_card(view: CardView, info: Info, *, month: str | None = None) -> Any:
    must_show(info, "monthlySpend", view.med_card_id)
    asked = given(SpendInput, {"month": month})
    return await info.context.spend(view, asked.month or current_month(info.context.edge))


async def _changed_card(payload: dict[str, Any], info: Info) -> Any:
    if not payload["success"]:
        return None
    edge, caller, card_id = info.context.edge, info.context.caller, payload["medCardId"]
    return await shown(info, payload, "medCard", card_id, lambda: card(edge, caller, card_id))


async def _changed_claim(payload: dict[str, Any], info: Info) -> Any:
    if not payload["success"] or payload["claimId"] is None:
        return None
    edge, caller, card_id, claim_id = info.context.edge, info.context.caller, payload["medCardId"], payload["claimId"]
    return await shown(info, payload, "prescriptionClaim", card_id, lambda: claim(edge, caller, card_id, claim_id))


async def _changed_beneficiary(payload: dict[str, Any], info: Info) -> Any:
    """Null for one who was removed."""
    if not payload["success"]:
        return None
    edge, caller, card_id = info.context.edge, info.context.caller, payload["medCardId"]
    found = await shown(info, payload, "beneficiaries", card_id, lambda: beneficiaries(edge, caller, card_id))
    return next((view for view in found.items if view.beneficiary_id == payload["beneficiaryId"]), None)


for _row in MEDCARD_ROWS:
    if not _row.terminal_only:
        _mutation.set_field(_row.name, mutation(_row))
for _payload in (_card_payload, _limit_payload):
    _payload.set_field("medCard", _changed_card)
_beneficiary_payload.set_field("beneficiary", _changed_beneficiary)
for _payload in (_claim_payload, _reversal_payload):
    _payload.set_field("claim", _changed_claim)
