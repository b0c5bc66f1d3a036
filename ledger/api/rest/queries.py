"""REST routes of queries: path and query string to the one function of each query."""

from typing import Any
from urllib.parse import urlencode

import msgspec

from ledger.api.admission import admitted
from ledger.api.decoding import decode
from ledger.api.edge import Edge, caught_up
from ledger.api.errors import OK, Problem, invalid
from ledger.api.rest.exchange import Exchange, Handler, Reply
from ledger.api.rest.routes import AGGREGATE, QueryRoute
from ledger.runtime.family import Malformed

_NUMBERS = frozenset({"limit", "after"})
_encode = msgspec.json.Encoder().encode


def query_handler(edge: Edge, route: QueryRoute) -> Handler:
    """Waits for `Min-Position` where it is given, then asks."""

    async def handle(exchange: Exchange) -> Reply:
        caller = await admitted(edge, exchange)
        exchange.begin(route.query, exchange.args.get(AGGREGATE, ""))
        exchange.must_take_json()
        given = _given(route.input, exchange.query())
        await caught_up(edge, exchange.header(b"min-position"), route.projection)
        found = await route.ask(edge, caller, exchange, given)
        return Reply(OK, _encode(found), _headers(found, given, exchange))

    return handle


def _given(shape: type[msgspec.Struct], sent: dict[str, str]) -> msgspec.Struct:
    """What was sent, typed as a body's would be; only some are no text."""
    values: dict[str, Any] = dict(sent)
    for name in _NUMBERS & sent.keys():
        text = sent[name]
        if text.isascii() and text.isdigit() and len(text) <= 16:
            values[name] = int(text)
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
    version = getattr(found, "version", None)
    if version is not None:
        headers["etag"] = f'"{version}"'
    following = getattr(found, "next", None)
    if following is not None:
        # A history goes on after a version; every other list after a cursor of its own.
        name = "after" if isinstance(following, int) else "cursor"
        where = urlencode({name: following, "limit": getattr(given, "limit", None)})
        headers["link"] = f'<{exchange.path}?{where}>; rel="next"'
    return headers
