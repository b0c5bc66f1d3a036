"""The address that a request came from: what the audit trail and the limits on refused logins go by."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from ledger.api.rest.exchange import Exchange

HOPS_MAX = 20
"""Entries of X-Forwarded-For that are looked at, from the last one on."""


class ClientAddresses:
    """Reads X-Forwarded-For from its end, where whoever is connected to our proxy stands, past the trusted proxies.

    What stands before an entry of somebody who is not trusted is that client's own word, and nobody's business.
    `believed`: a proxy of ours, or a declared terminator, writes the last entry. Where none does, the whole header is
    the client's word, and so may be the address that its connection seems to have: then it has none.
    """

    def __init__(self, trusted: Sequence[str], *, believed: bool) -> None:
        self._trusted = [ip_network(each) for each in trusted]
        self._believed = believed

    def of(self, exchange: Exchange) -> str:
        """In the usual spelling; empty where it is not known."""
        forwarded = exchange.header(b"x-forwarded-for")
        if forwarded is None:
            client = exchange.scope.get("client")
            return "" if client is None else str(client[0])
        return self._furthest(forwarded) if self._believed else ""

    def _furthest(self, forwarded: str) -> str:
        furthest = ""
        for text in reversed(forwarded.rsplit(",", HOPS_MAX)[-HOPS_MAX:]):
            address = _address(text)
            if address is None:
                break
            furthest = str(address)
            if not any(address in network for network in self._trusted):
                break
        return furthest


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Some proxies write the port along: `192.0.2.7:4711`, `[2001:db8::7]:4711`."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
