"""HAProxy's own answers: what no replica could answer is a documented 503, and never Ray Serve's plain 500."""

import os
import shlex
import stat
from pathlib import Path

from ledger.api.errors import Problem, problem_body, problem_headers
from ledger.api.rest.exchange import PROBLEM_JSON

NOT_SENT = Problem("unavailable", "no server could take the request; it was not executed and may be sent again")
SENT = Problem("outcome_unknown", "the server was lost while it worked; ask again with the same key")

# Ray Serve writes the configuration and starts the binary that it is told to: ours changes the three lines that name
# its error page, and the answer of a proxy that knows no application yet.
_LAUNCHER = """#!/bin/sh
last=
config=
for word; do
    [ "$last" != -f ] || config=$word
    last=$word
done
if [ -n "$config" ]; then
    sed -e 's|^\\( *errorfile 50[24]\\) .*|\\1 {sent}|' \\
        -e 's|^\\( *errorfile 503\\) .*|\\1 {not_sent}|' \\
        -e 's|^\\( *http-request return\\) status 404 .*lf-string "Path .*|\\1 status 503 errorfile {not_sent}|' \\
        "$config" >"$config.own" && mv "$config.own" "$config"
fi
exec {binary} "$@"
"""


def write_launcher(folder: Path, binary: str) -> Path:
    """Writes the launcher of HAProxy and its error pages into an existing folder whose path is plain; the launcher.

    The binary itself where nothing may be executed in the folder: its errors are Ray's then.
    """
    pages = {"sent": SENT, "not_sent": NOT_SENT}
    for name, problem in pages.items():
        (folder / f"{name}.http").write_bytes(_page(problem))
    launcher = folder / "haproxy"
    places = {name: str(folder / f"{name}.http") for name in pages}
    launcher.write_text(_LAUNCHER.format(binary=shlex.quote(binary), **places), encoding="utf-8")
    launcher.chmod(stat.S_IRWXU)
    return launcher if os.access(launcher, os.X_OK) else Path(binary)


def _page(problem: Problem) -> bytes:
    """A whole HTTP response, as HAProxy sends it. It cannot name the request."""
    body = problem_body(problem, instance="", request_id="")
    headers = {
        "Content-Type": PROBLEM_JSON,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **problem_headers(problem),
    }
    lines = [f"HTTP/1.1 {problem.status} Service Unavailable", *(f"{name}: {text}" for name, text in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
