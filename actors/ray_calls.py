"""Calls to hosts over Ray."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import ray
from ray.exceptions import RayError

from actors import NAMESPACE, PROJECTOR
from actors.aggregate_host import start_host
from actors.line import HostUnreachable
from ledger.metrics import Families
from ledger.settings import Settings

_log = logging.getLogger(__name__)


class RayHostCalls:
    """`HostCalls` to the named host actors of the cluster; handles are cached until a call fails.

    A host that the cluster has none of is started: its name comes from the placement, which an operator's move changes.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._handles: dict[str, ray.actor.ActorHandle] = {}

    async def submit(self, host: str, requests: bytes) -> bytes:
        try:
            handle = self._handles.get(host) or await self._host(host)
            answers: bytes = await handle.submit.remote(requests)
            return answers
        except (RayError, ValueError) as error:
            self._handles.pop(host, None)
            raise HostUnreachable(f"{type(error).__name__}: {error}") from error

    async def ready(self, host: str) -> bool:
        """Whether the host answers and has taken its partitions; a host that restarted opens by this call."""
        try:
            handle = self._handles.get(host) or await self._host(host)
            return bool(await handle.ready.remote())
        except (RayError, ValueError):
            self._handles.pop(host, None)
            return False

    async def projector_status(self) -> Mapping[str, Any]:
        """`failure`: why the projector does not work, or nothing; `groups`: what each of its groups says of itself."""
        try:
            handle = self._handles.get(PROJECTOR) or await self._find(PROJECTOR)
            status: Mapping[str, Any] = await handle.status.remote()
            return status
        except (RayError, ValueError):
            self._handles.pop(PROJECTOR, None)
            return {"failure": "cannot be reached", "groups": {}}

    async def metrics(self, process: str) -> Families:
        """What a host or the projector has counted; nothing where it cannot be reached."""
        try:
            handle = self._handles.get(process) or await self._find(process)
            families: Families = await handle.metrics.remote()
            return families
        except (RayError, ValueError):
            self._handles.pop(process, None)
            return []

    async def _host(self, host: str) -> "ray.actor.ActorHandle":
        try:
            return await self._find(host)
        except ValueError:
            _log.warning("starting host %s, which the placement names and the cluster does not have", host)
            await asyncio.to_thread(start_host, self._settings, host)
            return await self._find(host)

    async def _find(self, host: str) -> "ray.actor.ActorHandle":
        """Raises `ValueError` where there is no such actor."""
        # The look-up blocks on the cluster's directory.
        handle = await asyncio.to_thread(ray.get_actor, host, NAMESPACE)
        self._handles[host] = handle
        return handle
