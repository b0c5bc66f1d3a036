"""One replica of the edge, as Ray Serve runs it."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from actors.directory import Directory
from actors.health import EdgeChecks
from actors.ray_calls import RayHostCalls
from actors.vitals import RayVitals
from ledger import bootstrap
from ledger.api.app import build_app
from ledger.clocks import SystemClock, SystemIds
from ledger.observability import configure_logging
from ledger.settings import Settings


class EdgeReplica:
    """Opens its ports in the replica's own loop, then serves the application over them."""

    async def __init__(self, settings: Settings) -> None:  # type: ignore[misc]  # Serve awaits it
        configure_logging(settings)
        self._parts = AsyncExitStack()
        ports = await self._parts.enter_async_context(bootstrap.open_edge(settings))
        clock, calls = SystemClock(), RayHostCalls(settings)
        door = Directory(ports.log, calls, clock, settings.append_lanes)
        checks = EdgeChecks(ports.log, door, calls, clock)
        self._following = asyncio.create_task(door.follow(), name="placement")
        self._app = build_app(settings, door, ports, clock, SystemIds(), checks, RayVitals(door, calls))

    def __serve_build_asgi_app__(self) -> Any:
        """Asked for by Serve after the constructor."""
        return self._app
