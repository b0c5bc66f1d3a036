"""The Ray actor around an aggregate host."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import asdict

import ray

from actors import NAMESPACE
from ledger import bootstrap
from ledger.collector import settle_collector
from ledger.messages.commands import decode_requests, encode_answers
from ledger.metrics import Families, HostMetrics, host_gauges
from ledger.observability import configure_logging
from ledger.runtime.host import AggregateHost
from ledger.settings import Settings

CALLS_AT_ONCE_MAX = 1_000


class AggregateHostActor:
    """One aggregate host. It opens at the first call after every start, so that a restarted actor needs nobody."""

    def __init__(self, settings: Settings, name: str) -> None:
        configure_logging(settings)
        self._settings = settings
        self._name = name
        self._opening: asyncio.Task[AggregateHost] | None = None
        self._open_parts = AsyncExitStack()
        self._metrics = HostMetrics()

    async def submit(self, requests: bytes) -> bytes:
        """MessagePack of a list of `CommandRequest`, answered by a list of `CommandAnswer` in the same order."""
        host = await self._host()
        return encode_answers(await host.submit(decode_requests(requests)))

    async def ready(self) -> bool:
        """Whether it owns the partitions whose rows name it."""
        return await (await self._host()).owns_its_partitions()

    async def metrics(self) -> Families:
        """What it has counted, and its figures of the moment."""
        stats = asdict((await self._host()).stats())
        return [*self._metrics.families(), *host_gauges(stats)]

    async def _host(self) -> AggregateHost:
        if self._opening is None or (self._opening.done() and self._opening.exception() is not None):
            self._opening = asyncio.create_task(self._open())
        # A caller that goes away must not cancel the opening, which others wait for.
        return await asyncio.shield(self._opening)

    async def _open(self) -> AggregateHost:
        opening = bootstrap.open_host(self._settings, self._name, self._metrics)
        host = await self._open_parts.enter_async_context(opening)
        settle_collector()
        return host


def start_host(settings: Settings, name: str) -> "ray.actor.ActorHandle[AggregateHostActor]":
    """Starts the host of that name, or finds it running. Restarts are without end; calls are never repeated by Ray."""
    actor = ray.remote(AggregateHostActor)
    return actor.options(
        name=name,
        namespace=NAMESPACE,
        lifetime="detached",
        get_if_exists=True,
        max_restarts=-1,
        max_task_retries=0,
        max_concurrency=CALLS_AT_ONCE_MAX,
        num_cpus=0,
        scheduling_strategy="SPREAD",
        enable_task_events=False,
    ).remote(settings, name)
