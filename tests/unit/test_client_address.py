"""Whose address a request has, whatever its sender writes into its headers."""

from typing import Any

import pytest

from ledger.api.client_address import ClientAddresses
from ledger.api.rest.exchange import Exchange
from ledger.clocks import SystemIds

PROXIES = ("10.0.0.0/8", "fd00::/8")
CLIENT = "41.33.1.9"


async def _nothing() -> Any:
    raise AssertionError("no body is read")


def request(*forwarded: str, client: Any = ("127.0.0.1", 1)) -> Exchange:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return Exchange({"type": "http", "headers": headers, "client": client, "path": "/"}, _nothing, SystemIds())


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ((CLIENT,), CLIENT),
        (("1.2.3.4, 41.33.1.9",), CLIENT),  # the client's own word before that of our proxy
        (("1.2.3.4, 41.33.1.9, 10.0.0.7",), CLIENT),  # past a trusted proxy
        (("41.33.1.9, 10.0.0.7, 10.0.0.8",), CLIENT),
        (("1.2.3.4, 41.33.1.9", "10.0.0.7"), CLIENT),  # a header for each hop
        (("10.0.0.9, 10.0.0.7",), "10.0.0.9"),  # nobody else has a hand in it
        (("no address, 10.0.0.7",), "10.0.0.7"),
        (("41.33.1.9:4711, [fd00::1]:80",), CLIENT),
        (("2001:DB8::0:7, fd00::1",), "2001:db8::7"),
        (("::ffff:41.33.1.9",), CLIENT),
        (("1.2.3.4, " + ", ".join(["10.0.0.7"] * 50),), "10.0.0.7"),
        (("nonsense",), ""),
        (("",), ""),
    ],
)
def test_the_last_entry_that_no_trusted_proxy_wrote_of_another_is_the_client(
    forwarded: tuple[str, ...], address: str
) -> None:
    assert ClientAddresses(PROXIES, believed=True).of(request(*forwarded)) == address


def test_without_trusted_proxies_the_last_entry_counts() -> None:
    assert ClientAddresses((), believed=True).of(request("41.33.1.9, 10.0.0.7")) == "10.0.0.7"


def test_where_no_proxy_of_ours_stands_a_header_is_nobodys_word() -> None:
    addresses = ClientAddresses(PROXIES, believed=False)
    assert addresses.of(request(CLIENT)) == ""
    assert addresses.of(request(client=(CLIENT, 1))) == CLIENT
    assert addresses.of(request(client=None)) == ""
