"""MedCards in REST."""

from ledger.api.inputs import NoInput
from ledger.api.queries.beneficiaries import Beneficiaries, beneficiaries
from ledger.api.queries.inputs import CardsInput, ClaimsInput, SpendInput
from ledger.api.queries.medcards import CardPage, CardView, card, cards
from ledger.api.queries.prescriptions import ClaimPage, ClaimView, claim, claims
from ledger.api.queries.spend import SpendView, monthly_spend
from ledger.api.rest.routes import CommandRoute, QueryRoute

_CARD = "/api/v1/medcards/{id}"
_CLAIMS = f"{_CARD}/claims/prescriptions"

MEDCARD_COMMAND_ROUTES = (
    CommandRoute("POST", _CLAIMS, "claimPrescription"),
    CommandRoute("POST", f"{_CLAIMS}/reversals", "reversePrescriptionClaim"),
    CommandRoute("POST", _CLAIMS + "/{claim}/reversal", "reversePrescriptionClaim", (("claimId", "claim"),)),
    CommandRoute("POST", "/api/v1/medcards", "createMedCard"),
    CommandRoute("POST", f"{_CARD}/activate", "activateMedCard"),
    CommandRoute("POST", f"{_CARD}/suspend", "suspendMedCard"),
    CommandRoute("POST", f"{_CARD}/close", "closeMedCard"),
    CommandRoute("DELETE", _CARD, "closeMedCard"),
)

MEDCARD_QUERY_ROUTES = (
    QueryRoute(_CARD, "medCard", NoInput, CardView, lambda edge, who, of, _: card(edge, who, of.args["id"])),
    QueryRoute(
        "/api/v1/medcards", "medCards", CardsInput, CardPage, lambda edge, who, _, given: cards(edge, who, given), ()
    ),
    QueryRoute(
        f"{_CARD}/beneficiaries",
        "beneficiaries",
        NoInput,
        Beneficiaries,
        lambda edge, who, of, _: beneficiaries(edge, who, of.args["id"]),
    ),
    QueryRoute(
        _CLAIMS,
        "prescriptionClaims",
        ClaimsInput,
        ClaimPage,
        lambda edge, who, of, given: claims(edge, who, of.args["id"], given),
    ),
    QueryRoute(
        _CLAIMS + "/{claim}",
        "prescriptionClaim",
        NoInput,
        ClaimView,
        lambda edge, who, of, _: claim(edge, who, of.args["id"], of.args["claim"]),
        ("card_not_found", "claim_not_found"),
    ),
    QueryRoute(
        f"{_CARD}/spend",
        "monthlySpend",
        SpendInput,
        SpendView,
        lambda edge, who, of, given: monthly_spend(edge, who, of.args["id"], given),
    ),
)
