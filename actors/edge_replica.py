"""One replica of the edge, as Ray Serve runs it."""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Any

from actors.directory import Directory
from actors.health import EdgeChecks
from actors.ray_calls import RayHostCalls
from actors.vitals import RayVitals
from actors.websockets import set_up_websockets
from ledger import bootstrap
from ledger.api.app import build_app
from ledger.api.edge import EdgePorts
from ledger.clocks import SystemClock, SystemIds
from ledger.collector import settle_collector
from ledger.observability import configure_logging
from ledger.ports import StoreUnavailable
from ledger.settings import Settings

_log = logging.getLogger(__name__)

STORE_RETRY_S = 0.2


def shut_inner_door() -> None:
    """Gives no port to the gRPC server that Serve starts in a replica after its constructor.

    It would take pickles from whoever comes, on every address, no token asked; Ray 2.60 has no setting for that.
    Nothing calls it: requests come through HAProxy, and what Serve's own proxy passes on comes as an actor's call.
    """
    from ray.serve._private import replica

    no_port = 0
    replica.add_port_to_grpc_server = lambda _server, _everywhere: no_port


class EdgeReplica:
    """Opens its ports in the replica's own loop, then serves the application over them."""

    async def __init__(self, settings: Settings, *, alone: bool) -> None:  # type: ignore[misc]  # Serve awaits it
        """`alone`: the cluster is this run's own, behind the HAProxy that we configure."""
        configure_logging(settings)
        set_up_websockets(settings)
        if alone:
            shut_inner_door()
        self._parts = AsyncExitStack()
        ports = await self._open_ports(settings)
        clock, calls = SystemClock(), RayHostCalls(settings)
        door = Directory(ports.log, calls, clock, settings.append_lanes)
        checks = EdgeChecks(ports.log, door, calls, clock)
        self._following = asyncio.create_task(door.follow(), name="placement")
        self._app = build_app(
            settings, door, ports, clock, SystemIds(), checks, RayVitals(door, calls), own_proxy=alone
        )
        settle_collector()

    async def _open_ports(self, settings: Settings) -> EdgePorts:
        """Waits for the database: a replica that gave up would be tried again at ever longer intervals."""
        while True:
            try:
                return await self._parts.enter_async_context(bootstrap.open_edge(settings))
            except StoreUnavailable as error:
                _log.warning("the edge waits for the database: %s", error)
                await asyncio.sleep(STORE_RETRY_S)

    def __serve_build_asgi_app__(self) -> Any:
        """Asked for by Serve after the constructor."""
        return self._app
