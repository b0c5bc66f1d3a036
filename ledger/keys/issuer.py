"""Where the issuer of tokens publishes its keys: an address or a file."""

import asyncio
import http.client
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

JWKS_BYTES_MAX = 1_000_000
FETCH_TIMEOUT_S = 5.0
"""Both for each wait for bytes, and for the whole."""


def fetcher_of(location: str) -> Callable[[], Awaitable[bytes]]:
    """Reads the key set as it is now, in a thread. The reader raises `OSError`."""
    read = _from_address if location.startswith(("https://", "http://")) else _from_file

    async def fetch() -> bytes:
        # An issuer that sends a byte now and then keeps its thread, and nobody else.
        async with asyncio.timeout(FETCH_TIMEOUT_S):
            return await asyncio.to_thread(read, location)

    return fetch


def _from_file(location: str) -> bytes:
    return Path(location).read_bytes()


def _from_address(location: str) -> bytes:
    try:
        with urllib.request.urlopen(location, timeout=FETCH_TIMEOUT_S) as answer:
            body: bytes = answer.read(JWKS_BYTES_MAX + 1)
    except http.client.HTTPException as error:
        raise OSError(f"the issuer does not speak HTTP as it should: {type(error).__name__}") from error
    if len(body) > JWKS_BYTES_MAX:
        raise OSError(f"the key set is larger than {JWKS_BYTES_MAX} bytes")
    return body
