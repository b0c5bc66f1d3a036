"""One HTTP request and its reply, straight on ASGI: the least that the hot path needs."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote

from starlette.types import Receive, Scope, Send

from ledger.api.errors import Problem, invalid_at, problem_body, problem_headers, problem_of_failure
from ledger.messages.commands import Caller, Trace
from ledger.ports import Ids

REQUEST_ID_CHARS_MAX = 128
QUERY_FIELDS_MAX = 20
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_JSON_TYPE = re.compile(r'application/json *(; *charset="?utf-8"?)?', re.IGNORECASE)
_TAKES_JSON = re.compile(r"\s*(\*/\*|application/(\*|json|problem\+json))\s*(;.*)?", re.IGNORECASE)
_NEVER = re.compile(r";\s*q\s*=\s*0(\.0*)?\s*(;|$)", re.IGNORECASE)
_LISTS = (b"accept", b"min-position", b"x-forwarded-for")
_ONE_AT_MOST = (b"authorization", b"content-type", b"idempotency-key", b"if-match")
BASIC_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


@dataclass(slots=True)
class Doing:
    """What a request does, on what, and what came of it: `ok`, a code, or nothing as long as it lasts."""

    what: str
    on_what: str
    outcome: str = ""


class Observer(Protocol):
    """Looks at every request when it has been answered."""

    def answered(self, exchange: "Exchange", path: str, reply: "Reply", seconds: float) -> None:
        """`path`: the route's, with its parameters' names. Raises `Problem`, which is then answered instead."""
        ...


class Exchange:
    """A request as handlers see it.

    Of headers that come twice, lists are joined, those that must be one are refused, and of all others the last counts.
    """

    __slots__ = ("_doubled", "_headers", "_receive", "args", "caller", "doings", "reply_headers", "request_id", "scope")

    def __init__(self, scope: Scope, receive: Receive, ids: Ids) -> None:
        self.scope = scope
        self.args: Mapping[str, str] = scope.get("path_params", {})
        self.reply_headers: dict[str, str] = {}
        """What the answer will carry, whatever it is."""
        self.caller: Caller | None = None
        """Who asks, once that is known."""
        self.doings: list[Doing] = []
        self._receive = receive
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._doubled: frozenset[bytes] = frozenset()
        if len(self._headers) != len(scope["headers"]):
            self._join(scope["headers"])
        self.request_id = self._request_id(ids)

    def _join(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        counts = Counter(name for name, _ in headers)
        self._doubled = frozenset(name for name in _ONE_AT_MOST if counts[name] > 1)
        for name in _LISTS:
            if counts[name] > 1:
                self._headers[name] = b", ".join(value for each, value in headers if each == name)

    def _request_id(self, ids: Ids) -> str:
        given = self.header(b"x-request-id")
        fit = given is not None and 1 <= len(given) <= REQUEST_ID_CHARS_MAX and given.isascii() and given.isprintable()
        return given if fit and given is not None else ids.new_id()

    @property
    def path(self) -> str:
        """Percent-encoded, fit for headers and JSON whatever the client sent."""
        return quote(self.scope["path"], errors="replace")

    def begin(self, what: str, on_what: str) -> "Doing":
        """One thing that the request does."""
        doing = Doing(what, on_what)
        self.doings.append(doing)
        return doing

    def header(self, name: bytes) -> str | None:
        """`name` in lower case. Raises `Problem` where one is allowed and several came."""
        if name in self._doubled:
            raise Problem("invalid_request", f"the header {name.decode()} came more than once")
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    def trace(self, source: str) -> Trace:
        """Where a command of this request comes from."""
        parent = _TRACE_PARENT.fullmatch(self.header(b"traceparent") or "")
        return Trace(source, self.request_id, None, parent[1] if parent else None)

    def must_take_json(self) -> None:
        """Raises `Problem` where the client excludes JSON."""
        accept = self._headers.get(b"accept")
        if accept and accept != b"*/*" and not any(map(_takes_json, accept.decode("latin-1").split(","))):
            raise Problem("not_acceptable", f"answers come as {JSON}")

    async def json_body(self, bytes_max: int, timeout_s: float) -> bytes:
        """The raw body, `bytes_max` long at the most. Raises `Problem`.

        While it is waited for, it holds one of the replica's places.
        """
        body = await self._body(bytes_max, timeout_s)
        if body:
            kind = self._headers.get(b"content-type", b"")
            if kind != b"application/json" and _JSON_TYPE.fullmatch(kind.decode("latin-1")) is None:
                raise Problem("unsupported_media_type", f"a body comes as {JSON} in UTF-8")
        return body

    async def _body(self, bytes_max: int, timeout_s: float) -> bytes:
        declared = self._headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared[:19]) > bytes_max:
            raise _too_large(bytes_max)
        parts: list[bytes] = []
        length, more = 0, True
        try:
            async with asyncio.timeout(timeout_s):
                while more:
                    message = await self._receive()
                    if message["type"] == "http.disconnect":
                        # Half a body must not be taken for a whole one: an empty one closes a card.
                        raise Problem("invalid_request", "the request ended early")
                    parts.append(message.get("body", b""))
                    length += len(parts[-1])
                    if length > bytes_max:
                        raise _too_large(bytes_max)
                    more = message.get("more_body", False)
        except TimeoutError:
            raise Problem("invalid_request", f"the body did not come within {timeout_s:g} s") from None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def query(self) -> dict[str, str]:
        """The query string's fields, each once. Raises `Problem`."""
        raw: bytes = self.scope.get("query_string", b"")
        if not raw:
            return {}
        try:
            pairs = parse_qsl(
                raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=QUERY_FIELDS_MAX
            )
        except ValueError:
            raise invalid_at("", "the query string is malformed") from None
        fields = dict(pairs)
        if len(fields) < len(pairs):
            raise invalid_at("", "a query parameter stands twice")
        return fields


