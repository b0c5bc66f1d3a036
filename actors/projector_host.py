"""The Ray actor around the projectors of all groups of read models."""

import asyncio
import logging
import threading
from collections.abc import Mapping

import ray

from actors import NAMESPACE, PROJECTOR
from ledger import bootstrap
from ledger.clocks import SystemClock
from ledger.messages.envelope import PartitionId
from ledger.observability import configure_logging
from ledger.ports import CheckpointMoved, StoreUnavailable
from ledger.settings import Settings
from projections.projection import Group
from projections.projector import Projector
from projections.registry import GROUPS

_log = logging.getLogger(__name__)

RESTART_AFTER_S = 1.0
STAND_BACK_S = 10.0
"""How long a projector that met another copy leaves it the field."""


class GroupRunner:
    """Keeps one group's projector at work, whatever happens to it."""

    def __init__(self, settings: Settings, group: Group) -> None:
        self._settings = settings
        self._group = group
        self._projector: Projector | None = None
        self._failure = ""
        self._applied_at_failure = 0

    @property
    def positions(self) -> Mapping[PartitionId, int]:
        return {} if self._projector is None else self._projector.positions

    @property
    def applied(self) -> int:
        """Events since the newest start."""
        return 0 if self._projector is None else self._projector.events_applied

    @property
    def failure(self) -> str:
        """Why it makes no headway, if so."""
        return self._failure if self.applied <= self._applied_at_failure else ""

    async def run(self) -> None:
        while True:
            try:
                await self._project()
            except CheckpointMoved as error:
                # Two copies would only fight over the checkpoints; but the other one may be dying, so look again.
                self._failure = "another copy of the projector is at work"
                _log.critical("%s: %s: %s", self._group.name, self._failure, error)
                await asyncio.sleep(STAND_BACK_S)
            except StoreUnavailable as error:
                _log.warning("the projector %s cannot reach its store: %s", self._group.name, error)
                await asyncio.sleep(RESTART_AFTER_S)
            except Exception as error:
                _log.exception("the projector %s failed; it goes on from its checkpoints", self._group.name)
                # Its text may hold data, and health is shown to everybody; the log has it all.
                self._failure = type(error).__name__
                # The next one counts from nothing.
                self._applied_at_failure = 0
                await asyncio.sleep(RESTART_AFTER_S)

    async def _project(self) -> None:
        group = self._group
        async with bootstrap.open_projector(self._settings, group.topics) as ports:
            self._projector = Projector(group, ports.log, ports.feed, ports.store, SystemClock())
            await self._projector.run()


class ProjectorActor:
    """Runs all projectors in a thread with a loop of its own, from the constructor on and also after a restart."""

    def __init__(self, settings: Settings) -> None:
        configure_logging(settings)
        self._runners = {group.name: GroupRunner(settings, group) for group in GROUPS}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="projectors", daemon=True)
        self._thread.start()

    def status(self) -> dict[str, object]:
        """`positions` by group and partition, `applied` events since the start, and why no headway is made, if so."""
        runners = self._runners.items()
        positions = {name: {str(key): at for key, at in runner.positions.items()} for name, runner in runners}
        failures = [f"{name}: {runner.failure}" for name, runner in runners if runner.failure]
        applied = sum(runner.applied for _, runner in runners)
        return {"positions": positions, "applied": applied, "failure": self._dead() or "; ".join(failures)}

    def _dead(self) -> str:
        return "" if self._thread.is_alive() else "its thread has ended"

    async def _run(self) -> None:
        await asyncio.gather(*(runner.run() for runner in self._runners.values()))


def start_projector(settings: Settings) -> "ray.actor.ActorHandle[ProjectorActor]":
    """Starts the projector, or finds it running."""
    actor = ray.remote(ProjectorActor)
    return actor.options(
        name=PROJECTOR,
        namespace=NAMESPACE,
        lifetime="detached",
        get_if_exists=True,
        max_restarts=-1,
        max_task_retries=0,
        num_cpus=0,
        enable_task_events=False,
    ).remote(settings)
