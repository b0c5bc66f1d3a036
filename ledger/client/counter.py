"""The engine of a terminal: keeps a line, the window full, and the record in step with both."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from ledger.client import clock, messages
from ledger.client.book import Book
from ledger.client.errors import ClientError, Closed, ProtocolBroken, RecordFailed, TokenEnded
from ledger.client.jsontext import encode
from ledger.client.line import FrameTooBig, Line, LineLost, Token, TokenRefused, current, opened
from ledger.client.messages import Advice, Message, Result, Trouble, Welcome
from ledger.client.options import Options
from ledger.client.record import Answer, Command
from ledger.client.unanswered import Pending, Unanswered, Waiter

_log = logging.getLogger(__name__)

TOKENS_REFUSED_MAX = 3
"""So many tokens in a row that the server does not take, and there is no use in asking for another one."""
LOOK_EVERY_S = 1.0

OnAdvice = Callable[[Advice], None]
OnAnswer = Callable[[Answer], None]


class Counter:
    """Commands in, answers out, for ever; `failure` is why it has ended by itself."""

    def __init__(self, url: str, token: Token, book: Book, options: Options, told: OnAdvice, left: OnAnswer) -> None:
        self.unanswered = Unanswered()
        self.online = asyncio.Event()
        self.failure: ClientError | None = None
        self.session: str | None = None
        self.limits: dict[str, Any] = {}
        self.reconnects = 0
        self._url = url
        self._token = token
        self._book = book
        self._options = options
        self._told = told
        self._left = left
        self._window = self._welcomed_window = 1
        self._widening: asyncio.TimerHandle | None = None
        self._frame_commands_max = options.frame_commands_max
        self._something = asyncio.Event()
        self._line: Line | None = None
        self._task: asyncio.Task[None] | None = None
        self._storing: set[asyncio.Task[None]] = set()
        self._failed: asyncio.Future[Any]

    async def start(self) -> None:
        """Also with what an earlier run left unanswered."""
        self._failed = asyncio.get_running_loop().create_future()
        for entry in await self._book.ask(lambda record: record.unanswered()):
            self.unanswered.release(self.unanswered.add(entry.command))
        self._task = asyncio.create_task(self._keep_a_line(), name="terminal")

    async def stop(self) -> None:
        """What is unanswered stays on the record."""
        if self._widening is not None:
            self._widening.cancel()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await asyncio.gather(*self._storing, return_exceptions=True)
        self._fail(Closed("the terminal was closed"))

    async def give(self, command: Command, *, keep: bool = True) -> Answer:
        """Until it is answered, however long that takes. A caller that goes away cancels nothing.

        `keep` puts it on the record first; what is only asked needs none.
        """
        self._must_work()
        pending = self.unanswered.add(command)
        waiter = self.wait(pending)
        if keep:
            self._beside(self._store(pending))
        else:
            self._again(pending)
        return await waiter

    async def _store(self, pending: Pending) -> None:
        """On the record first, then on its way; a caller that does not wait so long changes nothing."""
        try:
            await self._book.store(pending.command)
        except RecordFailed as error:
            self.unanswered.answered(pending.command.id)
            _fail(pending.waiters, error)
        else:
            self._again(pending)

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    def cut(self) -> None:
        """No goodbye: what is on its way is lost."""
        if self._line is not None:
            self._line.cut()

    async def wait_online(self) -> None:
        """Until there is a line. Raises what has ended the terminal."""
        self._must_work()
        online: asyncio.Future[Any] = asyncio.ensure_future(self.online.wait())
        try:
            await asyncio.wait([online, self._failed], return_when=asyncio.FIRST_COMPLETED)
        finally:
            online.cancel()
        self._must_work()

    def wait(self, pending: Pending) -> asyncio.Future[Answer]:
        waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        pending.waiters.append(waiter)
        return waiter

    def _must_work(self) -> None:
        if self.failure is not None:
            raise self.failure

    async def _keep_a_line(self) -> None:
        failed, refused = 0, 0
        while True:
            try:
                async with opened(self._url, self._token, self._options) as line:
                    failed = refused = 0
                    await self._work(line)
            except LineLost as lost:
                failed += 1
                refused = refused + 1 if isinstance(lost, TokenRefused) else 0
                if isinstance(lost, FrameTooBig):
                    self._frame_commands_max = max(1, self._frame_commands_max // 2)
                if refused and (isinstance(self._token, str) or refused >= TOKENS_REFUSED_MAX):
                    return self._fail(TokenEnded(str(lost)))
                _log.info("no line: %s", lost)
                await asyncio.sleep(self._options.reconnect.wait_s(failed, lost.retry_after_s))
            except ClientError as error:
                return self._fail(error)
            except Exception as error:
                # Of the caller's own: what gives tokens, or listens to advice. It would only be raised again.
                _log.exception("the terminal ends")
                return self._fail(ProtocolBroken(f"the terminal cannot go on: {error!r}"))

    async def _work(self, line: Line) -> None:
        """Until the line ends, which is raised."""
        self._hear_welcome(line.welcome)
        self._line = line
        self.online.set()
        try:
            await _first_to_fail(self._send(line), self._receive(line), self._watch())
        finally:
            self._line = None
            self.online.clear()
            self.reconnects += 1
            self.unanswered.line_lost()

    def _hear_welcome(self, welcome: Welcome) -> None:
        self.session, self.limits = welcome.session, dict(welcome.limits)
        self._window = self._welcomed_window = welcome.window
        most = welcome.limits.get("messagesPerFrameMax")
        if isinstance(most, int):
            self._frame_commands_max = max(1, min(self._frame_commands_max, most))
        self._something.set()

    async def _send(self, line: Line) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while taken := self.unanswered.take(self._window, self._frame_commands_max, clock.monotonic_s()):
                await line.send(messages.frame_of([each.text for each in taken]))

    async def _receive(self, line: Line) -> None:
        while True:
            answers: list[Answer] = []
            for message in await line.receive():
                await self._hear(message, answers, line)
            if answers:
                # Beside the reading of the next frame: answers that come meanwhile share the next transaction.
                self._beside(self._keep(answers))

    async def _hear(self, message: Message, answers: list[Answer], line: Line) -> None:
        match message:
            case Result(answer, retryable, retry_after_s):
                if retryable:
                    self._rest(answer.id, retry_after_s)
                else:
                    answers.append(answer)
            case Advice() as advice:
                await self._follow(advice, line)
            case Trouble(messages.NOT_TAKEN, _, str(command_id)):
                self._rest(command_id, 0.0)
            case Trouble(code, detail, str(command_id)):
                answers.append(Answer(command_id, "error", encode({"code": code, "detail": detail})))
            case Trouble(code, detail, _):
                _log.warning("the server could not read a frame: %s %s", code, detail)
            case Welcome() as welcome:
                self._hear_welcome(welcome)

    async def _follow(self, advice: Advice, line: Line) -> None:
        if advice.window is not None:
            self._narrow(max(1, advice.window))
        if advice.code == "token_ends_soon" and not isinstance(self._token, str):
            await line.send(messages.hello(await current(self._token)))
        self._told(advice)

    def _narrow(self, window: int) -> None:
        """For a while: the server says when to slow down, and not when it is over."""
        self._window = window
        self._something.set()
        if self._widening is not None:
            self._widening.cancel()
        self._widening = asyncio.get_running_loop().call_later(self._options.slow_down_s, self._widen)

    def _widen(self) -> None:
        self._window = self._welcomed_window
        self._something.set()

    def _rest(self, command_id: str, at_least_s: float) -> None:
        pending = self.unanswered.rest(command_id)
        if pending is not None:
            wait_s = self._options.retry.wait_s(pending.tries, at_least_s)
            asyncio.get_running_loop().call_later(wait_s, self._again, pending)

    def _again(self, pending: Pending) -> None:
        self.unanswered.release(pending)
        self._something.set()

    async def _keep(self, answers: list[Answer]) -> None:
        """On the record first, then to those who wait."""
        ended = [(self.unanswered.answered(answer.id), answer) for answer in answers]
        self._something.set()
        try:
            await self._book.answered(answers)
        except RecordFailed as error:
            # What cannot be kept is not given: the next start asks for it again.
            for pending, _ in ended:
                _fail(pending.waiters if pending else (), error)
            if self._task is not None:
                self._task.cancel()
            return self._fail(error)
        for pending, answer in ended:
            if pending is None:
                continue
            waiting = [waiter for waiter in pending.waiters if not waiter.done()]
            for waiter in waiting:
                waiter.set_result(answer)
            if not waiting:
                self._tell_owner(answer)

    def _tell_owner(self, answer: Answer) -> None:
        """What the owner's own code makes of it keeps nobody else from an answer."""
        try:
            self._left(answer)
        except Exception:
            _log.exception("on_answer failed")

    async def _watch(self) -> None:
        """A line that carries no answers any more is given up, although it may still answer pings."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            oldest = self.unanswered.oldest_sent_s()
            if oldest is not None and clock.monotonic_s() - oldest > self._options.answer_timeout_s:
                raise LineLost("no answers come over it")

    def _fail(self, error: ClientError) -> None:
        if self.failure is None:
            self.failure = error
            self._failed.set_result(None)
        _fail(self.unanswered.waiters(), error)


def _fail(waiters: Iterable[Waiter], error: ClientError) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_exception(error)


async def _first_to_fail(*work: Coroutine[Any, Any, None]) -> None:
    """None of it ends by itself; what the first one raises is raised, the others are cancelled."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
