"""What operators do to read models, by the name of their group.

The one room of the house that knows the read door: it stands above both, as the command line does.
"""

from collections.abc import Sequence

from ledger import bootstrap
from ledger.audit.findings import Report
from ledger.audit.kept_heads import KeptHead
from ledger.following import Halted
from ledger.settings import Settings
from projections import rebuild as building
from projections.projection import Group
from projections.registry import GROUPS
from projections.replay import Replay, replay_dead_letters


class UnknownGroup(Exception):
    """There are no read models under this name."""


def group_named(name: str) -> Group:
    """Raises `UnknownGroup`, naming those that there are."""
    for group in GROUPS:
        if group.name == name:
            return group
    raise UnknownGroup(f"{name} is none of {', '.join(group.name for group in GROUPS)}")


async def pause(settings: Settings, name: str, paused: bool) -> bool:
    """Until it is undone nothing is applied; False where it was so before.

    Raises `UnknownGroup`, `StoreUnavailable`.
    """
    group = group_named(name)
    async with bootstrap.open_projector(settings, group.topics) as ports:
        return await ports.store.pause(group.name, paused)


async def replay(settings: Settings, name: str, aggregate_id: str) -> Sequence[Replay]:
    """Replays the dead letters of a group, or of all; empty texts name nothing. Raises as `pause` does."""
    groups = [group_named(name)] if name else GROUPS
    replays: list[Replay] = []
    for group in groups:
        async with bootstrap.open_projector(settings, group.topics) as ports:
            replays += await replay_dead_letters(group, ports.log, ports.store, aggregate_id)
    return replays


async def rebuild(settings: Settings, name: str, told: building.Told, resume: bool) -> building.Built:
    """Raises `UnknownGroup`, `AlreadyAtWork`, `Halted` in its kinds, `StoreUnavailable`."""
    group = group_named(name)
    async with bootstrap.open_build(settings, group.name, group.tables) as ports:
        return await building.rebuild(group, ports.log, ports.store, ports.shadow, told, resume)


async def verify(
    settings: Settings, progress: building.Told, kept: Sequence[KeptHead] = (), folds: bool = True
) -> Report:
    """The whole audit; with `folds` also of every row of the read models against the fold of the log.

    Raises `AlreadyAtWork`, `StoreUnavailable`.
    """
    report = await bootstrap.verify(settings, progress, {group.name: group.topics for group in GROUPS}, kept)
    for group in GROUPS if folds else ():
        await _verify_fold(settings, group, report, progress)
    return report


async def _verify_fold(settings: Settings, group: Group, report: Report, progress: building.Told) -> None:
    async with bootstrap.open_build(settings, group.name, group.tables, to_compare=True) as ports:
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
