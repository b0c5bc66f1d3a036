"""`POST /batch`: many commands in one request, each with its own key, answer and position."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw

from ledger.api.admission import admitted
from ledger.api.answers import Answer
from ledger.api.commands import COMMANDS
from ledger.api.decoding import decode_beside
from ledger.api.edge import Edge, Order, checked_key, request_of, submitted
from ledger.api.errors import CREATED, OK, Problem, invalid, problem_body, problem_of, problem_of_failure
from ledger.api.inputs import Input
from ledger.api.rest.exchange import Doing, Exchange, Handler, Reply
from ledger.api.wire import WITHOUT_NUL
from ledger.messages.commands import Caller, CommandRequest
from ledger.runtime.family import Malformed

BATCH_COMMANDS_MAX = 1_000
ARGS_MAX = 4
PATH = "/api/v1/batch"

_HELD_UP = Problem("unavailable", "not executed: a command of the same aggregate before it is to be sent again first")

_encode = msgspec.json.Encoder().encode


Body = Annotated[Raw, Meta(description="What the command's own route would take.")]


class BatchMember(Input, frozen=True, kw_only=True):
    """One command: its name, its aggregate, its own key, and the body that its own route would take.

    `args` is what the route would have in its path beside the aggregate's id, as in `{"claimId": "..."}`.
    """

    command: Annotated[str, Meta(max_length=64, extra_json_schema=WITHOUT_NUL)]
    key: Annotated[str, Meta(min_length=1, max_length=128, extra_json_schema=WITHOUT_NUL)]
    id: Annotated[str, Meta(max_length=64, extra_json_schema=WITHOUT_NUL)] | None = None
    body: Body = msgspec.field(default_factory=Raw)
    args: Annotated[dict[str, str], Meta(max_length=ARGS_MAX)] = msgspec.field(default_factory=dict)
    expected_version: Annotated[int, Meta(ge=0)] | None = None


class BatchInput(Input, frozen=True, kw_only=True):
    """Commands of one aggregate are executed in their order; others side by side. Behind one that is to be sent again
    (`retryable`) no more of its aggregate is executed: the rest is to be sent again with it."""

    commands: Annotated[tuple[BatchMember, ...], Meta(min_length=1, max_length=BATCH_COMMANDS_MAX)]


class BatchResult(Answer, frozen=True, kw_only=True):
    """What became of one command: the status and the body that its own route would have answered."""

    status: int
    body: Raw
    position: str | None = None
    replayed: bool = False


class BatchResults(Answer, frozen=True, kw_only=True):
    """In the order of the commands."""

    results: tuple[BatchResult, ...]


def batch_handler(edge: Edge) -> Handler:
    """Answers 200 whatever became of the commands; each result has its own status."""

    async def handle(exchange: Exchange) -> Reply:
        caller = await admitted(edge, exchange)
        exchange.must_take_json()
        body = await exchange.json_body(edge.settings.body_bytes_max, edge.settings.body_timeout_s)
        given = await decode_beside(BatchInput, body)
        if isinstance(given, Malformed):
            raise invalid(given.errors)
        if len(given.commands) > 1:
            exchange.reply_headers.update(await edge.rates.take(caller, len(given.commands) - 1))
        results = await _Batch(edge, exchange, caller).run(given.commands)
        return Reply(OK, _encode(BatchResults(results=tuple(results))))

    return handle


class _Batch:
    def __init__(self, edge: Edge, exchange: Exchange, caller: Caller) -> None:
        self._edge = edge
        self._exchange = exchange
        self._caller = caller

    async def run(self, members: Sequence[BatchMember]) -> list[BatchResult]:
        """One line of commands an aggregate; each waits for the answer of the one before."""
        results: dict[int, BatchResult] = {}
        lines: dict[tuple[str, str], list[tuple[int, CommandRequest, Doing]]] = {}
        for at, member in enumerate(members):
            doing = self._exchange.begin(member.command, member.id or "")
            try:
                request = self._request_of(member)
            except Exception as failure:
                results[at] = self._refused(doing, problem_of_failure(failure, requestId=self._exchange.request_id))
                continue
            doing.on_what = request.aggregate_id
            lines.setdefault((request.topic, request.aggregate_id), []).append((at, request, doing))
        await asyncio.gather(*(self._follow(line, results) for line in lines.values()))
        return [results[at] for at in range(len(members))]

    def _request_of(self, member: BatchMember) -> CommandRequest:
        row = COMMANDS.get(member.command)
        if row is None or row.terminal_only:
            raise Problem("invalid_request", "no command has that name")
        if row.creates != (member.id is None):
            detail = "a new aggregate's id stands in its body" if row.creates else "the aggregate's id is missing"
            raise Problem("invalid_request", detail)
        unknown = set(member.args) - set(row.args)
        if unknown:
            raise Problem("invalid_request", f"{row.name} has no argument of that name")
        order = Order(
            row=row,
            caller=self._caller,
            body=bytes(member.body),
            trace=self._exchange.trace("rest"),
            aggregate_id=member.id,
            key=checked_key(member.key),
            expected_version=member.expected_version,
            args=member.args,
        )
        return request_of(self._edge, order)

    async def _follow(self, line: Sequence[tuple[int, CommandRequest, Doing]], results: dict[int, BatchResult]) -> None:
        """A command whose forerunner is to be sent again would meet an aggregate that it was not meant for, and its
        refusal would stand under its key for ever."""
        waiting = deque(line)
        while waiting:
            problem = await self._send(*waiting.popleft(), results)
            if problem is not None and problem.retryable:
                break
        for at, _, doing in waiting:
            results[at] = self._refused(doing, _HELD_UP)

    async def _send(
        self, at: int, request: CommandRequest, doing: Doing, results: dict[int, BatchResult]
    ) -> Problem | None:
        try:
            answer = await submitted(self._edge, COMMANDS[request.name], request)
            problem = problem_of(answer)
        except Exception as failure:
            problem = problem_of_failure(failure, requestId=self._exchange.request_id)
            results[at] = self._refused(doing, problem)
            return problem
        told: Mapping[str, Any] = {"position": answer.position or None, "replayed": answer.replayed}
        if problem is not None:
            results[at] = self._refused(doing, problem, **told)
            return problem
        doing.outcome = "ok"
        status = CREATED if COMMANDS[request.name].creates else OK
        results[at] = BatchResult(status=status, body=Raw(answer.body), **told)
        return None

    def _refused(self, doing: Doing, problem: Problem, **told: Any) -> BatchResult:
        doing.outcome = problem.code
        body = problem_body(problem, self._exchange.path, self._exchange.request_id)
        return BatchResult(status=problem.status, body=Raw(body), **told)
