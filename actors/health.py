"""Health checks of what an edge replica depends on."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from actors.directory import Directory
from actors.ray_calls import RayHostCalls
from ledger.ports import Clock, EventLog, Health, StoreUnavailable

CHECK_TIMEOUT_S = 3.0

Check = Callable[[], Awaitable[str]]
"""Gives the reason why something is not well, or nothing."""


class EdgeChecks:
    """`HealthChecks` over the database, the hosts that own partitions, and the projector."""

    def __init__(self, log: EventLog, directory: Directory, calls: RayHostCalls, clock: Clock) -> None:
        self._log = log
        self._directory = directory
        self._calls = calls
        self._clock = clock

    async def check(self) -> Mapping[str, Health]:
        checks: dict[str, Check] = {"database": self._database, "hosts": self._hosts, "projector": self._projector}
        answers = await asyncio.gather(*(self._timed(check) for check in checks.values()))
        return dict(zip(checks, answers, strict=True))

    async def _timed(self, check: Check) -> Health:
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                failure = await check()
        except TimeoutError:
            failure = f"no answer within {CHECK_TIMEOUT_S:.0f} s"
        return Health(not failure, (self._clock.monotonic() - began) * 1000, failure)

    async def _database(self) -> str:
        try:
            await self._log.heads()
        except StoreUnavailable:
            return "cannot be reached"
        return ""

    async def _hosts(self) -> str:
        """A host that has just restarted opens its partitions by being asked."""
        try:
            await self._directory.refresh()
        except StoreUnavailable:
            return "the placement cannot be read"
        names = sorted(self._directory.hosts)
        ready = await asyncio.gather(*(self._calls.ready(name) for name in names))
        waiting = [name for name, is_ready in zip(names, ready, strict=True) if not is_ready]
        return "not ready: " + ", ".join(waiting) if waiting else ""

    async def _projector(self) -> str:
        return await self._calls.projector_failure()
