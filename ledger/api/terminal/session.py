"""One terminal on one socket: admits it, takes its frames, answers each command when its outcome is durable."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from ledger.api.errors import Problem, problem_of_failure
from ledger.api.observing import REFUSED_LOGINS
from ledger.api.rest.exchange import Doing, Exchange
from ledger.api.terminal.answering import result_of, result_of_problem, result_of_view
from ledger.api.terminal.closing import Closing
from ledger.api.terminal.frames import BadFrame, decode_frame
from ledger.api.terminal.messages import (
    Advice,
    AdviceCode,
    ClaimPrescription,
    Command,
    CommandStatus,
    Eligibility,
    Error,
    Hello,
    Limits,
    Ping,
    Pong,
    Result,
    ResultStatus,
    Said,
    Welcome,
)
from ledger.api.terminal.offline import OfflineClaims
from ledger.api.terminal.orders import BATCH_ROWS, ORDERS, asked, request_of
from ledger.api.terminal.outbox import Link, Outbox
from ledger.api.terminal.strikes import Pace, Strikes
from ledger.api.terminal.terminals import Terminals
from ledger.messages.commands import Caller, CommandAnswer, CommandRequest, Trace
from ledger.ports import StoreUnavailable

TOKEN_NOTICE_S = 60.0
"""How long before its token ends a terminal is asked for the next one."""

OUTBOX_MESSAGES_MIN = 100
"""Messages that may wait for a reader, or four windows of them: answers, errors and advice."""

_OUTCOME = {ResultStatus.ACCEPTED: "ok"}

Receive = Callable[[], Awaitable[str | bytes | None]]
"""The next frame; None when the connection has ended."""


class Session:
    """From the handshake to the end of the connection. What is on its way to a host goes on without it."""

    def __init__(self, terminals: Terminals, link: Link, exchange: Exchange) -> None:
        """`exchange`: the handshake."""
        settings = terminals.edge.settings
        self._terminals = terminals
        self._exchange = exchange
        self._edge = terminals.edge
        self.id = self._edge.ids.new_id()
        self._window = settings.terminal_window
        self._outbox = Outbox(link, max(OUTBOX_MESSAGES_MIN, 4 * self._window), settings.terminal_silence_max_s)
        self._offline = OfflineClaims(self._edge, self._settle, self._count)
        self._caller: Caller | None = None
        self._told: dict[str, bool] = {}
        self._unanswered = 0
        self._frames = 0
        self._strikes = Strikes(self._edge.clock)
        self._pace = Pace(self._edge.clock)
        self._timers: list[asyncio.TimerHandle] = []
        self._asking: set[asyncio.Task[None]] = set()
        self.counts: Counter[tuple[str, str]] = Counter()
        """Commands answered and not counted yet, by name and outcome."""

    @property
    def caller(self) -> Caller | None:
        """The terminal, once it is known."""
        return self._caller

    @property
    def closed_with(self) -> Closing | None:
        """Why the server closed it, if it did."""
        return self._outbox.closed_with

    def close(self, closing: Closing) -> None:
        """After what is already on its way out."""
        self._outbox.close(closing)

    def revoke(self) -> None:
        """Tells the terminal that it is revoked, and closes."""
        self._outbox.put(Advice(code=AdviceCode.TERMINAL_REVOKED, detail="this terminal may not work any more"))
        self.close(Closing.REVOKED)

    async def run(self, receive: Receive, token: str | None) -> None:
        """Until the connection ends. `token`: that of the handshake, if it had one."""
        self._terminals.came(self)
        writer = asyncio.create_task(self._outbox.run(), name="terminal outbox")
        self._timers.append(self._later(self._edge.settings.terminal_silence_max_s, self._must_be_known))
        try:
            if token is not None:
                await self._admit(token)
            while (frame := await receive()) is not None:
                if self._outbox.closing:
                    continue
                self._frames += 1
                await self._take(frame)
        finally:
            # No await here: the connection may be gone and this task cancelled.
            writer.cancel()
            for timer in self._timers:
                timer.cancel()
            for task in self._asking:
                task.cancel()
            self._offline.leave()
            self._terminals.left(self)

    # --- admission ---------------------------------------------------------------------------------------------------

    async def _admit(self, token: str) -> None:
        """At the first token, or the next one of the same terminal."""
        try:
            caller, ends_at = await self._edge.tokens.cached(token)
        except Problem as problem:
            self._refuse_token(problem)
            return
        if self._caller is not None and caller.scope != self._caller.scope:
            self._outbox.put(Error(code="forbidden", detail="the new token is another terminal's"))
            self._strike()
            return
        if not self._terminals.is_terminal(caller) or await self._terminals.is_revoked(caller):
            self.revoke()
            return
        self._caller = self._exchange.caller = caller
        self._await_end_of(ends_at)
        self._outbox.put(self._welcome(caller, ends_at))

    def _refuse_token(self, problem: Problem) -> None:
        """A terminal that is at work keeps its token to the end."""
        self._outbox.put(Error(code=problem.code, detail=problem.detail))
        if problem.code in REFUSED_LOGINS:
            self._terminals.watch.refused(self._exchange, Doing("login", self._exchange.path, problem.code))
        if self._caller is not None:
            self._strike()
        else:
            self.close(Closing.FULL if problem.retryable else Closing.TOKEN)

    def _welcome(self, caller: Caller, ends_at: float) -> Welcome:
        settings = self._edge.settings
        return Welcome(
            session=self.id,
            window=self._window,
            server_time=self._edge.clock.now(),
            limits=Limits(
                frame_bytes_max=settings.terminal_frame_bytes_max,
                messages_per_frame_max=settings.terminal_frame_messages_max,
                id_chars_max=64,
                idle_timeout_s=settings.terminal_silence_max_s,
                pharmacy_id=caller.pharmacy_id or "",
                terminal_id=caller.terminal_id or "",
                token_ends_at=datetime.fromtimestamp(ends_at, UTC),
            ),
        )

    def _await_end_of(self, ends_at: float) -> None:
        for timer in self._timers:
            timer.cancel()
        left_s = ends_at - self._edge.clock.now().timestamp()
        self._timers = [
            self._later(max(0.0, left_s - min(TOKEN_NOTICE_S, left_s / 2)), self._ask_for_token),
            self._later(left_s, lambda: self.close(Closing.TOKEN)),
        ]

    def _ask_for_token(self) -> None:
        detail = "send hello with a new token, or the connection ends with this one"
        self._outbox.put(Advice(code=AdviceCode.TOKEN_ENDS_SOON, detail=detail))

    def _must_be_known(self) -> None:
        if self._caller is None:
            self.close(Closing.SILENT)

    def _later(self, seconds: float, then: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, then)

    # --- frames ------------------------------------------------------------------------------------------------------

    async def _take(self, frame: str | bytes) -> None:
        settings = self._edge.settings
        if isinstance(frame, bytes):
            self.close(Closing.BINARY)
            return
        if len(frame) > settings.terminal_frame_bytes_max:
            self.close(Closing.FRAME_TOO_LARGE)
            return
        try:
            messages = decode_frame(frame, settings.terminal_frame_messages_max)
        except BadFrame as bad:
            self._outbox.put(Error(code=bad.code, detail=bad.detail, id=bad.message_id))
            self._strike()
            return
        first = messages[0]
        if isinstance(first, Hello):
            await self._admit(first.access_token)
            messages = messages[1:]
        if messages:
            await self._take_all(messages)

    async def _take_all(self, messages: Sequence[Said]) -> None:
        caller = self._caller
        if caller is None:
            if not self._outbox.closing:
                self._refuse_token(Problem("unauthenticated", "say hello first"))
            return
        try:
            await self._edge.rates.take(caller, len(messages))
            if self._edge.network.closed:
                self._told = dict(await self._edge.network.facts(caller, b""))
        except (Problem, StoreUnavailable) as failure:
            self._refuse_all(messages, problem_of_failure(failure))
            return
        requests: list[CommandRequest] = []
        trace = Trace("terminal", f"{self.id}.{self._frames}")
        beyond = False
        for message in messages:
            if isinstance(message, Hello):
                self._outbox.put(Error(code="invalid_message", detail="hello stands first in its frame"))
            elif self._unanswered >= self._window:
                beyond = True
                self._outbox.put(Error(code="window_exceeded", detail="not taken: send it again", id=message.id))
            else:
                self._unanswered += 1
                self._begin(message, caller, trace, requests)
        if requests:
            self._edge.door.send(requests, self._answered)
        if beyond:
            self._strike()

    def _begin(self, message: Command, caller: Caller, trace: Trace, requests: list[CommandRequest]) -> None:
        try:
            if not (message.id.isascii() and message.id.isprintable()):
                raise Problem("invalid_request", "an id is made of printable ASCII characters")
            to_order = ORDERS.get(type(message))
            if isinstance(message, ClaimPrescription) and message.is_offline:
                self._offline.put(message, caller, trace)
            elif to_order is not None:
                order = to_order(message, caller)
                requests.append(request_of(self._edge, order, message.id, caller, trace, self._told))
                if order.row.name in BATCH_ROWS:
                    self._offline.batch_changes()
            elif isinstance(message, Ping):
                self._settle(result_of_view(message.id, Pong(server_time=self._edge.clock.now())))
            else:
                assert isinstance(message, Eligibility | CommandStatus), "every message has its way"
                task = asyncio.create_task(self._ask(message, caller))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)
        except Problem as problem:
            self._settle(result_of_problem(message.id, problem))

    async def _ask(self, message: Eligibility | CommandStatus, caller: Caller) -> None:
        try:
            result = result_of_view(message.id, await asked(self._edge, caller, message))
        except Exception as failure:
            result = result_of_problem(message.id, problem_of_failure(failure))
        self._settle(result)

    # --- answers -----------------------------------------------------------------------------------------------------

    def _answered(self, request: CommandRequest, answer: CommandAnswer) -> None:
        result = result_of(request, answer)
        self._count(request.name, request.aggregate_id, result)
        if request.name in BATCH_ROWS:
            self._offline.batch_changed()
        self._settle(result)

    def _count(self, command: str, on_what: str, result: Result) -> None:
        self.counts[command, _OUTCOME.get(result.status, result.status)] += 1
        if result.status is ResultStatus.FORBIDDEN:
            self._terminals.watch.refused(self._exchange, Doing(command, on_what, "forbidden"))
        elif result.status is ResultStatus.OVERLOADED:
            self._slow_down("the server has more to do than it can")

    def _settle(self, result: Result) -> None:
        self._unanswered -= 1
        self._outbox.put(result)

    def _refuse_all(self, messages: Sequence[Said], problem: Problem) -> None:
        for message in messages:
            if not isinstance(message, Hello):
                self._outbox.put(result_of_problem(message.id, problem))
        if problem.code == "rate_limited":
            self._slow_down(f"{problem.detail}; wait {problem.retry_after_s} s")

    def _slow_down(self, detail: str) -> None:
        if self._pace.may_advise():
            self._outbox.put(Advice(code=AdviceCode.SLOW_DOWN, detail=detail, window=max(1, self._window // 2)))

    def _strike(self) -> None:
        if self._strikes.another():
            self.close(Closing.BAD_FRAMES)
