"""What an edge replica says of the things that it depends on, whatever becomes of them."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest

from actors import health
from actors.health import EdgeChecks
from ledger.clocks import ManualClock
from ledger.ports import StoreUnavailable
from tests.support.doors import NOON


class World:
    """The log, the directory and the calls at once, as a test steers them."""

    def __init__(self) -> None:
        self.away = False
        self.silent: set[str] = set()
        self.ready_hosts = {"host-0", "host-1"}
        self.hosts: Mapping[str, int] = {"host-1": 4, "host-0": 8}
        self.status: dict[str, Any] = {
            "failure": "",
            "groups": {"wallets": {"behind": 3, "lagS": 0.1, "failure": "", "positions": {}}, "journal": {}},
        }

    async def heads(self) -> Mapping[Any, Any]:
        return self._answer("heads", {})

    async def refresh(self) -> None:
        self._answer("refresh", None)

    async def ready(self, host: str) -> bool:
        if host in self.silent:
            await asyncio.Event().wait()
        return host in self.ready_hosts

    async def projector_status(self) -> Mapping[str, Any]:
        if "projector" in self.silent:
            await asyncio.Event().wait()
        return self.status

    def _answer(self, _question: str, answer: Any) -> Any:
        if self.away:
            raise StoreUnavailable("away")
        return answer


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(health, "HOST_TIMEOUT_S", 0.01)
    monkeypatch.setattr(health, "CHECK_TIMEOUT_S", 0.05)
    return World()


def checks(world: World) -> EdgeChecks:
    everything = cast(Any, world)
    return EdgeChecks(everything, everything, everything, ManualClock(NOON))


async def test_everything_is_well_and_says_what_else_is_worth_knowing(world: World) -> None:
    found = await checks(world).check()
    assert {name: (each.healthy, each.detail) for name, each in found.items()} == dict.fromkeys(
        ("database", "hosts", "projector"), (True, "")
    )
    assert found["hosts"].facts == {
        "host-0": {"partitions": 8, "ready": True},
        "host-1": {"partitions": 4, "ready": True},
    }
    assert found["projector"].facts == {"wallets": {"behind": 3, "lagS": 0.1, "failure": ""}, "journal": {}}


async def test_a_database_that_is_away_keeps_nobody_from_the_other_checks(world: World) -> None:
    world.away = True
    found = await checks(world).check()
    assert found["database"].detail == "cannot be reached"
    assert found["hosts"].detail == "the placement cannot be read"
    assert found["projector"].healthy


async def test_hosts_that_are_not_ready_or_do_not_answer_are_named(world: World) -> None:
    world.silent = {"host-0"}
    world.ready_hosts = {"host-0"}
    found = await checks(world).check()
    assert (found["hosts"].healthy, found["hosts"].detail) == (False, "not ready: host-0, host-1")


async def test_what_does_not_answer_in_time_is_not_well(world: World) -> None:
    world.silent = {"projector"}
    found = await checks(world).check()
    assert not found["projector"].healthy
    assert found["projector"].detail.startswith("no answer within")
    assert found["database"].healthy


async def test_a_projector_says_itself_why_it_does_not_work(world: World) -> None:
    world.status = {"failure": "wallets: halted", "groups": {}}
    assert (await checks(world).check())["projector"].detail == "wallets: halted"
