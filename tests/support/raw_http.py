"""Requests as they stand on the wire, past what a client would tidy up: handed to the application as a server does."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.support.doors import token


@dataclass(frozen=True, slots=True)
class Raw:
    """What came back. Header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """Of a problem; checks that it is one."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        code: str = json.loads(self.body)["code"]
        return code


async def raw(
    app: Any,
    method: str,
    path: str,
    parts: Iterable[bytes] = (b"",),
    headers: Iterable[tuple[str, str]] | None = None,
) -> Raw:
    """`path` as it stands in the request's first line, with its query string; `parts`: the body, as it arrives.
    `headers`: all of them; an ADMIN's token and JSON by default."""
    target, _, query = path.partition("?")
    given = headers if headers is not None else usual_headers()
    scope = {
        "type": "http",
        "method": method,
        "path": unquote(target),
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given],
        "client": ("192.0.2.1", 1),
    }
    waiting = list(parts)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    found = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Raw(start["status"], found, b"".join(message.get("body", b"") for message in rest))


def usual_headers(**more: str) -> list[tuple[str, str]]:
    named = {"authorization": f"Bearer {token()}", "content-type": "application/json", **more}
    return list(named.items())
