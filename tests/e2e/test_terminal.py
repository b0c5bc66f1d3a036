"""Terminals on their sockets, on the server as it is run: HAProxy, Ray Serve, hosts, log, projector."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.e2e.test_counter import get, post
from tests.support.server import Server

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

CARD = "terminal-card"
PHARMACY = "terminal-pharmacy"
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def counter(server: Server) -> Server:
    """A card to claim on, and a registered terminal."""
    holder = {
        "nationalId": "12345678901234",
        "name": "Ahmed Mohamed",
        "dateOfBirth": "1990-01-15",
        "phoneNumber": "+201234567890",
    }
    card = {"id": CARD, "userId": "user-t", "cardType": "PLATINUM", "primaryHolder": holder, "expiryDate": "2099-12-31"}
    assert post(server, "/medcards", card).status == 201
    assert post(server, f"/medcards/{CARD}/activate").status == 200
    pharmacy = {"id": PHARMACY, "name": "El Ezaby", "governorate": "Giza", "licence": "GZ-1"}
    assert post(server, "/pharmacies", pharmacy).status == 201
    assert post(server, f"/pharmacies/{PHARMACY}/terminals", {"terminalId": "t-gone"}).status == 200
    return server


def token(server: Server, terminal: str = "t-1") -> str:
    return server.token("PHARMACY", pharmacy=PHARMACY, terminal=terminal)


@asynccontextmanager
async def line(server: Server, terminal: str = "t-1") -> AsyncIterator[ClientConnection]:
    """A terminal that has been welcomed."""
    address = f"ws://127.0.0.1:{server.port}/ws/terminal"
    headers = {"Authorization": f"Bearer {token(server, terminal)}"}
    opened = await connect(address, subprotocols=["healthpay.terminal.v1"], additional_headers=headers)  # type: ignore[list-item]  # their type is a NewType of str
    try:
        assert json.loads(await opened.recv())["type"] == "welcome"
        yield opened
    finally:
        if opened.close_code is None:
            await opened.close()


async def told(opened: ClientConnection, count: int) -> dict[str, dict[str, Any]]:
    """The next results by id, each body as the text that it came as."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            frame = json.loads(await opened.recv(), parse_float=str)
            found += frame if isinstance(frame, list) else [frame]
    return {each["id"]: each for each in found}


async def close_of(opened: ClientConnection) -> int | None:
    async with asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionClosed):
            while True:
                await opened.recv()
        await opened.wait_closed()
    return opened.close_code


def claim(message_id: str, prescription: str) -> dict[str, Any]:
    body = {"prescriptionId": prescription, "beneficiaryId": "user-t", "totalAmount": "10.00"}
    return {"type": "claimPrescription", "id": message_id, "card": CARD, "body": body}


async def test_claims_are_resumed_after_the_line_was_cut_and_are_what_the_pharmacy_is_shown(counter: Server) -> None:
    claims = [claim(f"c-{n}", f"rx-{n}") for n in range(20)]
    async with line(counter) as opened:
        await opened.send(json.dumps(claims))
        # The line is cut before anything is read.
        opened.transport.abort()
    async with line(counter) as opened:
        await opened.send(json.dumps(claims))
        first = await told(opened, 20)
        await opened.send(json.dumps(claims))
        again = await told(opened, 20)
    assert {each["body"]["status"] for each in first.values()} == {"PAID"}
    assert {key: each["body"] for key, each in first.items()} == {key: each["body"] for key, each in again.items()}
    assert {each["replayed"] for each in again.values()} == {True}
    newest = max(first.values(), key=lambda each: each["body"]["version"])["position"]
    totals = get(counter, f"/pharmacies/{PHARMACY}/totals?terminal=t-1", newest, token=token(counter)).json
    assert [(each["status"], each["claims"], str(each["total"])) for each in totals["byStatus"]] == [
        ("PAID", 20, "200.00")
    ]


async def test_an_id_in_flight_on_two_sockets_is_one_command(counter: Server) -> None:
    async with line(counter) as one, line(counter) as other:
        message = json.dumps(claim("twice", "rx-twice"))
        await asyncio.gather(one.send(message), other.send(message))
        [first, second] = [(await told(each, 1))["twice"] for each in (one, other)]
    assert first["body"] == second["body"]
    assert sorted([first["replayed"], second["replayed"]]) == [False, True]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (["{"] * 5, 1008),
        (["x" * 10_000_000], 1009),
        ([b"{}"], 1003),
        ([json.dumps([{"type": "ping", "id": f"p-{n}"} for n in range(10_000)])], 1009),
        ([json.dumps([claim(f"w-{n}-{m}", f"rx-w-{n}-{m}") for m in range(200)]) for n in range(50)], 1008),
    ],
    ids=["garbage", "10 MB", "binary", "10,000 messages", "10,000 ids in flight"],
)
async def test_whoever_breaks_the_protocol_is_closed_with_a_code_and_the_others_go_on(
    counter: Server, frames: list[str | bytes], code: int
) -> None:
    async with line(counter, "t-broken") as opened, line(counter) as other:
        with suppress(ConnectionClosed):
            for frame in frames:
                await opened.send(frame)
        assert await close_of(opened) == code
        await other.send('{"type":"ping","id":"p"}')
        assert (await told(other, 1))["p"]["status"] == "accepted"


async def test_a_revoked_terminal_is_closed(counter: Server) -> None:
    async with line(counter, "t-gone") as opened:
        bearer = counter.token("ADMIN")
        path = f"/api/v1/pharmacies/{PHARMACY}/terminals/t-gone"
        assert counter.request("DELETE", path, {"reason": "stolen"}, token=bearer).status == 200
        assert await close_of(opened) == 4403


# A terminal that somebody else could have written: JavaScript, with the `ws` package from npm.

SOURCES = Path(__file__).parent / "js"
INSTALL_TIMEOUT_S, RUN_TIMEOUT_S = 90, 60


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its folder, with the packages of its lock file."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("a terminal in JavaScript needs node and npm, which are not installed here")
    folder = tmp_path_factory.mktemp("js") / "terminal"
    shutil.copytree(SOURCES, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, timeout=INSTALL_TIMEOUT_S, check=False)
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install the package ws here: {installed.stderr.decode()[-300:]}")
    return folder


def test_it_claims_loses_its_connection_resumes_and_reads_its_totals(counter: Server, terminal: Path) -> None:
    arguments = [f"127.0.0.1:{counter.port}", token(counter, "t-js"), PHARMACY, "t-js", CARD, "user-t"]
    command = ["node", "terminal.mjs", *arguments]
    done = subprocess.run(command, cwd=terminal, capture_output=True, timeout=RUN_TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    said = json.loads(done.stdout, parse_float=str)
    assert said["subprotocol"] == "healthpay.terminal.v1"
    assert (said["statuses"], said["same"], said["replayed"]) == (["PAID"] * 5, True, [True] * 5)
    [paid] = said["totals"]["byStatus"]
    assert (paid["status"], paid["claims"], paid["total"]) == ("PAID", 5, 250)
