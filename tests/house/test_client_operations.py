"""The client's operations are those of the API, all of them, as they are today."""

import asyncio
import inspect
import json
import re

import httpx

from ledger.api.client_code import CLIENT, GROUPS, client_code
from ledger.api.rest.openapi import openapi_document
from ledger.client import Ledger, NotFound

WEBHOOKS = "/webhooks/"
METHODS = {"get", "post", "patch", "delete"}


def test_the_clients_operations_are_up_to_date() -> None:
    expected = client_code(openapi_document())
    kept = {path.name: path.read_text(encoding="utf-8") for path in CLIENT.glob("*.py") if path.name != "__init__.py"}
    assert kept == expected, "run: .venv/bin/ledger docs"


def test_every_operation_can_be_reached() -> None:
    wanted = {
        (method.upper(), re.sub(r"{\w+}", "an%2Fid", path))
        for path, operations in openapi_document()["paths"].items()
        for method in operations
        if method in METHODS and path.startswith("/api/v1/") and WEBHOOKS not in path
    }
    seen: set[tuple[str, str]] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        seen.add((request.method, request.url.raw_path.decode().split("?")[0]))
        if request.method != "GET":
            assert isinstance(json.loads(request.content), dict)
        return httpx.Response(404, json={"code": "not_found", "retryable": False})

    async def call_all() -> None:
        async with Ledger("http://edge", "token", transport=httpx.MockTransport(answer)) as ledger:
            for group in GROUPS:
                for name, call in inspect.getmembers(getattr(ledger, group), inspect.iscoroutinefunction):
                    needed = [
                        each for each in inspect.signature(call).parameters.values() if each.default is each.empty
                    ]
                    places = ["an/id" for each in needed if each.kind is each.POSITIONAL_OR_KEYWORD]
                    named = {each.name: "x" for each in needed if each.kind is each.KEYWORD_ONLY}
                    try:
                        await call(*places, **named)
                    except NotFound:
                        continue
                    raise AssertionError(name)

    asyncio.run(call_all())
    assert seen == wanted
