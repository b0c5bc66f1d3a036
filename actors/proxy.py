"""The launcher of HAProxy: Ray Serve writes the configuration and starts the binary that it is told to, which is ours.

It makes our changes in the configuration (`proxy_edits.py`) and then becomes HAProxy. Where they cannot be made, there
is no HAProxy: one without them would listen to everybody, in the clear.
"""

import json
import os
import shlex
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from actors.alter_configuration import Edit

_LAUNCHER = """#!/bin/sh
last=
config=
for word; do
    [ "$last" != -f ] || config=$word
    last=$word
done
if [ -n "$config" ]; then
    {python} -I -S {script} {edits} "$config" || exit 1
fi
exec {binary} "$@"
"""


class NoLauncher(Exception):
    """Nothing may be executed in any of the folders."""


def write_launcher(folders: Sequence[Path], binary: str, edits: Sequence[Edit]) -> Path:
    """Writes the launcher into the first of the folders, which exist, where it may be executed. Raises `NoLauncher`."""
    for folder in folders:
        plan = folder / "edits.json"
        plan.write_text(json.dumps(edits), encoding="utf-8")
        words = {
            "python": sys.executable,
            "script": str(Path(__file__).with_name("alter_configuration.py")),
            "edits": str(plan.resolve()),
            "binary": binary,
        }
        launcher = folder.resolve() / "haproxy"
        launcher.write_text(
            _LAUNCHER.format(**{name: shlex.quote(text) for name, text in words.items()}), encoding="utf-8"
        )
        launcher.chmod(stat.S_IRWXU)
        if os.access(launcher, os.X_OK):
            return launcher
    raise NoLauncher(f"no program may be executed in {' or '.join(map(str, folders))}, where that of the proxy stands")
