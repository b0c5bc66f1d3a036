"""A pharmacy's terminal: one socket, many commands in flight, good and bad networks.

async with Terminal("ws://127.0.0.1:3000/ws/terminal", token, record="pos.db") as terminal:
    answer = await terminal.claim(
        "card-1", prescription_id="rx-1", beneficiary_id="user-1", total="350.00",
        items=[Item("D1", "Panadol Extra 500mg", 1, "350.00", "350.00")],
    )
    print(answer.status, answer.patient_pays)
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ledger.client.answers import BatchReport, Captured, ClaimAnswer, CommandStatus, EligibilityAnswer, ReversalAnswer
from ledger.client.book import Book
from ledger.client.claims import Item, checked_id, claim_body, must_be_the_same, read
from ledger.client.counter import Counter, OnAdvice, OnAnswer
from ledger.client.errors import ClientError, NoAnswerYet, Offline, RecordFailed, problem_of_result
from ledger.client.jsontext import decode, encode
from ledger.client.line import Token
from ledger.client.money import Amount, amount_of
from ledger.client.offline import OfflineClaims
from ledger.client.options import Options
from ledger.client.record import Answer, Command, Entry, Record

_log = logging.getLogger(__name__)


class TooManyUnanswered(ClientError):
    """So many commands wait for an answer that no more are taken; nothing was stored or sent."""


class Terminal:
    """Commands may be given before there is a line, and by many tasks at once.

    Every command that changes something is on the disk before it is sent, and its answer before it is returned. What
    has no answer when the process ends is sent again at the next start, under the same id, and so executed once.
    Lost lines, restarts of the server and lost answers are mended within; a caller sees them as time only. One record
    belongs to one terminal. Not thread-safe.

    `token`: a JWT, or a function (also an async one) that gives one whenever it is needed.
    `on_advice` hears what the server would have the terminal know; `on_answer` the answers that nobody waits for.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        *,
        record: str | Path,
        options: Options | None = None,
        on_advice: OnAdvice = lambda _advice: None,
        on_answer: OnAnswer = lambda _answer: None,
    ) -> None:
        self._options = options or Options()
        self._book = Book(lambda: Record(record, self._options.sync))
        self._counter = Counter(url, token, self._book, self._options, on_advice, on_answer)
        self._offline = OfflineClaims(self._book, self._options, self._resumed, lambda: f"batch-{secrets.token_hex(8)}")
        self._replaying: asyncio.Task[None] | None = None
        self._captured = asyncio.Event()

    async def start(self) -> None:
        """Opens the record, and begins to connect. Raises `RecordInUse` and `RecordUnreadable`."""
        await self._book.open()
        await self._book.ask(lambda record: record.compact(self._options.keep_answered))
        self._captured.set()
        await self._counter.start()
        self._replaying = asyncio.create_task(self._keep_replaying(), name="terminal-replay")

    async def close(self) -> None:
        """Leaves what is unanswered to the next start; those who wait get `Closed`."""
        if self._replaying is not None:
            self._replaying.cancel()
        await self._counter.stop()
        if self._replaying is not None:
            with contextlib.suppress(asyncio.CancelledError, ClientError):
                await self._replaying
        await self._book.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def cut(self) -> None:
        """Drops the line as a bad network would, for tests and simulators; another one is made."""
        self._counter.cut()

    @property
    def online(self) -> bool:
        """Whether there is a line now."""
        return self._counter.online.is_set()

    @property
    def unanswered(self) -> int:
        return len(self._counter.unanswered)

    @property
    def reconnects(self) -> int:
        """How many lines were lost so far."""
        return self._counter.reconnects

    @property
    def failure(self) -> ClientError | None:
        """Why the terminal has ended by itself, such as `TerminalRevoked`; None while it works."""
        return self._counter.failure

    async def wait_online(self) -> None:
        """Raises what has ended the terminal, if something has."""
        await self._counter.wait_online()

    async def claim(
        self,
        card: str,
        *,
        prescription_id: str,
        beneficiary_id: str,
        total: Amount,
        items: Sequence[Item] = (),
        fill_number: int = 0,
        service_date: date | None = None,
        id: str | None = None,
        within_s: float | None = None,
        wait_for_line: bool = True,
    ) -> ClaimAnswer:
        """Adjudicated and committed when this returns; also a claim that the plan rejects is an answer.

        Raises `Refused`, `Invalid`, `Conflict`, `Forbidden`; `NoAnswerYet` after `within_s`; and, where `wait_for_line`
        is False and there is no line, `Offline`: then nothing was stored, and the claim may be captured instead.
        """
        body = claim_body(prescription_id, beneficiary_id, total, items, fill_number, service_date)
        answer = await self._change("claimPrescription", card, body, id, within_s, wait_for_line)
        return read(ClaimAnswer, answer)

    async def reverse(
        self,
        card: str,
        *,
        claim_id: str | None = None,
        prescription_id: str | None = None,
        fill_number: int = 0,
        reason: str = "",
        id: str | None = None,
        within_s: float | None = None,
    ) -> ReversalAnswer:
        """Takes a claim back, named by its id or by its prescription; by its prescription also one that was sent and
        whose answer never came: then both are cancelled, whichever the server meets first.
        """
        if (claim_id is None) == (prescription_id is None):
            raise ValueError("a reversal names either the claim or its prescription")
        body: dict[str, Any] = {"reason": reason} if reason else {}
        if claim_id is not None:
            body["claimId"] = claim_id
        else:
            body |= {"prescriptionId": prescription_id, "fillNumber": fill_number}
        return read(ReversalAnswer, await self._change("reverseClaim", card, body, id, within_s))

    async def eligibility(self, card: str, *, beneficiary_id: str, within_s: float | None = None) -> EligibilityAnswer:
        """What a claim would meet now. Nothing is stored or changed."""
        body = {"beneficiary": beneficiary_id}
        return read(EligibilityAnswer, await self._ask("eligibility", card, body, within_s))

    async def command_status(self, key: str, *, card: str, within_s: float | None = None) -> CommandStatus:
        """What the server has stored under an id. Raises `Refused` (`command_not_found`) where that is nothing."""
        return read(CommandStatus, await self._ask("commandStatus", None, {"key": key, "card": card}, within_s))

    async def ping(self, within_s: float | None = None) -> datetime:
        """The server's time."""
        answer = await self._ask("ping", None, None, within_s)
        if answer.status != "accepted":
            raise problem_of_result(answer.status, decode(answer.body))
        return datetime.fromisoformat(decode(answer.body)["serverTime"])

    async def capture(
        self,
        card: str,
        *,
        prescription_id: str,
        beneficiary_id: str,
        total: Amount,
        items: Sequence[Item] = (),
        fill_number: int = 0,
        service_date: date | None = None,
        id: str | None = None,
    ) -> Captured:
        """Takes a claim without the server; it is on the disk when this returns, and sent with its batch when there is
        a line again. Raises `OfflineCapReached`.
        """
        body = claim_body(prescription_id, beneficiary_id, total, items, fill_number, service_date)
        captured = await self._offline.capture(checked_id(id), card, body, amount_of(total))
        self._captured.set()
        return captured

    async def batches(self) -> list[BatchReport]:
        """What became of the batches of offline claims, oldest first."""
        return await self._offline.reports()

    async def outcome(self, id: str) -> Entry | None:
        """What the record says of a command; its `answer` is None while there is none."""
        return await self._book.ask(lambda record: record.find(id))

    async def entries(self) -> list[Entry]:
        """The whole record, oldest first."""
        return await self._book.ask(lambda record: record.entries())

    async def _change(
        self,
        kind: str,
        card: str,
        body: dict[str, Any],
        id: str | None,
        within_s: float | None,
        wait_for_line: bool = True,
    ) -> Answer:
        if len(self._counter.unanswered) >= self._options.unanswered_max:
            raise TooManyUnanswered(str(self._options.unanswered_max))
        if not wait_for_line and not self.online:
            raise Offline("there is no line")
        command = Command(checked_id(id), kind, card, encode(body))
        return await self._within(self._resumed(command) if id else self._counter.give(command), command.id, within_s)

    async def _ask(self, kind: str, card: str | None, body: dict[str, Any] | None, within_s: float | None) -> Answer:
        command = Command(checked_id(None), kind, card, None if body is None else encode(body))
        return await self._within(self._counter.give(command, keep=False), command.id, within_s)

    async def _within(self, giving: Any, command_id: str, within_s: float | None) -> Answer:
        try:
            async with asyncio.timeout(within_s):
                answer: Answer = await giving
                return answer
        except TimeoutError:
            raise NoAnswerYet(command_id) from None

    async def _resumed(self, command: Command) -> Answer:
        """A command that may be on the record already: then its answer, or its wait, is joined."""
        entry = await self._book.ask(lambda record: record.find(command.id))
        pending = self._counter.unanswered.find(command.id)
        if pending is not None:
            must_be_the_same(pending.command, command)
            return await self._counter.wait(pending)
        if entry is None:
            return await self._counter.give(command)
        must_be_the_same(entry.command, command)
        return entry.answer or await self._counter.give(command, keep=False)

    async def _keep_replaying(self) -> None:
        while True:
            await self._captured.wait()
            await self._counter.wait_online()
            self._captured.clear()
            try:
                await self._offline.replay()
            except RecordFailed:
                _log.exception("offline claims cannot be replayed before the next start")
                return
