"""Health checks of what an edge replica depends on."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from actors.directory import Directory
from actors.ray_calls import RayHostCalls
from ledger.api.standing import Health
from ledger.ports import Clock, EventLog, StoreUnavailable

CHECK_TIMEOUT_S = 3.0
HOST_TIMEOUT_S = 2.0
"""Less than the whole check has, so that a host that does not answer is named."""
PROJECTOR_FACTS = ("behind", "lagS", "failure")


@dataclass(frozen=True, slots=True)
class Found:
    """The reason why something is not well, or nothing; and what else is worth knowing."""

    failure: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


Check = Callable[[], Awaitable[Found]]


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
                found = await check()
        except TimeoutError:
            found = Found(f"no answer within {CHECK_TIMEOUT_S:.0f} s")
        return Health(not found.failure, (self._clock.monotonic() - began) * 1000, found.failure, found.facts)

    async def _database(self) -> Found:
        try:
            await self._log.heads()
        except StoreUnavailable:
            return Found("cannot be reached")
        return Found()

    async def _hosts(self) -> Found:
        """A host that has just restarted opens its partitions by being asked; one that is missing is started by it."""
        try:
            await self._directory.refresh()
        except StoreUnavailable:
            return Found("the placement cannot be read")
        hosts = dict(sorted(self._directory.hosts.items()))
        ready = dict(zip(hosts, await asyncio.gather(*(self._ready(name) for name in hosts)), strict=True))
        waiting = [name for name, is_ready in ready.items() if not is_ready]
        facts = {name: {"partitions": count, "ready": ready[name]} for name, count in hosts.items()}
        return Found("not ready: " + ", ".join(waiting) if waiting else "", facts)

    async def _ready(self, host: str) -> bool:
        try:
            async with asyncio.timeout(HOST_TIMEOUT_S):
                return await self._calls.ready(host)
        except TimeoutError:
            return False

    async def _projector(self) -> Found:
        """Of each group as facts: how far it is behind, and why it makes no headway."""
        status = await self._calls.projector_status()
        facts = {
            name: {fact: group[fact] for fact in PROJECTOR_FACTS if fact in group}
            for name, group in status["groups"].items()
        }
        return Found(status["failure"], facts)
