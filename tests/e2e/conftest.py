"""One whole server for the session of e2e tests: one Ray cluster, as `make run` starts it."""

from collections.abc import Iterator

import pytest

from tests.support.server import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.discard()