def _takes_json(media_range: str) -> bool:
    return _TAKES_JSON.fullmatch(media_range) is not None and _NEVER.search(media_range) is None


def _too_large(bytes_max: int) -> Problem:
    return Problem("payload_too_large", facts={"bytesMax": bytes_max})


class Reply:
    """A response. Header names in lower case."""

    __slots__ = ("body", "code", "content_type", "headers", "status")

    def __init__(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        content_type: str = JSON,
        code: str = "ok",
    ) -> None:
        self.status = status
        self.code = code
        self.body = body
        self.headers = headers or {}
        self.content_type = content_type

    async def send(self, send: Send, request_id: str, *, with_body: bool = True) -> None:
        headers = [
            (b"content-type", self.content_type.encode()),
            (b"content-length", b"%d" % len(self.body)),
            (b"x-request-id", request_id.encode()),
            *BASIC_HEADERS,
        ]
        headers.extend((name.encode(), value.encode("latin-1")) for name, value in self.headers.items())
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body if with_body else b""})


def problem_reply(problem: Problem, exchange: Exchange) -> Reply:
    body = problem_body(problem, exchange.path, exchange.request_id)
    headers = {name.lower(): value for name, value in problem_headers(problem).items()}
    return Reply(problem.status, body, headers, PROBLEM_JSON, problem.code)


Handler = Callable[[Exchange], Awaitable[Reply]]


class Methods:
    """The ASGI application of one path: a handler for each method; a problem for all that goes wrong."""

    def __init__(self, path: str, ids: Ids, observer: Observer, handlers: Mapping[str, Handler]) -> None:
        self._path = path
        self._ids = ids
        self._observer = observer
        self._handlers = dict(handlers)
        if "GET" in self._handlers:
            self._handlers["HEAD"] = self._handlers["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, self._ids)
        method: str = scope["method"]
        time = asyncio.get_running_loop().time
        began = time()
        try:
            handler = self._handlers.get(method)
            if handler is None:
                raise Problem("method_not_allowed", headers={"Allow": ", ".join(sorted(self._handlers))})
            reply = await handler(exchange)
        except Exception as failure:
            failed = problem_of_failure(failure, requestId=exchange.request_id, path=self._path)
            reply = problem_reply(failed, exchange)
        try:
            self._observer.answered(exchange, self._path, reply, time() - began)
        except Problem as problem:
            reply = problem_reply(problem, exchange)
        if exchange.reply_headers:
            reply.headers = {**exchange.reply_headers, **reply.headers}
        await reply.send(send, exchange.request_id, with_body=method != "HEAD")


def not_found(ids: Ids) -> Any:
    """The ASGI application of every path that there is not."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        exchange = Exchange(scope, receive, ids)
        reply = problem_reply(Problem("route_not_found"), exchange)
        await reply.send(send, exchange.request_id, with_body=scope["method"] != "HEAD")

    return application
