"""MedCards in REST."""

from ledger.api.inputs import NoInput
from ledger.api.queries.beneficiaries import Beneficiaries, beneficiaries
from ledger.api.queries.eligibility import EligibilityView, eligibility
from ledger.api.queries.inputs import CardsInput, ClaimsInput, EligibilityInput, InsuranceClaimsInput, SpendInput
from ledger.api.queries.insurance import InsuranceClaimPage, InsuranceClaimView, insurance_claim, insurance_claims
from ledger.api.queries.medcards import CardPage, CardView, card, cards
from ledger.api.queries.prescriptions import ClaimPage, ClaimView, claim, claims
from ledger.api.queries.spend import SpendView, monthly_spend
from ledger.api.rest.routes import CommandRoute, QueryRoute

_CARD = "/api/v1/medcards/{id}"
_CLAIMS = f"{_CARD}/claims/prescriptions"
_INSURANCE = f"{_CARD}/claims/insurance"
_BENEFICIARY = _CARD + "/beneficiaries/{beneficiary}"
_REQUEST = _CARD + "/limit-requests/{request}"
_NAMES_CLAIM = (("claimId", "claim"),)
_NAMES_BENEFICIARY = (("beneficiaryId", "beneficiary"),)
_NAMES_REQUEST = (("requestId", "request"),)

MEDCARD_COMMAND_ROUTES = (
    CommandRoute("POST", _CLAIMS, "claimPrescription"),
    CommandRoute("POST", f"{_CLAIMS}/reversals", "reversePrescriptionClaim"),
    CommandRoute("POST", _CLAIMS + "/{claim}/reversal", "reversePrescriptionClaim", _NAMES_CLAIM),
    CommandRoute("POST", "/api/v1/medcards", "createMedCard"),
    CommandRoute("POST", f"{_CARD}/activate", "activateMedCard"),
    CommandRoute("POST", f"{_CARD}/suspend", "suspendMedCard"),
    CommandRoute("POST", f"{_CARD}/close", "closeMedCard"),
    CommandRoute("DELETE", _CARD, "closeMedCard"),
    CommandRoute("PATCH", _CARD, "updateMedCard"),
    CommandRoute("POST", f"{_CARD}/renew", "renewMedCard"),
    CommandRoute("POST", f"{_CARD}/beneficiaries", "addBeneficiary"),
    CommandRoute("PATCH", _BENEFICIARY, "updateBeneficiary", _NAMES_BENEFICIARY),
    CommandRoute("DELETE", _BENEFICIARY, "removeBeneficiary", _NAMES_BENEFICIARY),
    CommandRoute("PATCH", f"{_CARD}/monthly-limit", "requestLimitChange"),
    CommandRoute("POST", _REQUEST + "/approve", "approveLimitChange", _NAMES_REQUEST),
    CommandRoute("POST", _REQUEST + "/reject", "rejectLimitChange", _NAMES_REQUEST),
    CommandRoute("PATCH", f"{_CARD}/copayment", "changeCopayment"),
    CommandRoute("POST", f"{_CARD}/tier", "changeTier"),
    CommandRoute("POST", _INSURANCE, "fileInsuranceClaim"),
    CommandRoute("POST", _INSURANCE + "/{claim}/review", "startInsuranceClaimReview", _NAMES_CLAIM),
    CommandRoute("POST", _INSURANCE + "/{claim}/decision", "decideInsuranceClaim", _NAMES_CLAIM),
    CommandRoute("POST", _INSURANCE + "/{claim}/payment", "payInsuranceClaim", _NAMES_CLAIM),
    CommandRoute("POST", _INSURANCE + "/{claim}/appeal", "appealInsuranceClaim", _NAMES_CLAIM),
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
    QueryRoute(
        f"{_CARD}/eligibility",
        "eligibility",
        EligibilityInput,
        EligibilityView,
        lambda edge, who, of, given: eligibility(edge, who, of.args["id"], given),
    ),
    QueryRoute(
        _INSURANCE,
        "insuranceClaims",
        InsuranceClaimsInput,
        InsuranceClaimPage,
        lambda edge, who, of, given: insurance_claims(edge, who, of.args["id"], given),
    ),
    QueryRoute(
        _INSURANCE + "/{claim}",
        "insuranceClaim",
        NoInput,
        InsuranceClaimView,
        lambda edge, who, of, _: insurance_claim(edge, who, of.args["id"], of.args["claim"]),
        ("card_not_found", "claim_not_found"),
    ),
)
