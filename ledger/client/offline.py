"""Claims that are taken while there is no line, and their replay in batches when it is back."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from ledger.client import clock
from ledger.client.answers import BatchReport, Captured
from ledger.client.book import Book
from ledger.client.errors import ClientError, OfflineCapReached
from ledger.client.jsontext import decode, encode
from ledger.client.options import Options
from ledger.client.record import Answer, Batch, BatchState, Command, Entry, Record

_log = logging.getLogger(__name__)

OPENINGS_MAX = 5
"""Times that a batch is given other numbers because the server counts from elsewhere, as after a lost record."""

Give = Callable[[Command], Coroutine[Any, Any, Answer]]


class OfflineClaims:
    """The batches of one record. Sequences are given when a claim is captured, and have no gaps."""

    def __init__(self, book: Book, options: Options, give: Give, new_id: Callable[[], str]) -> None:
        self._book = book
        self._options = options
        self._give = give
        self._new_id = new_id
        self._changing = asyncio.Lock()

    async def capture(self, command_id: str, card: str, body: dict[str, Any], amount: Decimal) -> Captured:
        """On the disk when this returns. Raises `OfflineCapReached`."""
        async with self._changing:
            found = await self._book.ask(_newest)
            is_new = found is None
            batch = found or self._new_id()
            claims = await self._book.ask(lambda record: record.claims_of(batch))
            if len(claims) >= self._options.offline_claims_max:
                raise OfflineCapReached(f"{self._options.offline_claims_max} claims")
            if _amount(claims) + amount > self._options.offline_amount_max:
                raise OfflineCapReached(f"an amount of {self._options.offline_amount_max}")
            seq = await self._book.ask(lambda record: record.next_sequence())
            at = clock.now()
            text = clock.text_of(at)
            claim = Command(command_id, "claimPrescription", card, encode(body), text, batch, seq, format(amount, "f"))
            await self._book.ask(lambda record: record.capture(batch, [claim], is_new))
            return Captured(command_id, batch, seq, at)

    async def replay(self) -> list[BatchReport]:
        """Everything that was captured so far, batch after batch; every step may be taken again. What was done."""
        reports = []
        for batch in await self._book.ask(lambda record: record.batches()):
            if batch.state in (BatchState.CAPTURING, BatchState.REPLAYING):
                async with self._changing:
                    batch = await self._move(batch, BatchState.REPLAYING)
                await self._replay(batch)
                reports.append(await self.report(batch.id))
        return reports

    async def report(self, batch_id: str) -> BatchReport:
        """Raises KeyError for a batch that is not on the record."""
        batches = {batch.id: batch for batch in await self._book.ask(lambda record: record.batches())}
        batch = batches[batch_id]
        claims = await self._book.ask(lambda record: record.claims_of(batch_id))
        answers = [claim.answer for claim in claims if claim.answer is not None]
        said = json.loads(batch.said) if batch.said else {}
        return BatchReport(
            batch=batch_id,
            state=batch.state,
            claims=len(claims),
            answered=len(answers),
            rejected=sum(not _is_paid(answer) for answer in answers),
            amount=_amount(claims),
            code=said.get("code") if batch.state is BatchState.REFUSED else None,
        )

    async def reports(self) -> list[BatchReport]:
        """Of all batches on the record, oldest first."""
        return [await self.report(batch.id) for batch in await self._book.ask(lambda record: record.batches())]

    async def _replay(self, batch: Batch) -> None:
        opened = await self._open(batch)
        if opened is None:
            return
        claims = await self._book.ask(lambda record: record.claims_of(batch.id))
        waiting = [claim.command for claim in claims if claim.answer is None]
        await asyncio.gather(*(self._give(command) for command in waiting))
        report = await self.report(batch.id)
        body = {
            "batchId": batch.id,
            "claims": report.claims,
            "rejectedClaims": report.rejected,
            "amount": format(report.amount, "f"),
        }
        answer = await self._give(Command(f"close-{batch.id}", "closeOfflineBatch", body=encode(body)))
        if answer.status != "accepted":
            _log.warning("the offline batch %s was replayed, and not closed: %s", batch.id, answer.body)
        await self._move(opened, BatchState.CLOSED, answer.body)

    async def _open(self, batch: Batch) -> Batch | None:
        """None where the server does not take it."""
        answer = await self._give(await self._opening(batch))
        while answer.status != "accepted" and batch.openings < OPENINGS_MAX:
            first = _next_sequence_of(answer)
            if first is None:
                break
            async with self._changing:
                await self._book.ask(partial(_renumber, batch.id, first))
                batch = await self._move(replace(batch, openings=batch.openings + 1), BatchState.REPLAYING)
            answer = await self._give(await self._opening(batch))
        if answer.status == "accepted":
            return batch
        await self._move(batch, BatchState.REFUSED, answer.body)
        _log.warning("the server does not take the offline batch %s: %s", batch.id, answer.body)
        return None

    async def _opening(self, batch: Batch) -> Command:
        claims = await self._book.ask(lambda record: record.claims_of(batch.id))
        body = {
            "batchId": batch.id,
            "firstSequence": claims[0].command.seq,
            "lastSequence": claims[-1].command.seq,
            "claims": len(claims),
            "amount": format(_amount(claims), "f"),
            "firstCapturedAt": claims[0].command.captured_at,
        }
        return Command(f"open-{batch.id}-{batch.openings}", "openOfflineBatch", body=encode(body))

    async def _move(self, batch: Batch, state: BatchState, said: str | None = None) -> Batch:
        moved = replace(batch, state=state, said=said)
        await self._book.ask(lambda record: record.move_batch(moved))
        return moved


def _newest(record: Record) -> str | None:
    """The batch that is being captured."""
    return next((batch.id for batch in record.batches() if batch.state is BatchState.CAPTURING), None)


def _renumber(batch: str, first: int, record: Record) -> None:
    record.renumber(batch, first)


def _amount(claims: list[Entry]) -> Decimal:
    return sum((Decimal(claim.command.amount or "0") for claim in claims), Decimal(0))


def _is_paid(answer: Answer) -> bool:
    """A claim that was known already was paid before, or rejected before; here it counts as what it was answered."""
    return answer.status == "accepted" and decode(answer.body).get("status") == "PAID"


def _next_sequence_of(answer: Answer) -> int | None:
    try:
        problem = decode(answer.body)
    except ValueError:
        raise ClientError(f"an answer cannot be read: {answer.body}") from None
    if problem.get("code") != "sequence_gap":
        return None
    found = (problem.get("facts") or {}).get("expectedSequence")
    return found if isinstance(found, int) else None
