"""What `/metrics` tells of the edge and of the processes behind it."""

import pickle
from collections.abc import AsyncIterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ledger.metrics import EdgeMetrics, HostMetrics, exposition, host_gauges, projection_gauges
from tests.support.doors import CLAIM, CLAIMS, Bench, edge


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples_of(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, metric: str, **labels: str) -> float:
    return samples[metric, frozenset(labels.items())]


async def test_requests_and_commands_are_counted_by_route_and_outcome(bench: Bench) -> None:
    await bench.active_card()
    await bench.post(CLAIMS, CLAIM)
    await bench.post(CLAIMS, "{}")
    await bench.graphql('mutation { closeMedCard(input: {medCardId: "none"}) { success } }')
    answer = await bench.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    samples = samples_of(answer.text)
    route = "/api/v1/medcards/{id}/claims/prescriptions"
    common = {"route": route, "method": "POST", "process": "edge"}
    assert value(samples, "healthpay_requests_total", status="200", code="ok", **common) == 1
    assert value(samples, "healthpay_requests_total", status="400", code="invalid_request", **common) == 1
    assert value(samples, "healthpay_request_seconds_count", **common) == 2
    claim = {"command": "claimPrescription", "process": "edge"}
    assert value(samples, "healthpay_commands_total", outcome="ok", **claim) == 1
    assert value(samples, "healthpay_commands_total", outcome="invalid_request", **claim) == 1
    closing = {"command": "closeMedCard", "process": "edge"}
    assert value(samples, "healthpay_commands_total", outcome="card_not_found", **closing) == 1
    assert value(samples, "process_resident_memory_bytes", process="edge") > 1_000_000


async def test_what_a_client_makes_up_is_no_label(bench: Bench) -> None:
    await bench.client.request("BREW", "/api/v1/medcards")
    await bench.post("/api/v1/batch", {"commands": [{"command": "made-up", "key": "k"}]})
    await bench.get("/api/v1/medcards/some-card-of-mine")
    text = (await bench.client.get("/metrics")).text
    assert not any(word in text for word in ("BREW", "made-up", "some-card-of-mine"))


def test_the_figures_of_several_processes_stand_side_by_side() -> None:
    hosts = {}
    for number in (0, 1):
        metrics = HostMetrics()
        metrics.appended("committed", 3, 0.002, {"PrescriptionClaimed": 3})
        metrics.appended("fenced", 1, 0.001, {})
        # As they travel from the host's process to the edge's.
        travelled = pickle.loads(pickle.dumps([*metrics.families(), *host_gauges({"residents": number})]))
        hosts[f"host-{number}"] = travelled
    projector = projection_gauges(
        {"medcards": {"behind": 7, "applied": 10, "failure": ""}, "wallets": {"failure": "x"}}
    )
    text = exposition({"edge": EdgeMetrics().families(), **hosts, "projector": projector}).decode()
    samples = samples_of(text)
    assert text.count("# TYPE healthpay_events_appended_total ") == 1
    for number in (0, 1):
        process = f"host-{number}"
        claimed = {"type": "PrescriptionClaimed", "process": process}
        assert value(samples, "healthpay_events_appended_total", **claimed) == 3
        assert value(samples, "healthpay_appends_total", verdict="fenced", process=process) == 1
        assert value(samples, "healthpay_aggregates_active", process=process) == number
    lag = {"projection": "medcards", "process": "projector"}
    assert value(samples, "healthpay_projection_lag_events", **lag) == 7
    assert value(samples, "healthpay_projection_failing", projection="wallets", process="projector") == 1
