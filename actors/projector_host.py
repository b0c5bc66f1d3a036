"""The Ray actor around the projectors of all groups of read models."""

import asyncio
import logging
import threading

import ray
import uvloop

from actors import NAMESPACE, PROJECTOR
from ledger import bootstrap
from ledger.clocks import SystemClock
from ledger.collector import settle_collector
from ledger.following import Halted
from ledger.metrics import Families, ProcessMetrics, projection_gauges
from ledger.observability import configure_logging
from ledger.ports import CheckpointMoved, StoreUnavailable
from ledger.settings import Settings
from projections.projection import Group
from projections.projector import Projector
from projections.registry import GROUPS

_log = logging.getLogger(__name__)

RESTART_AFTER_S = 1.0
HALTED_LOOK_AGAIN_S = 10.0
STAND_BACK_S = 10.0
"""How long a projector that met another copy leaves it the field."""


class GroupRunner:
    """Keeps one group's projector at work, whatever happens to it."""

    def __init__(self, open_ports: bootstrap.OpenProjector, group: Group) -> None:
        self._open_ports = open_ports
        self._group = group
        self._projector: Projector | None = None
        self._failure = ""

    @property
    def applied(self) -> int:
        """Events since the newest start."""
        return 0 if self._projector is None else self._projector.events_applied

    @property
    def failure(self) -> str:
        """What is not as it should be: why it makes no headway, or what it leaves out."""
        projector = self._projector
        if projector is None or (self._failure and not projector.well):
            return self._failure
        complaints = ["paused"] if projector.paused else []
        if projector.stuck:
            complaints.append(f"{projector.behind} events behind, and none comes")
        if projector.parked:
            complaints.append(f"{projector.parked} aggregates parked")
        return ", ".join(complaints)

    def status(self) -> dict[str, object]:
        """For machines; `positions` by partition."""
        projector = self._projector
        if projector is None:
            return {"positions": {}, "failure": self._failure}
        return {
            "positions": {str(partition): offset for partition, offset in projector.positions.items()},
            "applied": projector.events_applied,
            "behind": projector.behind,
            "lagS": projector.lag_s,
            "parked": projector.parked,
            "paused": projector.paused,
            "failure": self.failure,
        }

    async def run(self) -> None:
        while True:
            try:
                await self._project()
            except Halted as error:
                # Nothing was applied, and nothing will be while it is so; what was put right is found by looking again.
                await self._rest(f"halted: {type(error).__name__}: {error}", HALTED_LOOK_AGAIN_S)
            except CheckpointMoved as error:
                # Two copies would only fight over the checkpoints; but the other one may be dying, so look again.
                _log.critical("%s: %s", self._group.name, error)
                await self._rest("another copy of the projector is at work", STAND_BACK_S)
            except StoreUnavailable as error:
                _log.warning("the projector %s cannot reach its store: %s", self._group.name, error)
                await asyncio.sleep(RESTART_AFTER_S)
            except Exception as error:
                _log.exception("the projector %s failed; it goes on from its checkpoints", self._group.name)
                # Its text may hold data, and health is shown to everybody; the log has it all.
                await self._rest(type(error).__name__, RESTART_AFTER_S)

    async def _rest(self, failure: str, seconds: float) -> None:
        self._projector = None
        self._failure = failure
        _log.critical("the projector %s: %s", self._group.name, failure)
        await asyncio.sleep(seconds)

    async def _project(self) -> None:
        group = self._group
        async with self._open_ports(group.topics) as ports:
            self._projector = Projector(group, ports.log, ports.feed, ports.store, SystemClock())
            await self._projector.run()


class ProjectorActor:
    """Runs all projectors in a thread with a loop of its own, from the constructor on and also after a restart."""

    def __init__(self, settings: Settings) -> None:
        configure_logging(settings)
        self._metrics = ProcessMetrics()
        open_ports = bootstrap.projectors_of_one_process(settings)
        self._runners = {group.name: GroupRunner(open_ports, group) for group in GROUPS}
        self._thread = threading.Thread(target=self._work, name="projectors", daemon=True)
        settle_collector()
        self._thread.start()

    def status(self) -> dict[str, object]:
        """`groups`: the status of each; `applied` events of all; and what is not as it should be, if so."""
        runners = self._runners.items()
        failures = [f"{name}: {failure}" for name, runner in runners if (failure := runner.failure)]
        groups = {name: runner.status() for name, runner in runners}
        applied = sum(runner.applied for _, runner in runners)
        return {"groups": groups, "applied": applied, "failure": self._dead() or "; ".join(failures)}

    def metrics(self) -> Families:
        """The figures of the moment."""
        gauges = projection_gauges({name: runner.status() for name, runner in self._runners.items()})
        return [*self._metrics.families(), *gauges]

    def _dead(self) -> str:
        return "" if self._thread.is_alive() else "its thread has ended"

    def _work(self) -> None:
        # Ray gives its own loops to async actors only; this one would be the standard library's.
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._run())

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
