"""Calls to named actors of the cluster: handles are kept until one fails, and a host that is missing is started."""

from collections.abc import Callable
from typing import Any

import pytest
from ray.exceptions import RayError

from actors import PROJECTOR, ray_calls
from actors.line import HostUnreachable
from actors.ray_calls import RayHostCalls
from tests.support.doors import settings_for


class Method:
    """A remote method: answers, or raises."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self._answer = answer

    async def remote(self, *_arguments: object) -> Any:
        return self._answer()


class Actor:
    """An actor of the cluster, whose every method does the same."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self._answer = answer

    def __getattr__(self, _name: str) -> Method:
        return Method(self._answer)


class Cluster:
    """The named actors that there are; what is started appears among them."""

    def __init__(self) -> None:
        self.actors: dict[str, Actor] = {}
        self.looked_up: list[str] = []
        self.started: list[str] = []

    def get_actor(self, name: str, _namespace: str) -> Actor:
        self.looked_up.append(name)
        if name not in self.actors:
            raise ValueError(f"no actor {name}")
        return self.actors[name]

    def start_host(self, _settings: object, name: str) -> None:
        self.started.append(name)
        self.actors[name] = Actor(lambda: True)


def broken() -> Any:
    raise RayError("the actor died")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made = Cluster()
    monkeypatch.setattr(ray_calls.ray, "get_actor", made.get_actor)
    monkeypatch.setattr(ray_calls, "start_host", made.start_host)
    return made


async def test_a_host_is_looked_up_once_until_a_call_to_it_fails(cluster: Cluster) -> None:
    cluster.actors["host-0"] = Actor(lambda: b"answers")
    calls = RayHostCalls(settings_for())
    assert [await calls.submit("host-0", b"") for _ in range(3)] == [b"answers"] * 3
    assert cluster.looked_up == ["host-0"]
    cluster.actors["host-0"] = Actor(broken)
    fresh = RayHostCalls(settings_for())
    for _ in range(2):
        with pytest.raises(HostUnreachable, match="the actor died"):
            await fresh.submit("host-0", b"")
    assert cluster.looked_up == ["host-0"] * 3


async def test_a_host_that_the_cluster_does_not_have_is_started(cluster: Cluster) -> None:
    calls = RayHostCalls(settings_for())
    assert await calls.ready("host-7")
    assert cluster.started == ["host-7"]
    assert await calls.ready("host-7")
    assert cluster.started == ["host-7"]


async def test_a_host_that_fails_is_not_ready_and_looked_up_anew(cluster: Cluster) -> None:
    cluster.actors["host-0"] = Actor(broken)
    calls = RayHostCalls(settings_for())
    assert not await calls.ready("host-0")
    cluster.actors["host-0"] = Actor(lambda: True)
    assert await calls.ready("host-0")


async def test_a_projector_that_is_away_is_said_to_be(cluster: Cluster) -> None:
    calls = RayHostCalls(settings_for())
    assert await calls.projector_status() == {"failure": "cannot be reached", "groups": {}}
    assert cluster.started == []
    cluster.actors[PROJECTOR] = Actor(lambda: {"failure": "", "groups": {"wallets": {}}})
    assert (await calls.projector_status())["groups"] == {"wallets": {}}
    assert await calls.projector_status() == {"failure": "", "groups": {"wallets": {}}}


async def test_figures_of_a_process_that_is_away_are_none(cluster: Cluster) -> None:
    calls = RayHostCalls(settings_for())
    assert await calls.metrics("host-0") == []
    cluster.actors["host-0"] = Actor(lambda: ["a family"])
    assert await calls.metrics("host-0") == ["a family"]
