"""The client needs nothing of the server: its own distribution works where the server's modules are not there."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from tests.support.server import ROOT

ALLOWED = (
    "anyio",
    "certifi",
    "h11",
    "httpcore",
    "httpx",
    "idna",
    "ledger",
    "sniffio",
    "typing_extensions",
    "websockets",
)
"""What `httpx` and `websockets` need, and no more."""

_ALONE = """
import asyncio, sys

class Guard:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top not in sys.stdlib_module_names and top not in ALLOWED:
            raise ModuleNotFoundError(name)

sys.path.insert(0, WHEEL)
sys.meta_path.insert(0, Guard())
import ledger.client
assert ledger.client.__file__.startswith(WHEEL), ledger.client.__file__

async def main():
    async with ledger.client.Terminal("ws://127.0.0.1:9/", "token", record=":memory:") as terminal:
        captured = await terminal.capture("card", prescription_id="rx", beneficiary_id="user", total="1.00")
        assert (await terminal.outcome(captured.id)).command.seq == 1

asyncio.run(main())
"""


def test_the_wheel_of_the_client_works_without_the_server(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT / "client", check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        archive.extractall(tmp_path / "site")
    assert {"ledger/client/py.typed", "ledger/client/sql/schema.sql"} <= set(names)
    assert all(name == "ledger/__init__.py" or name.startswith("ledger/client/") for name in names)
    source = _ALONE.replace("ALLOWED", repr(ALLOWED)).replace("WHEEL", repr(str(tmp_path / "site")))
    done = subprocess.run([sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_client_is_of_the_servers_version_and_needs_what_the_server_needs() -> None:
    server = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    client = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert client["version"] == server["version"]
    assert set(client["dependencies"]) <= set(server["dependencies"])
