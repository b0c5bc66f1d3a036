"""A log whose next appends go wrong in a way that the test chooses."""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from typing import Any

from ledger.messages.envelope import PartitionId
from ledger.ports import Append, EventLog, Head, OutcomeUnknown, StoreUnavailable, Verdict


class FaultyLog:
    """Passes everything on to a real `EventLog`; each scripted fault befalls one append.

    `lost before`: it never arrives. `lost after`: it is done, but its answer is lost. `away`: refused, nothing written.
    `raises after`: it is done, and something unforeseen happens.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.faults: deque[str] = deque()
        self.appends: list[Append] = []
        self.held = asyncio.Event()
        self.held.set()
        self.bumps_away = 0

    async def append(self, append: Append) -> Verdict:
        self.appends.append(append)
        await self.held.wait()
        fault = self.faults.popleft() if self.faults else ""
        if fault == "lost before":
            raise OutcomeUnknown("lost on its way")
        if fault == "away":
            raise StoreUnavailable("no lock")
        verdict = await self._log.append(append)
        if fault == "raises after":
            raise RuntimeError("something that no contract names")
        if fault == "lost after":
            raise OutcomeUnknown("its answer was lost")
        return verdict

    async def bump(self, host: str, holder: str, partitions: Collection[PartitionId]) -> Mapping[PartitionId, Head]:
        if self.bumps_away:
            self.bumps_away -= 1
            raise StoreUnavailable("still away")
        return await self._log.bump(host, holder, partitions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)
