"""Pharmacies in REST."""

from ledger.api.inputs import NoInput
from ledger.api.queries.inputs import (
    PharmaciesInput,
    PharmacyClaimsInput,
    RejectionsInput,
    TerminalsInput,
    TotalsInput,
)
from ledger.api.queries.pharmacies import PharmacyPage, PharmacyView, Terminals, pharmacies, pharmacy, terminals
from ledger.api.queries.pharmacy_days import TotalsView, pharmacy_claims, rejections, totals
from ledger.api.queries.prescriptions import ClaimPage
from ledger.api.rest.routes import CommandRoute, QueryRoute

_PHARMACY = "/api/v1/pharmacies/{id}"
_NOT_FOUND = ("pharmacy_not_found",)

PHARMACY_COMMAND_ROUTES = (
    CommandRoute("POST", "/api/v1/pharmacies", "registerPharmacy"),
    CommandRoute("POST", f"{_PHARMACY}/contract", "contractPharmacy"),
    CommandRoute("POST", f"{_PHARMACY}/suspend", "suspendPharmacy"),
    CommandRoute("POST", f"{_PHARMACY}/terminals", "registerTerminal"),
    CommandRoute("DELETE", _PHARMACY + "/terminals/{terminal}", "revokeTerminal", (("terminalId", "terminal"),)),
)

PHARMACY_QUERY_ROUTES = (
    QueryRoute(
        "/api/v1/pharmacies",
        "pharmacies",
        PharmaciesInput,
        PharmacyPage,
        lambda edge, who, _, given: pharmacies(edge, who, given),
        (),
    ),
    QueryRoute(
        _PHARMACY,
        "pharmacy",
        NoInput,
        PharmacyView,
        lambda edge, who, of, _: pharmacy(edge, who, of.args["id"]),
        _NOT_FOUND,
    ),
    QueryRoute(
        f"{_PHARMACY}/terminals",
        "terminals",
        TerminalsInput,
        Terminals,
        lambda edge, who, of, given: terminals(edge, who, of.args["id"], given),
        _NOT_FOUND,
    ),
    QueryRoute(
        f"{_PHARMACY}/claims",
        "pharmacyClaims",
        PharmacyClaimsInput,
        ClaimPage,
        lambda edge, who, of, given: pharmacy_claims(edge, who, of.args["id"], given),
        _NOT_FOUND,
    ),
    QueryRoute(
        f"{_PHARMACY}/totals",
        "pharmacyTotals",
        TotalsInput,
        TotalsView,
        lambda edge, who, of, given: totals(edge, who, of.args["id"], given),
        _NOT_FOUND,
    ),
    QueryRoute(
        f"{_PHARMACY}/rejections",
        "pharmacyRejections",
        RejectionsInput,
        ClaimPage,
        lambda edge, who, of, given: rejections(edge, who, of.args["id"], given),
        _NOT_FOUND,
    ),
)
