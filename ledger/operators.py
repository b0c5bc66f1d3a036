"""What operators do to read models, by the name of their group, and to the placement of partitions.

The one room of the house that knows the read door: it stands above both, as the command line does.
"""

import asyncio
import os
import pwd
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from ledger import bootstrap, by_hand
from ledger.audit.findings import Report
from ledger.audit.kept_heads import KeptHead
from ledger.auditing import AuditRecord
from ledger.clocks import SystemClock, SystemIds
from ledger.following import Halted
from ledger.messages.envelope import PartitionId
from ledger.runtime.moving import MoveAnswer, Mover, outcome_of
from ledger.settings import Settings
from projections import rebuild as building
from projections.projection import Group
from projections.registry import GROUPS
from projections.replay import Replay, replay_dead_letters

MOVE_TAKEN_WITHIN_S = 30.0
"""A host that is moved to may have to be started first."""


class UnknownGroup(Exception):
    """There are no read models under this name."""


def group_named(name: str) -> Group:
    """Raises `UnknownGroup`, naming those that there are."""
    for group in GROUPS:
        if group.name == name:
            return group
    raise UnknownGroup(f"{name} is none of {', '.join(group.name for group in GROUPS)}")


async def move(
    settings: Settings, partitions: Sequence[PartitionId], host: str, *, who: str, hosts_run: bool
) -> Sequence[MoveAnswer]:
    """Moves partitions to a host, all at once; the answers in the same order, which the audit trail keeps, too.

    `hosts_run`: whether a server runs on this database, so that the new host's taking is waited for.
    Raises `StoreUnavailable`.
    """
    clock, ids = SystemClock(), SystemIds()
    async with bootstrap.open_placement(settings) as (log, trail):
        mover = Mover(log, clock, bootstrap.host_names(settings), MOVE_TAKEN_WITHIN_S if hosts_run else None)
        answers = await asyncio.gather(*(mover.move(partition, host) for partition in partitions))
        for partition, answer in zip(partitions, answers, strict=True):
            record = AuditRecord(
                id=ids.new_id(),
                at=clock.now(),
                who=who,
                role="OPERATOR",
                what="ledger move",
                on_what=f"{partition} to {host}",
                outcome=outcome_of(answer),
                ip="",
                request_id="",
            )
            trail.note(record)
    return answers


async def pause(settings: Settings, name: str, paused: bool) -> bool:
    """Until it is undone nothing is applied; False where it was so before.

    Raises `UnknownGroup`, `StoreUnavailable`.
    """
    group = group_named(name)
    async with (
        _noted(settings, "pause" if paused else "resume", name),
        bootstrap.open_projector(settings, group.topics) as ports,
    ):
        return await ports.store.pause(group.name, paused)


async def replay(settings: Settings, name: str, aggregate_id: str) -> Sequence[Replay]:
    """Replays the dead letters of a group, or of all; empty texts name nothing. Raises as `pause` does."""
    groups = [group_named(name)] if name else GROUPS
    replays: list[Replay] = []
    for group in groups:
        async with (
            _noted(settings, "replay-dead-letters", f"{group.name} {aggregate_id}".strip()),
            bootstrap.open_projector(settings, group.topics) as ports,
        ):
            replays += await replay_dead_letters(group, ports.log, ports.store, aggregate_id)
    return replays


async def rebuild(settings: Settings, name: str, told: building.Told, resume: bool) -> building.Built:
    """Raises `UnknownGroup`, `AlreadyAtWork`, `Halted` in its kinds, `StoreUnavailable`."""
    group = group_named(name)
    async with (
        _noted(settings, "rebuild", name),
        by_hand.open_build(settings, group.name, group.tables) as ports,
    ):
        return await building.rebuild(group, ports.log, ports.store, ports.shadow, told, resume)


@asynccontextmanager
async def _noted(settings: Settings, what: str, on_what: str) -> AsyncIterator[None]:
    """Puts what is done on the audit trail, with how it ended."""
    outcome = "interrupted"
    try:
        yield
        outcome = "ok"
    except Exception as error:
        outcome = type(error).__name__
        raise
    finally:
        await by_hand.note(settings, _account(), what, on_what, outcome)


def _account() -> str:
    """Of the operating system: whoever works on the command line has no token."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


async def verify(
    settings: Settings, progress: building.Told, kept: Sequence[KeptHead] = (), folds: bool = True
) -> Report:
    """The whole audit; with `folds` also of every row of the read models against the fold of the log.

    Raises `AlreadyAtWork`, `StoreUnavailable`.
    """
    report = await by_hand.verify(settings, progress, {group.name: group.topics for group in GROUPS}, kept)
    for group in GROUPS if folds else ():
        await _verify_fold(settings, group, report, progress)
    return report


async def _verify_fold(settings: Settings, group: Group, report: Report, progress: building.Told) -> None:
    async with by_hand.open_build(settings, group.name, group.tables, to_compare=True) as ports:
        try:
            found = await building.differences(
                group, ports.log, ports.store, ports.shadow, ports.live, lambda text: progress(f"fold of {text}")
            )
        except Halted as error:
            report.found("folds", group.name, f"the log cannot be folded: {error}")
            return
    for table, rows in found.items():
        report.looked_at("folds")
        for place, what in rows:
            report.found("folds", f"{table} {place}", what)
