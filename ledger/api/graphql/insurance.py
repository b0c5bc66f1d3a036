"""Insurance claims in GraphQL; their mutations are among those of MedCards."""

from typing import Any

from ariadne import ObjectType, QueryType

from ledger.api.graphql.resolving import Info, connection, given, list_values, shown
from ledger.api.queries.inputs import InsuranceClaimsInput
from ledger.api.queries.insurance import cursor_of, insurance_claim, insurance_claims

_query = QueryType()
_payload = ObjectType("InsuranceClaimPayload")
INSURANCE_BINDABLES = (_query, _payload)


@_query.field("insuranceClaim")
async def _insurance_claim(_: Any, info: Info, *, medCardId: str, claimId: str) -> Any:
    return await insurance_claim(info.context.edge, info.context.caller, medCardId, claimId)


@_query.field("insuranceClaims")
async def _insurance_claims(_: Any, info: Info, *, medCardId: str | None = None, **arguments: Any) -> Any:
    asked = given(InsuranceClaimsInput, list_values(arguments))
    page = await insurance_claims(info.context.edge, info.context.caller, medCardId, asked)
    return connection(page, lambda view: cursor_of(medCardId, asked, view))


@_payload.field("claim")
async def _changed_claim(payload: dict[str, Any], info: Info) -> Any:
    if not payload["success"]:
        return None
    edge, caller, card_id, claim_id = info.context.edge, info.context.caller, payload["medCardId"], payload["claimId"]
    return await shown(
        info, payload, "insuranceClaim", card_id, lambda: insurance_claim(edge, caller, card_id, claim_id)
    )
