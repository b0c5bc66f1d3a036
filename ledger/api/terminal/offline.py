"""Claims that a terminal took while it was offline: one at a time, in the order of their numbers, of an open batch."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ledger.api.edge import Edge, caught_up
from ledger.api.errors import Problem, invalid_at, problem_of, problem_of_failure
from ledger.api.terminal.answering import result_of, result_of_problem
from ledger.api.terminal.messages import ClaimPrescription, Result
from ledger.api.terminal.orders import CLAIM_OFFLINE, TerminalOrder, aggregate_of_card, request_of
from ledger.domain.pharmacy.refusals import OfflineBatchNotFound, SequenceGap
from ledger.messages.commands import Caller, CommandRequest, Trace
from ledger.messages.envelope import partition_of, position_text
from ledger.ports import ResultKey
from ledger.reads.pharmacies import OfflineBatchRow
from ledger.runtime.family import refusal_code

CLOCK_AHEAD_MAX = timedelta(minutes=5)
"""How far the clock of a terminal may be ahead of ours."""

_HELD_UP = Problem("unavailable", "not executed: a claim of the batch before it is to be sent again first")
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Batch:
    """`newest`: the number of the last claim that was answered for good on this socket; 0: none yet."""

    row: OfflineBatchRow
    newest: int = 0


@dataclass(slots=True)
class _Queued:
    message: ClaimPrescription
    caller: Caller
    trace: Trace


class OfflineClaims:
    """Those of one socket. `settle` gets each one's answer; `count` as well, with the row's name and the card."""

    def __init__(self, edge: Edge, settle: Callable[[Result], None], count: Callable[[str, str, Result], None]) -> None:
        self._edge = edge
        self._settle = settle
        self._count = count
        self._queue: deque[_Queued] = deque()
        self._batches: dict[str, _Batch] = {}
        self._working: asyncio.Task[None] | None = None
        self._changing = 0
        self._unchanging = asyncio.Event()
        self._unchanging.set()

    def put(self, message: ClaimPrescription, caller: Caller, trace: Trace) -> None:
        """Behind those that are there already. Raises `Problem`."""
        if message.seq is None or message.batch is None or message.captured_at is None:
            raise invalid_at("", "a claim that was captured offline has all of capturedAt, seq and batch")
        self._queue.append(_Queued(message, caller, trace))
        if self._working is None:
            self._working = asyncio.create_task(self._work(), name="offline claims")

    def batch_changes(self) -> None:
        """A batch is being opened or closed: claims behind it wait for that."""
        self._changing += 1
        self._unchanging.clear()
        self._batches.clear()

    def batch_changed(self) -> None:
        self._changing -= 1
        if self._changing == 0:
            self._unchanging.set()

    def leave(self) -> None:
        """The socket is gone; the claim that is on its way goes on, the others have not been begun."""
        if self._working is not None:
            self._working.cancel()

    async def _work(self) -> None:
        while self._queue:
            queued = self._queue.popleft()
            result, retryable = await self._taken(queued)
            self._count(CLAIM_OFFLINE.name, queued.message.card, result)
            self._settle(result)
            if retryable:
                # Its successors would be adjudicated before it, and take what is left of a limit away from it.
                self._hold_up(queued.message.batch)
        self._working = None

    def _hold_up(self, batch: str | None) -> None:
        held = [each for each in self._queue if each.message.batch == batch]
        self._queue = deque(each for each in self._queue if each.message.batch != batch)
        for each in held:
            self._settle(result_of_problem(each.message.id, _HELD_UP))

    async def _taken(self, queued: _Queued) -> tuple[Result, bool]:
        """The answer, and whether the claim is to be sent again."""
        message = queued.message
        try:
            await self._unchanging.wait()
            request = await self._request(queued)
            batch = await self._fitting(message, queued.caller, request)
            answer = await self._edge.door.submit(request)
            problem = problem_of(answer)
            result = result_of(request, answer)
        except Exception as failure:
            problem = problem_of_failure(failure)
            return result_of_problem(message.id, problem), problem.retryable
        retryable = problem is not None and problem.retryable
        if not retryable and batch is not None:
            assert message.seq is not None, "it was checked when it came"
            batch.newest = max(batch.newest, message.seq)
        return result, retryable

    async def _request(self, queued: _Queued) -> CommandRequest:
        message = queued.message
        assert message.captured_at is not None, "it was checked when it came"
        beside = _encode({"capturedAt": message.captured_at, "sequence": message.seq})
        body = joined(beside, bytes(message.body))
        order = TerminalOrder(CLAIM_OFFLINE, aggregate_of_card(message.card), body)
        told = dict(await self._edge.network.facts(queued.caller, b"")) if self._edge.network.closed else {}
        return request_of(self._edge, order, message.id, queued.caller, queued.trace, told)

    async def _fitting(self, message: ClaimPrescription, caller: Caller, request: CommandRequest) -> _Batch | None:
        """The batch, where the claim's turn has come; None for a claim that has its answer already, whatever has become
        of the batch since. Raises `Problem` and `StoreUnavailable`."""
        assert message.seq is not None, "it was checked when it came"
        assert message.batch is not None, "it was checked when it came"
        batch = self._batches.get(message.batch)
        if batch is None:
            found = await self._find(caller, message.batch)
            if found is not None and found.closed_at is None:
                batch = self._batches[message.batch] = _Batch(found)
        if batch is not None and batch.newest < message.seq <= batch.row.last_sequence:
            self._check_time(message.captured_at, batch.row)
            if message.seq >= batch.row.first_sequence:
                return batch
        if await self._is_answered(request):
            return None
        if batch is None:
            raise Problem(refusal_code(OfflineBatchNotFound()), "no such batch is open")
        following = max(batch.newest + 1, batch.row.first_sequence)
        raise Problem(refusal_code(SequenceGap(following)), facts={"expectedSequence": following})

    def _check_time(self, captured_at: datetime | None, batch: OfflineBatchRow) -> None:
        assert captured_at is not None, "it was checked when it came"
        if captured_at < batch.first_captured_at:
            raise invalid_at("/capturedAt", "it lies before the first of its batch")
        if captured_at > self._edge.clock.now() + CLOCK_AHEAD_MAX:
            raise invalid_at("/capturedAt", "it lies in the future")

    async def _find(self, caller: Caller, batch_id: str) -> OfflineBatchRow | None:
        """As the log has it now: the read model is waited for, so that a batch which was just opened is found."""
        pharmacy_id, terminal_id = caller.pharmacy_id or "", caller.terminal_id or ""
        heads = await self._edge.log.heads()
        partitions = sum(1 for partition in heads if partition.topic == CLAIM_OFFLINE.topic)
        partition = partition_of(CLAIM_OFFLINE.topic, pharmacy_id, partitions)
        await caught_up(self._edge, position_text(partition, heads[partition].offset))
        return await self._edge.reads.pharmacies.offline_batch(pharmacy_id, terminal_id, batch_id)

    async def _is_answered(self, request: CommandRequest) -> bool:
        heads = await self._edge.log.heads()
        partitions = sum(1 for partition in heads if partition.topic == request.topic)
        partition = partition_of(request.topic, request.aggregate_id, partitions)
        key = ResultKey(partition, request.aggregate_id, request.caller.scope, request.key)
        return bool(await self._edge.log.results([key]))


def joined(first: bytes, second: bytes) -> bytes:
    """Two JSON objects as one, without reading the second; a key that stands in both is the host's to refuse."""
    rest = second.lstrip(b" \t\r\n")[1:].lstrip(b" \t\r\n")
    return first[:-1] + (b"," if rest[:1] != b"}" else b"") + rest if second[:1] == b"{" else second
