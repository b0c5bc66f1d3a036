"""What REST is as HTTP: routes, bodies, headers, health, documents."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest

from ledger.api.rest.table import COMMAND_ROUTES, QUERY_ROUTES
from ledger.api.standing import Health
from tests.support.doors import CARD, CLAIM, CLAIMS, Bench, code_of, edge, token

CARDS = "/api/v1/medcards"
ONE = f"{CARDS}/medcard-456"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


async def test_routes_methods_and_media_types_that_there_are_not(bench: Bench) -> None:
    assert code_of(await bench.get("/api/v1/nothing"), 404) == "route_not_found"
    assert code_of(await bench.get(f"{CARDS}/"), 404) == "route_not_found"
    wrong = await bench.client.put(ONE)
    assert code_of(wrong, 405) == "method_not_allowed"
    assert wrong.headers["allow"] == "DELETE, GET, HEAD, PATCH"
    text = {"content-type": "text/plain"}
    assert code_of(await bench.post(CLAIMS, CLAIM, headers=text), 415) == "unsupported_media_type"
    for unfit in ("text/html", "application/json;q=0", "text/html, */*; q=0.0", "application/jsonx"):
        assert code_of(await bench.get(ONE, headers={"accept": unfit}), 406) == "not_acceptable"
    for fit in ("application/*;q=0.1", "text/html, application/problem+json", "application/json; charset=utf-8"):
        assert (await bench.get(ONE, headers={"accept": fit})).status_code != 406
    charset = {"content-type": "application/json; charset=utf-8"}
    assert code_of(await bench.post(CLAIMS, CLAIM, headers=charset), 404) == "card_not_found"


async def test_a_body_is_bounded_with_and_without_a_declared_length() -> None:
    async with edge(body_bytes_max=2_000) as bench:
        assert code_of(await bench.post(CLAIMS, b" " * 2_001), 413) == "payload_too_large"

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(5):
                yield b" " * 1_000

        headers = {"authorization": f"Bearer {token()}", "content-type": "application/json"}
        streamed = await bench.client.post(CLAIMS, content=endless(), headers=headers)
        assert code_of(streamed, 413) == "payload_too_large"


async def test_half_a_body_is_not_taken_for_a_whole_one(bench: Bench) -> None:
    await bench.active_card()
    gone = [{"type": "http.disconnect"}]
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{ONE}/close",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token()}".encode())],
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return gone.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    await bench.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert (await bench.get(ONE)).json()["status"] == "ACTIVE"


@pytest.mark.parametrize("path", [CLAIMS, "/graphql", "/api/v1/batch"])
async def test_a_body_that_does_not_come_is_given_up_in_the_time_of_the_setting(path: str) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        yield b'{"id": '
        await asyncio.Event().wait()

    async with edge(body_timeout_s=0.05) as bench:
        headers = {"authorization": f"Bearer {token()}", "content-type": "application/json"}
        late = await bench.client.post(path, content=dripping(), headers=headers)
        assert code_of(late, 400) == "invalid_request"
        assert late.json()["detail"] == "the body did not come within 0.05 s"


async def test_a_request_id_is_kept_where_it_is_fit(bench: Bench) -> None:
    assert (await bench.get(ONE, headers={"x-request-id": "r-1"})).headers["x-request-id"] == "r-1"
    assert (await bench.get(ONE, headers={"x-request-id": "r" * 200})).headers["x-request-id"] != "r" * 200


async def test_an_unforeseen_failure_gives_nothing_away(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_: str) -> None:
        raise KeyError("a secret")

    monkeypatch.setattr(bench.reads, "card", fail)
    broken = await bench.get(ONE)
    assert code_of(broken, 500) == "internal"
    assert "secret" not in broken.text


async def test_health_tells_process_parts_and_readiness_apart(bench: Bench) -> None:
    assert (await bench.client.get("/health/ready")).status_code == 200
    bench.health.found = {"log": Health(True, 1.0), "hosts": Health(False, 2.0, "recovering")}
    assert (await bench.client.get("/health/live")).json() == {"status": "ok", "version": "2.0.0"}
    assert (await bench.client.get("/health/ready")).status_code == 503
    whole = await bench.client.get("/health")
    assert (whole.status_code, whole.json()["status"]) == (200, "degraded")
    assert whole.json()["checks"]["hosts"] == {"status": "failing", "latencyMs": 2.0, "detail": "recovering"}


async def test_openapi_names_every_route_and_schema(bench: Bench) -> None:
    document = (await bench.client.get("/openapi.json")).json()
    claim = document["paths"]["/api/v1/medcards/{id}/claims/prescriptions"]["post"]
    assert claim["requestBody"]["content"]["application/json"]["example"]["totalAmount"] == 350
    schemas = document["components"]["schemas"]
    assert {"ClaimPrescriptionInput", "ItemInput", "ClaimAnswer", "CardPage", "Problem"} <= set(schemas)
    assert schemas["ClaimAnswer"]["properties"]["covered"] == {"type": "number", "multipleOf": 0.01}
    identities = [
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    assert len(identities) == len(set(identities)) == len(COMMAND_ROUTES) + len(QUERY_ROUTES) + 1  # the batch
    page = await bench.client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "//" not in page.text.replace("// ", "")


async def test_doors_made_for_some_are_closed_by_default(bench: Bench) -> None:
    assert code_of(await bench.client.get("/_bench/empty"), 404) == "route_not_found"
    assert "access-control-allow-origin" not in (await bench.get(ONE, headers={"origin": "https://x"})).headers
    async with edge(bench_door=True, docs=False, cors_origins=("https://portal",)) as other:
        assert (await other.client.get("/_bench/empty")).content == b"{}"
        assert code_of(await other.client.get("/docs"), 404) == "route_not_found"
        allowed = await other.get(ONE, headers={"origin": "https://portal"})
        assert allowed.headers["access-control-allow-origin"] == "https://portal"


async def test_a_header_that_must_be_one_is_refused_when_it_comes_twice(bench: Bench) -> None:
    doubled = [("Authorization", f"Bearer {token()}"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    refused = await bench.client.post("/api/v1/medcards", json=CARD, headers=doubled)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")


async def test_positions_in_two_headers_are_both_waited_for(bench: Bench) -> None:
    doubled = [
        ("Authorization", f"Bearer {token()}"),
        ("Min-Position", "medcard/0@9999"),
        ("Min-Position", "medcard/0@0"),
    ]
    late = await bench.client.get("/api/v1/medcards", headers=doubled)
    assert (late.status_code, late.json()["code"]) == (503, "not_caught_up")


async def test_a_position_of_a_topic_that_nobody_reads_is_refused_at_once(bench: Bench) -> None:
    headers = {"Authorization": f"Bearer {token()}", "Min-Position": "nosuch/1@1"}
    refused = await bench.client.get("/api/v1/medcards", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["/docs", "/graphql"])
async def test_a_page_may_run_its_own_script_and_load_nothing_from_elsewhere(bench: Bench, path: str) -> None:
    page = await bench.client.get(path)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    script = page.text.partition("<script>")[2].partition("</script>")[0]
    assert b64encode(sha256(script.encode()).digest()).decode() in policy
    assert page.text.count("<script") == page.text.count("<style") == 1
    assert "style=" not in page.text
