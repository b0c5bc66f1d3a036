"""The metrics of all processes that an edge replica can reach."""

import asyncio
from collections.abc import Mapping

from actors import PROJECTOR
from actors.directory import Directory
from actors.ray_calls import RayHostCalls
from ledger.metrics import Families

GATHER_TIMEOUT_S = 2.0


class RayVitals:
    """`Vitals` of the hosts that the placement names, and of the projector."""

    def __init__(self, directory: Directory, calls: RayHostCalls) -> None:
        self._directory = directory
        self._calls = calls

    async def others(self) -> Mapping[str, Families]:
        names = [*sorted(self._directory.hosts), PROJECTOR]
        found = await asyncio.gather(*(self._of(name) for name in names))
        return dict(zip(names, found, strict=True))

    async def _of(self, process: str) -> Families:
        """Nothing where it does not answer in time: a scrape must show the others."""
        try:
            async with asyncio.timeout(GATHER_TIMEOUT_S):
                return await self._calls.metrics(process)
        except TimeoutError:
            return []
