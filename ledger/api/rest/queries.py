"""REST routes of queries: path and query string to the one function of each query."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from ledger.api.decoding import decode
from ledger.api.edge import Edge, caught_up
from ledger.api.errors import OK, Problem, invalid
from ledger.api.inputs import NoInput
from ledger.api.queries.beneficiaries import Beneficiaries, beneficiaries
from ledger.api.queries.inputs import CardsInput, ClaimsInput, SpendInput
from ledger.api.queries.medcards import CardPage, CardView, card, cards
from ledger.api.queries.prescriptions import ClaimPage, ClaimView, claim, claims
from ledger.api.queries.spend import SpendView, monthly_spend
from ledger.api.rest.exchange import Exchange, Handler, Reply
from ledger.messages.commands import Caller
from ledger.runtime.family import Malformed

Ask = Callable[[Edge, Caller, Exchange, Any], Awaitable[msgspec.Struct]]
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class QueryRoute:
    """A path for a query. `codes`: what it may refuse beside what every query may."""

    path: str
    query: str
    input: type[msgspec.Struct]
    answer: type[msgspec.Struct]
    ask: Ask
    codes: tuple[str, ...] = ("card_not_found",)


_CARD = "/api/v1/medcards/{id}"
_CLAIMS = f"{_CARD}/claims/prescriptions"

QUERY_ROUTES = (
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


def query_handler(edge: Edge, route: QueryRoute) -> Handler:
    """Waits for `Min-Position` where it is given, then asks."""

    async def handle(exchange: Exchange) -> Reply:
        caller = edge.tokens.caller_of(exchange.header(b"authorization"))
        exchange.must_take_json()
        given = _given(route.input, exchange.query())
        await caught_up(edge, exchange.header(b"min-position"))
        found = await route.ask(edge, caller, exchange, given)
        return Reply(OK, _encode(found), _headers(found, given, exchange))

    return handle


def _given(shape: type[msgspec.Struct], fields: dict[str, str]) -> msgspec.Struct:
    """The fields, typed as a body's would be; only `limit` is no text."""
    values: dict[str, Any] = dict(fields)
    limit = fields.get("limit", "")
    if limit.isascii() and limit.isdigit() and len(limit) <= 9:
        values["limit"] = int(limit)
    try:
        body = _encode(values)
    except UnicodeEncodeError:
        raise Problem("invalid_request", "the query string is no UTF-8") from None
    given = decode(shape, body)
    if isinstance(given, Malformed):
        raise invalid(given.errors)
    return given


def _headers(found: msgspec.Struct, given: msgspec.Struct, exchange: Exchange) -> dict[str, str]:
    headers = {}
    if isinstance(found, CardView):
        headers["etag"] = f'"{found.version}"'
    following = getattr(found, "next", None)
    if following is not None:
        where = urlencode({"cursor": following, "limit": getattr(given, "limit", None)})
        headers["link"] = f'<{exchange.path}?{where}>; rel="next"'
    return headers
