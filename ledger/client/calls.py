"""REST requests as a back end should make them: one key for all tries, its own writes seen, problems by name."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import httpx

from ledger.client import shapes
from ledger.client.backoff import Backoff
from ledger.client.errors import ProblemError, ProtocolBroken, Unavailable, problem_of_response
from ledger.client.jsontext import decode, encode
from ledger.client.line import Token, current

Shape = TypeVar("Shape")
Item = TypeVar("Item", covariant=True)

POSITION, AT_LEAST = "Ledger-Position", "Min-Position"


class Page(Protocol[Item]):
    """Some items, and the cursor of what follows."""

    @property
    def items(self) -> tuple[Item, ...]: ...

    @property
    def next(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class RestOptions:
    """Patience and limits of a back end's client."""

    timeout_s: float = 15.0
    """Of one try."""
    tries_max: int = 6
    backoff: Backoff = field(default_factory=lambda: Backoff(0.1, 5.0))
    """Between two tries; never less than the server's Retry-After."""
    retry_after_max_s: float = 30.0
    """A Retry-After beyond this is not waited for: `Unavailable` is raised at once."""
    connections_max: int = 32


def quoted(part: object) -> str:
    """As one part of a path."""
    return quote(str(part), safe="")


class Calls:
    """What the operations share. Positions of answers are remembered by partition, and every query asks for them."""

    def __init__(self, base_url: str, token: Token, options: RestOptions, transport: httpx.AsyncBaseTransport | None):
        limits = httpx.Limits(max_connections=options.connections_max)
        self._http = httpx.AsyncClient(
            base_url=f"{base_url.rstrip('/')}/api/v1", timeout=options.timeout_s, limits=limits, transport=transport
        )
        self._token = token
        self._options = options
        self._known_token: str | None = None
        self._positions: dict[str, int] = {}

    async def close(self) -> None:
        await self._http.aclose()

    def seen(self, positions: str) -> None:
        """Queries from here on reflect these, as in `medcard/1@1042,wallet/0@7`."""
        for position in filter(None, positions.split(",")):
            partition, _, offset = position.strip().partition("@")
            self._positions[partition] = max(self._positions.get(partition, 0), int(offset))

    @property
    def positions(self) -> str:
        return ",".join(f"{partition}@{offset}" for partition, offset in sorted(self._positions.items()))

    async def command(
        self,
        method: str,
        path: str,
        shape: type[Shape],
        body: Mapping[str, Any],
        key: str | None = None,
        if_match: int | None = None,
    ) -> Shape:
        """The key is made before the first try, and is the same for all."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16), "Content-Type": "application/json"}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        answer = await self._send(method, path, headers, encode(shapes.write(body)), None)
        self.seen(answer.headers.get(POSITION, ""))
        return _read((shape,), answer)

    async def query(self, path: str, shapes_: tuple[type[Shape], ...], params: Mapping[str, Any]) -> Shape:
        """The first of the shapes that fits."""
        given = {name: shapes.write(value) for name, value in params.items() if value is not None}
        return _read(shapes_, await self._send("GET", path, {}, None, given))

    async def pages(
        self, path: str, shape: type[Page[Item]], params: Mapping[str, Any], by: str
    ) -> AsyncIterator[Item]:
        """All items, page after page; `by` is the parameter that takes a page's `next`."""
        told = dict(params)
        while True:
            page: Page[Item] = await self.query(path, (shape,), told)
            for item in page.items:
                yield item
            if page.next is None:
                return
            told[by] = page.next

    async def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: str | None,
        params: Mapping[str, Any] | None,
    ) -> httpx.Response:
        for tries in range(1, self._options.tries_max + 1):
            last = tries == self._options.tries_max
            try:
                answer = await self._try(method, path, headers, content, params)
            except httpx.TransportError as error:
                if last:
                    detail = f"{type(error).__name__}: {error}"
                    raise Unavailable({"code": "unavailable", "detail": detail, "retryable": True}, 0) from None
                await asyncio.sleep(self._options.backoff.wait_s(tries))
                continue
            if answer.is_success:
                return answer
            problem = _problem_of(answer)
            if answer.status_code == 401 and not isinstance(self._token, str) and tries == 1:
                self._known_token = None
                continue
            at_least_s = _retry_after_s(answer)
            if last or not isinstance(problem, Unavailable) or at_least_s > self._options.retry_after_max_s:
                raise problem
            await asyncio.sleep(self._options.backoff.wait_s(tries, at_least_s))
        raise AssertionError("the last try answers or raises")

    async def _try(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: str | None,
        params: Mapping[str, Any] | None,
    ) -> httpx.Response:
        if self._known_token is None:
            self._known_token = await current(self._token)
        sent = {"Authorization": f"Bearer {self._known_token}", **headers}
        if method == "GET" and self._positions:
            sent[AT_LEAST] = self.positions
        return await self._http.request(method, path, headers=sent, content=content, params=params)


def _read(kinds: tuple[type[Shape], ...], answer: httpx.Response) -> Shape:
    try:
        value = decode(answer.text)
    except ValueError as error:
        raise ProtocolBroken(f"the answer cannot be read: {error}") from None
    for kind in kinds:
        try:
            return shapes.read(kind, value)
        except KeyError as missing:
            lacking = missing
    raise ProtocolBroken(f"the answer lacks {lacking}")


def _problem_of(answer: httpx.Response) -> ProblemError:
    try:
        problem = decode(answer.text)
    except ValueError:
        problem = {"detail": answer.text[:200]}
    return problem_of_response(answer.status_code, problem if isinstance(problem, dict) else {})


def _retry_after_s(answer: httpx.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else 0.0
