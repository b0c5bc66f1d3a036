"""The Ray actor around the projector of the MedCard read models."""

import asyncio
import logging
import threading

import ray

from actors import NAMESPACE, PROJECTOR
from ledger import bootstrap
from ledger.clocks import SystemClock
from ledger.observability import configure_logging
from ledger.ports import CheckpointMoved, StoreUnavailable
from ledger.settings import Settings
from projections.projector import Projector
from projections.registry import MEDCARD_PROJECTIONS, MEDCARD_TOPIC

_log = logging.getLogger(__name__)

RESTART_AFTER_S = 1.0
STAND_BACK_S = 10.0
"""How long a projector that met another copy leaves it the field."""


class ProjectorActor:
    """Runs the projector in a thread with a loop of its own: it works from the constructor on, also after a restart."""

    def __init__(self, settings: Settings) -> None:
        configure_logging(settings)
        self._settings = settings
        self._projector: Projector | None = None
        self._failure = ""
        self._applied_at_failure = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="projector", daemon=True)
        self._thread.start()

    def status(self) -> dict[str, object]:
        """`positions` by partition, `applied` events since the start, and why it makes no headway, if so."""
        projector = self._projector
        positions = {} if projector is None else {str(key): offset for key, offset in projector.positions.items()}
        applied = 0 if projector is None else projector.events_applied
        stuck = self._failure if applied <= self._applied_at_failure else ""
        return {"positions": positions, "applied": applied, "failure": stuck or self._dead()}

    def _dead(self) -> str:
        return "" if self._thread.is_alive() else "its thread has ended"

    async def _run(self) -> None:
        while True:
            try:
                await self._project()
            except CheckpointMoved as error:
                # Two copies would only fight over the checkpoints; but the other one may be dying, so look again.
                self._failure = "another copy of the projector is at work"
                _log.critical("%s: %s", self._failure, error)
                await asyncio.sleep(STAND_BACK_S)
            except StoreUnavailable as error:
                _log.warning("the projector cannot reach its store: %s", error)
                await asyncio.sleep(RESTART_AFTER_S)
            except Exception as error:
                _log.exception("the projector failed; it goes on from its checkpoints")
                # Its text may hold data, and health is shown to everybody; the log has it all.
                self._failure = type(error).__name__
                # The next one counts from nothing.
                self._applied_at_failure = 0
                await asyncio.sleep(RESTART_AFTER_S)

    async def _project(self) -> None:
        async with bootstrap.open_projector(self._settings, {MEDCARD_TOPIC}) as ports:
            self._projector = Projector(ports.feed, ports.store, MEDCARD_PROJECTIONS, SystemClock())
            await self._projector.run()


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
