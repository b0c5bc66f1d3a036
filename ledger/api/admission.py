"""Who comes in through a door: authenticated, and counted."""

from ledger.api.edge import Edge
from ledger.api.rest.exchange import Exchange
from ledger.messages.commands import Caller


async def admitted(edge: Edge, exchange: Exchange) -> Caller:
    """The caller of a request, whose answer will tell what is left of its rate. Raises `Problem`."""
    caller = await edge.tokens.caller_of(exchange.header(b"authorization"))
    exchange.caller = caller
    exchange.reply_headers.update(await edge.rates.take(caller))
    return caller
